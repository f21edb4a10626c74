"""Rules of the guide's section on async views."""
