"""manage.py prune: delete what is past its retention period."""

from argparse import ArgumentParser

from django.conf import settings
from django.contrib.admin.models import DELETION
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.monitoring.retention import pruning


class Command(DatabaseCommand):
    help = (
        "Delete what is too old (RETENTION_DAYS), as the service does once a day: contents of "
        "digests, letters, mail events, sign-ups never confirmed, people who left, logs, files "
        "and raw bytes. The day's counts are recorded first. Safe to stop at any time, and to "
        "run twice at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would be deleted; delete nothing"
        )

    def handle(self, *args: object, dry_run: bool, **options: object) -> None:
        at = timezone.now()
        counts = pruning.count_expired(at) if dry_run else pruning.prune(at)
        if counts and not dry_run:
            what = ", ".join(f"{count:,} {label}" for label, count in counts.items())
            self.log_act(f"Deleted: {what}.", flag=DELETION, shown="data past its period")
        for label, count in counts.items():
            self.stdout.write(f"{count:>9,}  {label}")
        if not counts:
            self.stdout.write(f"Nothing is too old ({settings.RETENTION}).")
