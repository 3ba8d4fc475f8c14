#!/usr/bin/env python
"""Paper Digest's command line: `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    from digest.management.command_line import run

    run(sys.argv)


if __name__ == "__main__":
    main()
