"""manage.py backup: the database, raw bytes, keys and journals in one folder."""

from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.backup import BackupError
from digest.backup.making import make_backup, verify_backup
from digest.management.base_command import DatabaseCommand
from digest.operators.read_log import READ


class Command(DatabaseCommand):
    help = (
        "Back up the database, the raw bytes of dumps, files not read yet, keys, .env and journals "
        "of replies into a new folder that only you can read. E-mail may be sent meanwhile. "
        "PostgreSQL is backed up with pg_dump. The folder appears once it is complete and "
        "verified. It holds addresses and keys: keep it as safe as the machine itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a new folder")
        parser.add_argument(
            "--verify", action="store_true", help="only check an existing backup, byte by byte"
        )

    def handle(self, *, folder: Path, verify: bool, **options: object) -> None:
        try:
            manifest = verify_backup(folder) if verify else make_backup(folder, timezone.now())
        except BackupError as wrong:
            raise CommandError(str(wrong)) from None
        if not verify:
            self.log_act("Made a backup.", flag=READ, shown="all data")
        done = "Intact" if verify else "Backed up"
        size = f"{manifest.bytes / 10**6:,.1f} MB"
        self.stdout.write(
            f"{done}: {folder}, of {manifest.made_at}, {len(manifest.files)} files, {size}."
        )
