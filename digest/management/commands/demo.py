"""manage.py demo: load a sample listing."""

from shlex import quote

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from digest.ingest.pipeline import CannotKeep, read, receive
from digest.management.base_command import DatabaseCommand
from digest.management.sample_listings import write_samples
from digest.models import Dump

_HELP = """\
Load a small listing of invented papers, dated today, and write a second one to try things with.
Safe to repeat, also on later days: what is there already is left alone.
"""


class Command(DatabaseCommand):
    help = _HELP

    def handle(self, *args: object, **options: object) -> None:
        at = timezone.now()
        try:
            settings.INBOX_DIR.mkdir(parents=True, exist_ok=True)
            first, second = write_samples(settings.DATA_DIR / "sample", at.date())
            taken = read(receive(first.read_bytes(), first.name, at=at), at=at)
        except CannotKeep as wrong:
            raise CommandError(str(wrong)) from wrong
        except OSError as wrong:
            raise CommandError(f"The sample cannot be written: {wrong}") from wrong
        if taken.state != Dump.State.PARSED:
            raise CommandError(f"{first.name}: {taken.error}")
        if taken.received_at >= at:  # `manage.py up --demo` repeats it at each start
            self.log_act("Loaded the sample listing.", taken)
        self.stdout.write(f"Sample listing: {taken.papers} papers, {taken.new} of them new.")
        self.stdout.write(
            f"To add the second one:  cp {quote(str(second))} {quote(str(settings.INBOX_DIR))}"
        )
