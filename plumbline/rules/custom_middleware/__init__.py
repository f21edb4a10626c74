"""Rules of the guide's section on custom middleware."""
