"""Plan and send what is due, without Celery."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from digest.mail_events.reconciliation import reconcile
from digest.management.base_command import DatabaseCommand
from digest.models import Digest, State
from digest.monitoring.health import clocks
from digest.selection.contents import contents
from digest.sending import drain, planning
from subscriptions import request_queue


class Command(DatabaseCommand):
    help = (
        "Plan the digests that are due and send them, letters first: one turn of what the worker "
        "does by itself every minute. Harmless twice: nothing that was sent is sent again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at",
            metavar="ISO-TIME",
            help="act as if it were this time, like 2026-11-20T07:00+01:00 (no zone: UTC)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be sent; change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, at: str | None, dry_run: bool, json: bool, **options: Any) -> None:
        moment_given = parse_moment(at) if at else None
        if moment_given is None and (verdict := clocks.check_and_trust()).is_ahead:
            raise CommandError(verdict.sentence)
        clock = (lambda: moment_given) if moment_given else clocks.service_clock()
        counts = count_deliverable(clock()) if dry_run else deliver(clock)
        self.stdout.write(as_json(counts) if json else as_text(counts))
        if drain.everything_is_held():
            self.stderr.write("Nothing is sent: everything is held (admin, Holds).")


def parse_moment(raw: str) -> datetime:
    """An ISO time, UTC where it names no zone; CommandError says how to write one."""
    try:
        found = datetime.fromisoformat(raw)
        if not 1970 < found.year < 9000:  # zones need room on both sides
            raise ValueError(raw)
    except ValueError as wrong:
        raise CommandError(
            f"{raw!r} is not a time: write it like 2026-11-20T07:00+01:00."
        ) from wrong
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def deliver(clock: Callable[[], datetime]) -> dict[str, Any]:
    """Reap, take requests, plan and drain; counts of how the mails of this turn ended, by state."""
    at = clock()
    drain.reap(at)
    reconcile()
    request_queue.process_requests(at)
    planned = planning.plan(at)
    transport = drain.open_transport()
    try:
        ended = drain.drain(transport, clock)
    finally:
        transport.close()
    return _counts(at, planned["planned"], ended["digests"], ended["letters"], dry_run=False)


def count_deliverable(at: datetime) -> dict[str, Any]:
    """The same without sending: everything is written, looked at, and rolled back."""
    with transaction.atomic():
        planned = planning.plan(at)
        would: Counter[str] = Counter()
        for digest in Digest.objects.due(at).select_related("subscriber").iterator():
            if digest.composed_at is None:
                digest.hold(contents(digest, at), at)
            would[State.EMPTY.value if digest.has_nothing_to_say else State.SENT.value] += 1
        transaction.set_rollback(True)
    return _counts(at, planned["planned"], would, Counter(), dry_run=True)


def _counts(
    at: datetime, new: int, digests: Counter[str], letters: Counter[str], *, dry_run: bool
) -> dict[str, Any]:
    by_state = {state.value: digests[state.value] for state in State}
    return {
        "at": at.isoformat(),
        "dry_run": dry_run,
        "new": new,
        **by_state,
        "letters": {state: count for state, count in letters.items() if count},
    }


def as_json(counts: dict[str, Any]) -> str:
    return json.dumps(counts)


def as_text(counts: dict[str, Any]) -> str:
    """One line, the states that occurred only."""
    seen = [f"{counts[state.value]} {state.label}" for state in State if counts[state.value]]
    letters = sum(counts["letters"].values())
    verb = "Would be planned" if counts["dry_run"] else "Planned"
    parts = [f"{verb}: {counts['new']}", "digests: " + (", ".join(seen) or "none due")]
    return "; ".join([*parts, f"letters: {letters}"]) + "."
