"""manage.py export_subscribers: write all subscribers as CSV."""

from digest.management.base_command import DatabaseCommand
from digest.operators.read_log import READ
from subscriptions.subscriber_files.exporting import export_lines


class Command(DatabaseCommand):
    help = (
        "Write all subscribers to standard output as CSV, which import_subscribers reads again. "
        "It is personal data: keep it safe, and delete it when it is not needed any more."
    )

    def handle(self, *args: object, **options: object) -> None:
        self.log_act("Exported all subscribers.", flag=READ, shown="subscribers")
        for line in export_lines():
            self.stdout.write(line, ending="")
