"""Rules of the guide's section on signals."""
