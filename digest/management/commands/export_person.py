"""manage.py export_person: print everything that is kept about a person as JSON."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from digest.mail.mailboxes import AddressError
from digest.management.base_command import DatabaseCommand
from digest.operators.read_log import READ
from digest.personal_data.export import as_json, export
from subscriptions.models import Subscriber


class Command(DatabaseCommand):
    help = (
        "Print everything that is kept about a person as JSON: their row, keywords, digests, "
        "letters, mail events, suppressions, entries of the admin's log, files of the outbox."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="in any spelling of the mailbox")

    def handle(self, *args: object, address: str, **options: object) -> None:
        try:
            found = export(address)
        except AddressError as wrong:
            raise CommandError(str(wrong)) from wrong
        if not found:
            raise CommandError("Nothing is kept about this address.")
        person = Subscriber.objects.by_email(address).first()
        whose = "" if person else "an address without a subscriber"
        self.log_act("Exported all data.", person, flag=READ, shown=whose)
        self.stdout.write(as_json(found))
