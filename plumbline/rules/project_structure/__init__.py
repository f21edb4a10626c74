"""Rules of the guide's section on project structure."""
