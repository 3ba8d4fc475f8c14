"""`python -m tests.drill.manage COMMAND`: manage.py with the drill's clock."""

import os
import sys

import django
from django.core.management import execute_from_command_line

from . import times

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    django.setup()
    times.prepare()
    execute_from_command_line(["manage.py", *sys.argv[1:]])
