"""Rules of the guide's section on Content Security Policy."""
