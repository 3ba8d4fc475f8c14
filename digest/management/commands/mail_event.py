"""manage.py mail_event < message: what a mail server hands over for the bounce address."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from digest.delivery.events import record_message

MOST_BYTES = 20_000_000


class Command(BaseCommand):
    help = (
        "Reads one message to the bounce address (VERP_SENDER) from the standard input: a bounce, "
        "a complaint, an unsubscribe by mail. Says what it was; the same message twice changes "
        "nothing. For an alias or a pipe of the mail server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--recipient",
            default="",
            help="the envelope's recipient, such as Postfix's ${recipient}",
        )

    def handle(self, *, recipient: str, **options: Any) -> None:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        if not raw.strip():
            raise CommandError("There is no message: give one on the standard input.")
        # What is longer is cut: a report stands before the mail that it returns.
        recorded = record_message(raw[:MOST_BYTES], timezone.now(), recipient)
        self.stdout.write(recorded.sentence)
