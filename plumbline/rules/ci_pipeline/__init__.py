"""Rules of the guide's section on continuous integration."""
