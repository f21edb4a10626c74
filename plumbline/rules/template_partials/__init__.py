"""Rules of the guide's section on template partials."""
