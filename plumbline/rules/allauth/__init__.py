"""Rules of the guide's section on authentication with django-allauth."""
