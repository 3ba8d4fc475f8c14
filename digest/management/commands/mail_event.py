"""manage.py mail_event < message: what a mail server hands over for the bounce address."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import Error
from django.utils import timezone

from digest.delivery.events import record_message
from digest.management.own import OwnCommand
from digest.models import MailEvent

MOST_BYTES = 20_000_000


class Command(OwnCommand):
    help = (
        "Reads one message to the bounce address (VERP_SENDER) from the standard input: a bounce, "
        "a complaint, an unsubscribe by mail. Says what it was; the same message twice changes "
        "nothing. For an alias or a pipe of the mail server: while the database cannot be "
        "used the exit code is 75, for the server to keep the message and to try again."
    )
    unreachable = os.EX_TEMPFAIL

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
        try:
            recorded = record_message(raw[:MOST_BYTES], timezone.now(), recipient)
        except Error:
            raise  # OwnCommand says what is wrong with the database
        except Exception as wrong:
            raise CommandError(
                f"The program failed at it ({type(wrong).__name__}): keep it and try again.",
                returncode=self.unreachable,
            ) from wrong
        self.stdout.write(recorded.sentence)
        if recorded.event.kind == MailEvent.Kind.FORGED and not settings.VERP_SENDER:
            # The exit code stays 0: the mail server must not bounce the bounce.
            self.stderr.write(
                "VERP_SENDER is not set, and without it nothing says which mail a bounce is of: "
                "set it to an address like bounces+{}@example.org whose mail comes here."
            )
