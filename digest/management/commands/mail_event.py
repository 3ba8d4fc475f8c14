"""manage.py mail_event < message: record a message to the bounce address."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import Error, connection
from django.utils import timezone

from digest.database_errors import unavailable_sentence
from digest.mail.inbound.mail_files import messages, messages_of_stream
from digest.mail_events.recording import RecordedEvent, record_message
from digest.management.base_command import DatabaseCommand
from digest.management.command_line import discard_output
from digest.models import MailEvent
from subscriptions.suppression_key import WrongSuppressionKey

MOST_BYTES = 20_000_000
_STDIN = "-"


class Command(DatabaseCommand):
    help = (
        "Read one message to the bounce address (VERP_SENDER) from standard input: a bounce, a "
        "complaint or an unsubscribe by e-mail. Prints what it was; the same message twice "
        "changes nothing. For an alias or pipe of the mail server: if the database cannot be "
        "used, or this machine lacks its suppression key, the exit code is 75, so that the "
        "server keeps the message and tries again. With --batch it reads many messages "
        "separately: the exit code is 75 if any has to be read again, else 1 if a file cannot "
        "be read."
    )
    unreachable = os.EX_TEMPFAIL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--recipient",
            default="",
            help="the envelope recipient, such as Postfix's ${recipient}",
        )
        parser.add_argument(
            "--batch",
            nargs="+",
            default=[],
            metavar="PATH",
            help="read all messages in these files (one message, or an mbox), folders and "
            "Maildirs; - is an mbox on standard input",
        )

    def handle(self, *, recipient: str, batch: list[str], **options: object) -> None:
        if batch:
            self._read_all(batch)
            return
        # Longer messages are cut: a report comes before the mail that it returns.
        raw = sys.stdin.buffer.read(MOST_BYTES)
        if not raw.strip():
            raise CommandError("There is no message. Pass one on standard input.")
        try:
            recorded = record_message(raw, timezone.now(), recipient)
        except Error:
            raise  # DatabaseCommand says what is wrong with the database
        except WrongSuppressionKey as wrong:
            raise CommandError(str(wrong), returncode=self.unreachable) from wrong
        except Exception as wrong:
            raise CommandError(_failed(wrong), returncode=self.unreachable) from wrong
        self._say(recorded.sentence)
        self._warn([recorded])

    def _read_all(self, batch: list[str]) -> None:
        """Record each message; one that fails does not stop the others."""
        recorded, again, unread = [], 0, 0
        for path in batch:
            try:
                for name, raw in _messages(path):
                    try:
                        recorded.append(record_message(raw, timezone.now()))
                        self._say(f"{name}: {recorded[-1].sentence}")
                    except Exception as wrong:
                        again += 1
                        self.stderr.write(f"{name}: {_sentence(wrong)}")
                        if not connection.in_atomic_block:  # the next one gets a new connection
                            connection.close_if_unusable_or_obsolete()
            except OSError as wrong:
                unread += 1
                self.stderr.write(f"{path} cannot be read ({wrong.strerror}).")
        new = [each.event for each in recorded if each.is_new]
        if new:
            kinds = Counter(event.get_kind_display() for event in new)
            what = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
            self.log_act(f"Recorded: {what}.", shown="mail events")
        self._warn(recorded)
        if again:
            raise CommandError(
                f"{again:,} messages were not recorded: keep them and run this again.",
                returncode=self.unreachable,
            )
        if unread:
            sys.exit(1)

    def _say(self, sentence: str) -> None:
        """Print a sentence; a closed output is no error, because the event is recorded already."""
        try:
            self.stdout.write(sentence)
            self.stdout.flush()
        except BrokenPipeError:
            discard_output()

    def _warn(self, recorded: list[RecordedEvent]) -> None:
        forged = any(each.event.kind == MailEvent.Kind.FORGED for each in recorded)
        if forged and not settings.VERP_SENDER:
            # The exit code stays 0: the mail server must not bounce the bounce.
            self.stderr.write(
                "VERP_SENDER is not set, so nothing says which e-mail a bounce belongs to: set "
                "it to an address like bounces+{}@example.org whose mail is delivered here."
            )


def _messages(path: str) -> Iterator[tuple[str, bytes]]:
    if path == _STDIN:
        return messages_of_stream(sys.stdin.buffer, "standard input", MOST_BYTES)
    return messages(Path(path), MOST_BYTES)


def _sentence(wrong: Exception) -> str:
    if isinstance(wrong, WrongSuppressionKey):
        return str(wrong)
    return unavailable_sentence(wrong) if isinstance(wrong, Error) else _failed(wrong)


def _failed(wrong: Exception) -> str:
    if isinstance(wrong, ImproperlyConfigured):
        return str(wrong)
    return f"The program failed on it ({type(wrong).__name__}): keep it and try again."
