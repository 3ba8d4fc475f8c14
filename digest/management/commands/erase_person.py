"""manage.py erase_person: delete everything that is kept about a person."""

from argparse import ArgumentParser

from django.contrib.admin.models import DELETION
from django.core.management.base import CommandError
from django.utils import timezone

from digest.mail.mailboxes import AddressError
from digest.management.base_command import DatabaseCommand
from digest.personal_data.erase import NotErased, erase, preview_erasure
from digest.personal_data.inventory import ERASED


class Command(DatabaseCommand):
    help = (
        "Delete everything that is kept about a person, and say what remains. E-mails without a "
        "send permit are not sent; links in earlier e-mails say that no more e-mail will come."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="in any spelling of the mailbox")
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: object, address: str, yes: bool, **options: object) -> None:
        at = timezone.now()
        try:
            if not yes:
                self._ask(preview_erasure(address, at).goes)
            report = erase(address, at)
        except (AddressError, NotErased) as wrong:
            raise CommandError(str(wrong)) from wrong
        # Who erased somebody and when, but not whom.
        self.log_act("Erased a person.", flag=DELETION, shown=ERASED)
        self.stdout.write("Erased: " + (", ".join(report.goes) or "nothing was kept") + ".")
        for sentence in report.stays:
            self.stdout.write(sentence)

    def _ask(self, goes: list[str]) -> None:
        self.stdout.write("To be deleted: " + (", ".join(goes) or "nothing is kept") + ".")
        try:
            answer = input("This cannot be undone. Type “erase” to continue: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "erase":
            raise CommandError("Nothing was changed. Use --yes to skip the question.")
