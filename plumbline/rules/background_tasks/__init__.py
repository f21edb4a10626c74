"""Rules of the guide's section on Django's own background tasks."""
