"""Rules of the guide's section on type checking."""
