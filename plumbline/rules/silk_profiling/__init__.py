"""Rules of the guide's section on profiling with django-silk."""
