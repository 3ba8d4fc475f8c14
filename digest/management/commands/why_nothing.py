"""manage.py why_nothing: why no mail goes out, in sentences."""

import json
import sys

from django.core.management.base import CommandParser
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.monitoring.diagnosis import diagnose


class Command(DatabaseCommand):
    help = (
        "Show what is blocking e-mail (holds, an unreachable server, a stuck queue), then what "
        "else may explain why none is sent. Changes nothing. The exit code is 1 if something is "
        "blocking e-mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: object, **options: object) -> None:
        found = diagnose(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False))
        else:
            first = found.obstacles or ["Nothing is blocking e-mail."]
            self.stdout.write("\n".join([*first, *(f"- {note}" for note in found.notes)]))
        if found.obstacles:
            sys.exit(1)
