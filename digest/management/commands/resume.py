"""manage.py resume: how sending goes on after a restore."""

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.epochs.checking import begin, check, current
from digest.epochs.resuming import (
    NothingToResume,
    Resumed,
    gap_figures,
    gap_papers,
    paper_lines,
    resume,
)
from digest.management.base_command import DatabaseCommand

NOTHING = "Nothing waits to be resumed: the database was not restored, or it was resumed since."


class Command(DatabaseCommand):
    help = (
        "Say how sending goes on after a restore. Without an option, print what each way would do. "
        "First let the sources be read again, and pass the relay’s log to `manage.py relay_log`. "
        "Either way the dates up to today get no second e-mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--from-now",
            action="store_true",
            help="digests begin with papers listed from now on: nobody is mailed a paper twice",
        )
        choice.add_argument(
            "--where-it-stood",
            action="store_true",
            help="digests begin where the backup stood: no paper is missed, some come twice",
        )
        choice.add_argument(
            "--papers",
            action="store_true",
            help="print the papers that --from-now skips, or skipped, tab-separated",
        )
        choice.add_argument(
            "--restored",
            action="store_true",
            help="say that the database was restored, if this machine could not notice (a "
            "snapshot of the whole machine): sending is held",
        )

    def handle(self, **options: object) -> None:
        if options["restored"]:
            begin()
            self.log_act("Said that it was restored.", current().row)
            self.stdout.write(check())
        elif options["papers"]:
            for line in paper_lines(gap_papers(current().row, timezone.now())):
                self.stdout.write("\t".join(line))
        elif options["from_now"]:
            self._resume(Resumed.FROM_NOW)
        elif options["where_it_stood"]:
            self._resume(Resumed.WHERE_IT_STOOD)
        else:
            self._show()

    def _resume(self, how: Resumed) -> None:
        check()
        at = timezone.now()
        figures = gap_figures(current().row, at)
        try:
            resume(how, at)
        except NothingToResume:
            raise CommandError(NOTHING) from None
        self.log_act(f"Resumed {how.label}.", current().row)
        if how == Resumed.FROM_NOW:
            self.stdout.write(
                f"Resumed from now. {figures.papers} papers of the gap were skipped: "
                "`manage.py resume --papers` lists them."
            )
        else:
            self.stdout.write(
                f"Resumed where it stood. At most {figures.people} people may see papers again."
            )

    def _show(self) -> None:
        if not check():
            self.stdout.write(NOTHING)
            return
        row = current().row
        figures = gap_figures(row, timezone.now())
        self.stdout.write(
            f"The database was restored ({row.begun_at:%Y-%m-%d %H:%M} UTC), and nothing is sent.\n"
            f"{figures.may_be_sent} digests were open when the backup was made and may have been "
            f"sent. {figures.new_papers} papers have been read since the restore.\n"
            f"--from-now: {figures.papers} papers are skipped, and listed by --papers.\n"
            f"--where-it-stood: at most {figures.people} people may see papers again."
        )
