"""Rules of the guide's section on Ruff configuration."""
