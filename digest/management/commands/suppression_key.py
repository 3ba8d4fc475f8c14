"""manage.py suppression_key: whether this machine recognises suppressed addresses."""

from django.core.management.base import CommandError, CommandParser

from digest.management.base_command import DatabaseCommand
from digest.operators.read_log import READ
from subscriptions import suppression_key
from subscriptions.models import Suppression


class Command(DatabaseCommand):
    help = (
        "Suppressed addresses are stored as hashes keyed with SUPPRESSION_KEY, which also signs "
        "unsubscribe links. The key must never change and must be the same on every machine. "
        "Without an option, this compares this machine's key with the database's. If the key is "
        "lost, --adopt switches to this machine's key: earlier suppressions are no longer "
        "recognised, so people who complained may get e-mail again if they are still "
        "subscribed; those who unsubscribed stay unsubscribed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--show",
            action="store_true",
            help="print the line to put into the environment of every machine",
        )
        choice.add_argument(
            "--adopt", action="store_true", help="use this machine's key from now on"
        )

    def handle(self, *, show: bool, adopt: bool, **options: object) -> None:
        if adopt:
            try:
                suppression_key.adopt()
            except suppression_key.WrongSuppressionKey as refused:
                raise CommandError(str(refused)) from refused
            lost = Suppression.objects.count()
            self.log_act("This machine’s key is the key from now on.", shown="suppression key")
            self.stdout.write(
                f"Done. {lost} earlier suppressions may no longer be recognised. Restart every "
                "process on every machine: running ones still use the old key."
            )
            return
        if wrong := suppression_key.check_key():
            raise CommandError(wrong)
        if show:
            self.log_act("Read the key.", flag=READ, shown="suppression key")
            self.stdout.write(f"SUPPRESSION_KEY={suppression_key.suppression_key().secret.strip()}")
        else:
            self.stdout.write("This machine has the database’s suppression key.")
