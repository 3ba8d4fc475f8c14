"""manage.py clock: check the clock, and correct dates after it was ahead."""

from django.core.management.base import CommandError, CommandParser

from digest.management.base_command import DatabaseCommand
from digest.monitoring.health import clocks
from digest.monitoring.health.wrong_dates import correct_dates, find_wrong_dates


class Command(DatabaseCommand):
    help = (
        "Check the clock that planning uses: against changes made to it while the machine ran, "
        "the newest time in the database, and the clocks of the sites that papers are fetched "
        "from. The exit code is 1 if it may be wrong, or if dates are too far ahead."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--trust",
            action="store_true",
            help="the clock is right: ignore the evidence against it",
        )
        parser.add_argument(
            "--put-right",
            action="store_true",
            help="the clock is right and was ahead before: correct the dates it planned",
        )

    def handle(self, *, trust: bool, put_right: bool, **options: object) -> None:
        verdict = clocks.current_verdict()
        if put_right and verdict.is_ahead and not trust:
            raise CommandError(verdict.sentence)
        if trust or put_right:
            clocks.trust()
            verdict = clocks.current_verdict()
        if put_right:
            said = correct_and_report(verdict)
            self.log_act(said, shown="dates that were too far ahead")
            self.stdout.write(said)
        elif trust:
            self.log_act("The clock is trusted.", shown="the clock")
        found = find_wrong_dates(verdict.at).sentence
        wrong = [sentence for sentence in (verdict.sentence, found) if sentence]
        self.stdout.write(f"It is {verdict.at:%Y-%m-%d %H:%M:%S} UTC.")
        if wrong:
            raise CommandError("\n".join(wrong))


def correct_and_report(verdict: clocks.ClockVerdict) -> str:
    """Correct the dates; return a sentence with how many there were."""
    found = correct_dates(verdict.at)
    return (
        f"Corrected: {found.people} people, {found.mails} e-mails, {found.sources} sources. "
        "Nothing is sent twice because of this, and no paper is lost."
    )
