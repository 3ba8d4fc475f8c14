"""manage.py doctor: what is wrong, in sentences (digest/monitoring/checks.py)."""

import json
import sys
from datetime import datetime

from django.core.management.base import CommandParser
from django.db import DatabaseError
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.monitoring import watchdog
from digest.monitoring.alarms.database_alarm import alarm_without_database
from digest.monitoring.checks import run_checks


class Command(DatabaseCommand):
    help = (
        "Looks at the database, the broker, the proxy, the outbox, the processes, the clock, the "
        "disk, the dumps, the newest listing, the sources, the queue and how mails ended. Says "
        "what is wrong, a sentence each. The exit code is 1 if anything is. With --mail, for a "
        "timer: what is alarming is mailed to OPERATOR_EMAIL and posted to ALARM_URL, once a day "
        "each kind, without Celery."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--mail", action="store_true", help="send the alarms that are due, directly"
        )

    def handle(self, *args: object, **options: object) -> None:
        at = timezone.now()
        if options["mail"]:
            send_alarms(at)
        found = run_checks(at)
        wrong = [sentence for sentences in found.values() for sentence in sentences]
        if options["json"]:
            report = {"ok": not wrong, "checks": found}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(wrong) or "All is well.")
        if wrong:
            sys.exit(1)


def send_alarms(at: datetime) -> None:
    """Raise and send what is alarming, with or without the database."""
    try:
        watchdog.watch(at)
    except DatabaseError as wrong:
        alarm_without_database(wrong)
