"""Rules of the guide's section on test performance."""
