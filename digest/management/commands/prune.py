"""manage.py prune: delete what is past its retention period."""

from argparse import ArgumentParser

from django.conf import settings
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.monitoring.retention import pruning


class Command(DatabaseCommand):
    help = (
        "Delete what is too old (RETENTION_DAYS), as the service does by itself once a day: what "
        "digests held, letters, mail events, sign-ups nobody confirmed, people who left, logs, "
        "files and raw bytes. The day's counts are written down first. It may be stopped at any "
        "time, and run twice at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Print what would be deleted.")

    def handle(self, *args: object, dry_run: bool, **options: object) -> None:
        at = timezone.now()
        counts = pruning.count_expired(at) if dry_run else pruning.prune(at)
        for label, count in counts.items():
            self.stdout.write(f"{count:>9,}  {label}")
        if not counts:
            self.stdout.write(f"Nothing is too old ({settings.RETENTION}).")
