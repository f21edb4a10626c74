"""Rules of the guide's section on imports."""
