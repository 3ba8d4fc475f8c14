"""manage.py import_subscribers: sign up the people of a CSV file."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from digest.management.base_command import DatabaseCommand
from subscriptions.models import SubscriberImport
from subscriptions.subscriber_files import importing
from subscriptions.subscriber_files.csv_file import COLUMNS, NotReadable

_HELP = f"""\
Sign up the people of a CSV file with the columns {", ".join(COLUMNS)}; only email is needed. Valid
rows are imported, the others named. Each person gets a confirmation letter, unless --consent says
that they have agreed already. The same file again adds nobody.
"""


class Command(DatabaseCommand):
    help = _HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE")
        parser.add_argument(
            "--consent",
            metavar="SOURCE",
            help="subscribe them at once; how they agreed, such as “paper form at the fair”",
        )
        parser.add_argument(
            "--consent-on", type=_day, metavar="YYYY-MM-DD", help="when they agreed"
        )
        parser.add_argument("--dry-run", action="store_true", help="check the file; import nothing")

    def handle(self, *args: object, path: Path, dry_run: bool, **options: Any) -> None:
        source, on = (options["consent"] or "").strip(), options["consent_on"]
        if bool(source) != bool(on):
            raise CommandError("--consent and --consent-on go together: say how and when.")
        try:
            file = importing.receive(path.read_bytes(), operator=None)
        except OSError as wrong:
            raise CommandError(f"{path} cannot be read: {wrong.strerror}.") from wrong
        except NotReadable as wrong:
            raise CommandError(f"{path}: {wrong}") from wrong
        file = self._pass(file)
        if dry_run or file.state != SubscriberImport.State.CHECKED:
            self._tell(file)
            SubscriberImport.objects.filter(pk=file.pk).delete()
            if file.error:
                raise CommandError(f"{path}: {file.error}")
            return
        consent = SubscriberImport.Consent
        self.log_act("Imported a file.", file)
        importing.start(file, consent.RECORDED if source else consent.ASK, source[:200], on)
        self._tell(self._pass(file))

    def _pass(self, file: SubscriberImport) -> SubscriberImport:
        importing.advance(file.pk)
        file.refresh_from_db()
        return file

    def _tell(self, file: SubscriberImport) -> None:
        for row in file.unimported.iterator():
            self.stdout.write(str(row))
        would = "would be " if file.state == SubscriberImport.State.CHECKED else ""
        self.stdout.write(
            f"{file.added:,} {would}added, {file.skipped:,} skipped, {file.refused:,} refused."
        )
        if file.state == SubscriberImport.State.IMPORTING:
            self.stdout.write(
                "The rest follows while the service is running, as letters may leave."
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise ArgumentTypeError(f"“{text}” is not a date like 2026-02-11") from wrong
