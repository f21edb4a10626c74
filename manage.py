#!/usr/bin/env python
"""Django's command line for Plumbline."""

import os
import sys


def main() -> None:
    """Run a management command."""
    from core.runtime.environment import installed, prepare

    up = sys.argv[1:2] == ["up"]
    if up or installed(os.environ):
        # What `make up` set up brings its own servers and secrets; settings read both from here.
        prepare(os.environ, local_repositories=up)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
