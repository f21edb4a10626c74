#!/usr/bin/env python
"""Django's command line for Plumbline."""

import os
import sys


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    if sys.argv[1:2] == ["up"]:
        # `up` brings its own servers and secrets, and settings read both from the environment.
        from core.runtime.environment import prepare

        prepare(os.environ)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
