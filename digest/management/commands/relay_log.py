"""manage.py relay_log < mail.log: settle mails without an answer by a Postfix log."""

import sys
from functools import partial

from digest.mail_events.reconciliation import apply_relay_log
from digest.management.base_command import DatabaseCommand

LONGEST = 100_000  # bytes of a line; other input may have no line ends


class Command(DatabaseCommand):
    help = (
        "Reads the log of a Postfix, as files or journalctl have it, from the standard input. A "
        "mail that ended without an answer (unknown) and was taken by that log counts as sent. The "
        "same log twice changes nothing; give several files in one go, the oldest first."
    )

    def handle(self, **options: object) -> None:
        settled = apply_relay_log(iter(partial(sys.stdin.buffer.readline, LONGEST), b""))
        mails = "mail" if settled.unknown == 1 else "mails"
        self.stdout.write(
            f"{settled.unknown} {mails} had no answer; "
            f"the log shows {settled.proven} of them taken."
        )
