"""manage.py restore: put a backup in place; sending is held until `manage.py resume`."""

from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.backup import BackupError
from digest.backup.restoring import restore_backup
from digest.management.base_command import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "Verify a backup of `manage.py backup`, restore it into the database of DATABASE_URL and "
        "into DATA_DIR, and apply the migrations of this release. Stop the site on all machines "
        "first. Links, bounces and reports about e-mails that the backup does not know change "
        "nothing. Sending is held until you choose with `manage.py resume`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder made by manage.py backup")
        parser.add_argument(
            "--replace", action="store_true", help="replace what is in the database"
        )

    def handle(self, *, folder: Path, replace: bool, **options: object) -> None:
        try:
            said = restore_backup(folder, timezone.now(), replace=replace)
        except BackupError as wrong:
            raise CommandError(str(wrong)) from None
        self.log_act("Restored a backup.", shown="all data")
        self.stdout.write("\n".join(["Restored.", *said]))
