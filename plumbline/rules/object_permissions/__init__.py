"""Rules of the guide's section on object-level permissions with django-guardian."""
