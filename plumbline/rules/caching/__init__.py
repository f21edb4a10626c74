"""Rules of the guide's section on caching with django-redis."""
