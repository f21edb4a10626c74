"""Rules of the guide's section on composite primary keys."""
