"""Rules of the guide's section on circuit breakers."""
