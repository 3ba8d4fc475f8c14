"""manage.py deliver: plan and send what is due, without Celery."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from digest.epochs.checking import check
from digest.mail_events.reconciliation import reconcile
from digest.management.base_command import DatabaseCommand
from digest.models import Digest, State
from digest.monitoring.health import clocks
from digest.selection.contents import contents
from digest.sending import drain, planning
from subscriptions import request_queue


@dataclass(frozen=True, slots=True)
class TurnCounts:
    """What one turn did at `at`, or would do: digests planned, and mails ended by state."""

    at: datetime
    dry_run: bool
    planned: int
    digests: Counter[str]
    letters: Counter[str]

    @property
    def changed_something(self) -> bool:
        """Whether it planned or ended a mail. (A timer may run it every minute.)"""
        return not self.dry_run and bool(
            self.planned or self.digests.total() or self.letters.total()
        )

    def as_json(self) -> str:
        return json.dumps(
            {
                "at": self.at.isoformat(),
                "dry_run": self.dry_run,
                "new": self.planned,
                **{state.value: self.digests[state.value] for state in State},
                "letters": {state: count for state, count in self.letters.items() if count},
            }
        )

    def as_text(self) -> str:
        """One line, with the states that occurred."""
        verb = "Would be planned" if self.dry_run else "Planned"
        seen = [f"{self.digests[state]} {state.label}" for state in State if self.digests[state]]
        digests = ", ".join(seen) or "none due"
        return f"{verb}: {self.planned}; digests: {digests}; letters: {self.letters.total()}."


class Command(DatabaseCommand):
    help = (
        "Plan the digests that are due and send them, letters first: once what the worker does "
        "every minute. Safe to repeat: nothing is sent twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at",
            metavar="ISO-TIME",
            help="act as if it were this time, such as 2026-11-20T07:00+01:00 (UTC if there is "
            "no offset)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would be sent; change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, at: str | None, dry_run: bool, json: bool, **options: object) -> None:
        moment_given = parse_moment(at) if at else None
        if moment_given is None and (verdict := clocks.check_and_trust()).is_ahead:
            raise CommandError(verdict.sentence)
        clock = (lambda at=moment_given: at) if moment_given else clocks.service_clock()
        turn = count_deliverable(clock()) if dry_run else deliver(clock)
        if turn.changed_something:
            self.log_act(turn.as_text(), shown="e-mails that were due")
        self.stdout.write(turn.as_json() if json else turn.as_text())
        if drain.everything_is_held():
            held = "Nothing is sent, because everything is held (admin, Holds)."
            self.stderr.write(check() or held)


def parse_moment(raw: str) -> datetime:
    """Read an ISO 8601 time; UTC if it names no zone. Raises CommandError with an example."""
    try:
        found = datetime.fromisoformat(raw)
        if not 1970 < found.year < 9000:  # zones need room on both sides
            raise ValueError(raw)
    except ValueError as wrong:
        raise CommandError(
            f"{raw!r} is not a time. Write it like 2026-11-20T07:00+01:00."
        ) from wrong
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def deliver(clock: Callable[[], datetime]) -> TurnCounts:
    """Reap, handle requests, plan and drain once."""
    at = clock()
    drain.reap(at)
    reconcile()
    planned = 0
    if not check():
        request_queue.process_requests(at)
        planned = planning.plan(at)["planned"]
    transport = drain.open_transport()
    try:
        ended = drain.drain(transport, clock)
    finally:
        transport.close()
    return TurnCounts(at, False, planned, ended["digests"], ended["letters"])


def count_deliverable(at: datetime) -> TurnCounts:
    """Plan and compose in a transaction that is rolled back, and count what would be sent."""
    with transaction.atomic():
        planned = planning.plan(at)
        would: Counter[str] = Counter()
        for digest in Digest.objects.due(at).select_related("subscriber").iterator():
            if digest.composed_at is None:
                digest.hold(contents(digest, at), at)
            would[State.EMPTY.value if digest.has_nothing_to_say else State.SENT.value] += 1
        transaction.set_rollback(True)
    return TurnCounts(at, True, planned["planned"], would, Counter())
