"""Deletion of what is older than its retention period (the setting RETENTION_DAYS).

Everything goes in batches, each a transaction that locks its rows and passes over locked ones: it
may be killed anywhere, and run twice at once. Counts of the days are written down first
(`statistics`), and no row is deleted of a day that is not counted.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from digest.models import Digest, DigestFacts, Letter, MailEvent, Run
from digest.models.outgoing import ACTIVE
from digest.personal_data.erase import delete_people, lock_mails
from subscriptions.models import Subscriber, Suppression

from . import expired_files, expired_raw_bytes
from .retention_periods import RetentionPeriods
from .statistics import count_days, last_final_day

ROWS_PER_BATCH = 500  # rows a transaction
PEOPLE_PER_BATCH = 25  # the same, with all their digests
INTERVAL = timedelta(hours=20)
WORK_SECONDS, PAUSE_SECONDS = 0.2, 0.1  # seconds
_RUN = "prune"
_DAY = timedelta(days=1)
# A digest of two days ago or earlier that has not ended yet may still look at what is deleted.
_LATE = 2 * _DAY


def _delete(rows: QuerySet[Any]) -> None:
    rows.delete()


def _empty(digests: QuerySet[Any]) -> None:
    digests.update(entries=[], follow_ups=[], facts=DigestFacts(), reply_text="", pruned=True)


@dataclass(frozen=True, slots=True)
class ExpiredRows:
    """Rows older than their retention period, and what becomes of them, in this `order`. People
    are deleted with all their mails."""

    label: str
    rows: QuerySet[Any]
    action: Callable[[QuerySet[Any]], None] = _delete
    order: str = "pk"
    is_people: bool = False


def is_due(at: datetime) -> bool:
    """Whether a day has passed since everything was pruned."""
    run = Run.objects.filter(task=_RUN).first()
    return run is None or at - run.ended_at >= INTERVAL


def prune(at: datetime, seconds: float | None = None) -> dict[str, int]:
    """Count the days, then delete what is too old; how many of each kind.

    No batch is begun after `seconds`; what is left then is due at once.
    """
    turn, counts = _Turn(seconds), dict[str, int]()
    count_days(at, turn.is_over)
    for label, step in _steps(at):
        while not turn.is_over() and (done := step()):
            counts[label] = counts.get(label, 0) + done
    if not turn.is_over():
        Run.objects.note(_RUN, at, **counts)
    return counts


class _Turn:
    """The time of one pruning, and the pauses in it: SQLite has no queue of writers, so that one
    that writes and writes would keep out the others, who look again every 100 ms."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._paused_at = time.monotonic()

    def is_over(self) -> bool:
        """To be asked between two transactions."""
        if connection.vendor == "sqlite" and time.monotonic() - self._paused_at > WORK_SECONDS:
            time.sleep(PAUSE_SECONDS)
            self._paused_at = time.monotonic()
        return self._until is not None and time.monotonic() > self._until


def count_expired(at: datetime) -> dict[str, int]:
    """How many of each kind `prune` would find now; nothing is changed."""
    counts = {kind.label: kind.rows.count() for kind in expired_rows(at, at.astimezone(UTC).date())}
    counts |= {
        label: len(paths)
        for label, paths in expired_files.find_expired_files(_periods(), at).items()
    }
    counts["raw bytes"] = expired_raw_bytes.dumps_with_expired_bytes(_periods(), at).count()
    return {label: count for label, count in counts.items() if count}


def _periods() -> RetentionPeriods:
    periods: RetentionPeriods = settings.RETENTION
    return periods


def _steps(at: datetime) -> Iterator[tuple[str, Callable[[], int]]]:
    """Label -> a function that does one batch and returns how many it was, 0 at the end."""
    _start_clocks(at)
    for kind in expired_rows(at, last_final_day() or date.min):
        yield kind.label, lambda kind=kind: _batch(kind)  # type: ignore[misc]
    for label, paths in expired_files.find_expired_files(_periods(), at).items():
        yield label, lambda paths=paths: expired_files.delete_files(paths, ROWS_PER_BATCH)  # type: ignore[misc]
    yield "raw bytes", lambda: expired_raw_bytes.delete_expired_bytes(_periods(), at)


def _start_clocks(at: datetime) -> None:
    """Of who left at a time that is not known, it begins now."""
    Subscriber.objects.filter(
        status=Subscriber.Status.UNSUBSCRIBED, unsubscribed_at__isnull=True
    ).update(unsubscribed_at=at)


def expired_rows(at: datetime, counted: date) -> Iterator[ExpiredRows]:
    """All that is deleted from the database; days up to `counted` are."""
    periods = _periods()
    midnight = datetime.combine(min(counted, at.date()), datetime.min.time(), UTC) + _DAY

    def before(name: str) -> datetime:
        return at - periods.of(name)

    def counted_before(name: str) -> datetime:
        return min(before(name), midnight)

    contents = _digests(at, periods.of("contents"), pruned=False)
    yield ExpiredRows("digests' contents", contents, _empty, order="local_date")
    digests = _digests(at, periods.of("digests"), pruned=True).filter(local_date__lte=counted)
    yield ExpiredRows("digests", digests, order="local_date")
    letters = Letter.objects.filter(not_before__lt=counted_before("letters"))
    yield ExpiredRows("letters", letters.exclude(state__in=ACTIVE))
    yield ExpiredRows("mail events", MailEvent.objects.filter(at__lt=counted_before("events")))
    asked = Letter.objects.filter(
        subscriber_id=OuterRef("pk"), not_before__gte=counted_before("pending")
    )
    gone = Subscriber.objects.filter(~Exists(asked))  # nobody just asked for their mail anew
    pending = gone.filter(
        status=Subscriber.Status.PENDING,
        confirmed_at__isnull=True,
        created_at__lt=counted_before("pending"),
    )
    yield ExpiredRows("pending sign-ups", pending, is_people=True)
    left = gone.filter(
        status=Subscriber.Status.UNSUBSCRIBED,
        unsubscribed_at__lt=counted_before("unsubscribed"),
    )
    yield ExpiredRows("unsubscribed people", left, is_people=True)
    yield ExpiredRows("lapsed suppressions", Suppression.objects.filter(expires_at__lt=at - _DAY))
    yield ExpiredRows("admin log", LogEntry.objects.filter(action_time__lt=before("admin_log")))
    yield ExpiredRows("sessions", Session.objects.filter(expire_date__lt=at))
    attempts = AccessAttempt.objects.filter(attempt_time__lt=before("logins"))
    yield ExpiredRows("log-in attempts", attempts)


def _digests(at: datetime, age: timedelta, *, pruned: bool) -> QuerySet[Any]:
    """Digests that ended and are that old; none of a person who waits for one of days ago."""
    before = at - age
    last_day = before.astimezone(UTC).date() + _DAY
    is_old = Q(composed_at__lt=before) | Q(composed_at__isnull=True, not_before__lt=before)
    late = Digest.objects.active().filter(
        subscriber_id=OuterRef("subscriber_id"), local_date__lte=at.astimezone(UTC).date() - _LATE
    )
    # `IN`, for SQLite uses an index for that and not for NOT.
    rows = Digest.objects.filter(is_old, pruned__in=[pruned], local_date__lte=last_day)
    ended: QuerySet[Any] = rows.exclude(state__in=ACTIVE)
    return ended.filter(~Exists(late))


@transaction.atomic
def _batch(kind: ExpiredRows) -> int:
    """Delete or empty the oldest of them; how many."""
    oldest = kind.rows.order_by(kind.order).values_list("pk", flat=True)
    if kind.is_people:
        # Their mails are locked before them. Who is back by then is no longer in the rows.
        ids = list(oldest[:PEOPLE_PER_BATCH])
        lock_mails(ids)
        delete_people(kind.rows.filter(pk__in=ids))
        return len(ids)
    oldest = oldest[:ROWS_PER_BATCH]
    if connection.features.has_select_for_update_skip_locked:
        oldest = oldest.select_for_update(skip_locked=True, of=("self",))
    ids = list(oldest)
    kind.action(kind.rows.model._default_manager.filter(pk__in=ids))
    return len(ids)
