"""manage.py erase_person: delete everything that is kept about a person."""

from argparse import ArgumentParser

from django.core.management.base import CommandError
from django.utils import timezone

from digest.mail.mailboxes import AddressError
from digest.management.base_command import DatabaseCommand
from digest.personal_data.erase import NotErased, erase, preview_erasure


class Command(DatabaseCommand):
    help = (
        "Delete everything that is kept about a person, and say what stays. Mail that has not got "
        "its permit is not sent; links in mails they have answer that they get no mail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="In any spelling of the mailbox.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: object, address: str, yes: bool, **options: object) -> None:
        at = timezone.now()
        try:
            if not yes:
                self._ask(preview_erasure(address, at).goes)
            report = erase(address, at)
        except (AddressError, NotErased) as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write("Erased: " + (", ".join(report.goes) or "nothing was kept") + ".")
        for sentence in report.stays:
            self.stdout.write(sentence)

    def _ask(self, goes: list[str]) -> None:
        self.stdout.write("This goes: " + (", ".join(goes) or "nothing is kept") + ".")
        try:
            answer = input("It cannot be taken back. Write “erase” to go on: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "erase":
            raise CommandError("Nothing was changed. With --yes it does not ask.")
