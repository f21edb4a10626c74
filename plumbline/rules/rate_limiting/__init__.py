"""Rules of the guide's section on rate limiting."""
