#!/usr/bin/env python
"""Paper Digest's command line: `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    """Run one command; a bad setting ends it with a sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        sys.exit(f"{wrong}")


if __name__ == "__main__":
    main()
