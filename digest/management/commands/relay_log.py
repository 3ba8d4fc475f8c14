"""manage.py relay_log < mail.log: settle mails without an answer by a Postfix log."""

import sys
from functools import partial

from digest.mail_events.reconciliation import apply_relay_log
from digest.management.base_command import DatabaseCommand

LONGEST = 100_000  # bytes of a line; other input may have no line ends


class Command(DatabaseCommand):
    help = (
        "Read a Postfix log, from files or journalctl, on standard input. An e-mail that got no "
        "reply (unknown) but was delivered according to the log counts as sent. The same log "
        "twice changes nothing. Pass several files together, oldest first."
    )

    def handle(self, **options: object) -> None:
        settled = apply_relay_log(iter(partial(sys.stdin.buffer.readline, LONGEST), b""))
        if settled.proven:
            sentence = f"{settled.proven} of {settled.unknown} were delivered."
            self.log_act(sentence, shown="e-mails without a reply")
        mails = "mail" if settled.unknown == 1 else "mails"
        self.stdout.write(
            f"{settled.unknown} {mails} had no reply; the log shows that {settled.proven} of "
            "them were delivered."
        )
