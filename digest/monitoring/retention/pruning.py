"""Deletion of what is older than its retention period (the setting RETENTION_DAYS).

Rows are deleted in batches, each a transaction that locks its rows and skips locked ones, so that
pruning may be killed at any point and run twice at once. Counts of the days are stored first
(`statistics`); no row of a day is deleted before its counts are final.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from digest.ingest.corpus.corpus_counts import prune_counts
from digest.models import Digest, DigestFacts, Letter, MailEvent, Run
from digest.models.outgoing import ACTIVE
from digest.personal_data.erase import delete_people, lock_mails
from subscriptions.models import (
    AddressChange,
    Profile,
    Subscriber,
    SubscriberImport,
    Suppression,
)
from subscriptions.models.profiles import WITHOUT_LIBRARY

from .expired_files import delete_files, find_expired_files
from .expired_raw_bytes import delete_expired_bytes, dumps_with_expired_bytes
from .retention_periods import RetentionPeriods
from .statistics import count_days, last_final_day

ROWS_PER_BATCH = 500
PEOPLE_PER_BATCH = 25  # with all their digests
INTERVAL = timedelta(hours=20)
WORK_SECONDS, PAUSE_SECONDS = 0.2, 0.1  # between pauses on SQLite, and their length
_RUN = "prune"
_DAY = timedelta(days=1)
# A digest of two days ago or earlier that has not ended yet may still look at what is deleted.
_LATE = 2 * _DAY


def _delete(rows: QuerySet[Model]) -> None:
    rows.delete()


def _empty(digests: QuerySet[Model]) -> None:
    digests.update(entries=[], follow_ups=[], facts=DigestFacts(), reply_text="", pruned=True)


def _delete_libraries(profiles: QuerySet[Model]) -> None:
    profiles.filter(library_forgotten_at__isnull=False).update(**WITHOUT_LIBRARY)


@dataclass(frozen=True, slots=True)
class ExpiredRows:
    """Rows of one kind older than their retention period, and the `action` that ends them, the
    first by `order` first."""

    label: str
    rows: QuerySet[Model]
    action: Callable[[QuerySet[Model]], None] = _delete
    order: str = "pk"

    @transaction.atomic
    def end_batch(self) -> int:
        """Delete or empty up to ROWS_PER_BATCH rows that no other transaction has locked; return
        how many."""
        oldest = self.rows.order_by(self.order).values_list("pk", flat=True)[:ROWS_PER_BATCH]
        if connection.features.has_select_for_update_skip_locked:
            oldest = oldest.select_for_update(skip_locked=True, of=("self",))
        ids = list(oldest)
        self.action(self.rows.model._default_manager.filter(pk__in=ids))
        return len(ids)


@dataclass(frozen=True, slots=True)
class ExpiredPeople:
    """People past their retention period, who are deleted with all their mails."""

    label: str
    rows: QuerySet[Subscriber]

    @transaction.atomic
    def end_batch(self) -> int:
        """Delete up to PEOPLE_PER_BATCH people; return how many."""
        ids = list(self.rows.order_by("pk").values_list("pk", flat=True)[:PEOPLE_PER_BATCH])
        # Lock order: mails before people. People who came back meanwhile are no longer in `rows`.
        lock_mails(ids)
        delete_people(self.rows.filter(pk__in=ids))
        return len(ids)


def is_due(at: datetime) -> bool:
    """Whether most of a day has passed since the last complete pruning."""
    run = Run.objects.filter(task=_RUN).first()
    return run is None or at - run.ended_at >= INTERVAL


def prune(at: datetime, seconds: float | None = None) -> dict[str, int]:
    """Count the days, then delete what is too old; return how many by label.

    No batch begins after `seconds` (None: no limit); the rest is due at the next call.
    """
    budget, counts = _TimeBudget(seconds), dict[str, int]()
    count_days(at, budget.is_used_up)
    for label, end_batch in _batches(at):
        while not budget.is_used_up() and (done := end_batch()):
            counts[label] = counts.get(label, 0) + done
    if not budget.is_used_up():
        Run.objects.note(_RUN, at, **counts)
    return counts


class _TimeBudget:
    """The time of one pruning, with pauses on SQLite: it has no queue of writers, so that writing
    without a pause would starve other processes, which retry every 100 ms."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._paused_at = time.monotonic()

    def is_used_up(self) -> bool:
        """Whether the time has passed; pauses if it is time to. Call it between transactions."""
        if connection.vendor == "sqlite" and time.monotonic() - self._paused_at > WORK_SECONDS:
            time.sleep(PAUSE_SECONDS)
            self._paused_at = time.monotonic()
        return self._until is not None and time.monotonic() > self._until


def count_expired(at: datetime) -> dict[str, int]:
    """Count by label what `prune` would delete now; change nothing."""
    today, periods = at.astimezone(UTC).date(), _periods()
    counts = {kind.label: kind.rows.count() for kind in expired_rows(at, today)}
    counts |= {label: len(paths) for label, paths in find_expired_files(periods, at).items()}
    counts["raw bytes"] = dumps_with_expired_bytes(periods, at).count()
    return {label: count for label, count in counts.items() if count}


def _periods() -> RetentionPeriods:
    periods: RetentionPeriods = settings.RETENTION
    return periods


def _batches(at: datetime) -> Iterator[tuple[str, Callable[[], int]]]:
    """Yield labels, each with a function that ends one batch and returns its size, 0 at the end."""
    # Where the time of leaving is not known, the period begins now.
    left = Subscriber.objects.filter(status=Subscriber.Status.UNSUBSCRIBED)
    left.filter(unsubscribed_at__isnull=True).update(unsubscribed_at=at)
    for kind in expired_rows(at, last_final_day() or date.min):
        yield kind.label, kind.end_batch
    for label, paths in find_expired_files(_periods(), at).items():
        yield label, partial(delete_files, paths, ROWS_PER_BATCH)
    yield "raw bytes", partial(delete_expired_bytes, _periods(), at)
    yield "rare words", prune_counts


def expired_rows(at: datetime, counted: date) -> Iterator[ExpiredRows | ExpiredPeople]:
    """Yield everything that expires in the database, a query set a kind.

    Rows of days after `counted` stay: the counts of those days may still change.
    """
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
    about = Letter.objects.filter(
        address_change=OuterRef("pk"), not_before__gte=counted_before("letters")
    )
    changes = AddressChange.objects.filter(~Exists(about), requested_at__lt=before("addresses"))
    yield ExpiredRows("changes of address", changes)
    yield ExpiredRows("mail events", MailEvent.objects.filter(at__lt=counted_before("events")))
    asked = Letter.objects.filter(
        subscriber_id=OuterRef("pk"), not_before__gte=counted_before("pending")
    )
    gone = Subscriber.objects.filter(~Exists(asked))  # not those who asked for a mail lately
    pending = gone.filter(
        status=Subscriber.Status.PENDING,
        confirmed_at__isnull=True,
        created_at__lt=counted_before("pending"),
    )
    yield ExpiredPeople("pending sign-ups", pending)
    left = gone.filter(
        status=Subscriber.Status.UNSUBSCRIBED,
        unsubscribed_at__lt=counted_before("unsubscribed"),
    )
    yield ExpiredPeople("unsubscribed people", left)
    yield ExpiredRows("lapsed suppressions", Suppression.objects.filter(expires_at__lt=at - _DAY))
    forgotten = Profile.objects.library_forgotten_before(at - _DAY)
    yield ExpiredRows("forgotten libraries", forgotten, _delete_libraries)
    yield ExpiredRows("admin log", LogEntry.objects.filter(action_time__lt=before("admin_log")))
    unused = Q(state=SubscriberImport.State.CHECKED, created_at__lt=at - _DAY)
    imports = SubscriberImport.objects.filter(unused | Q(created_at__lt=before("files")))
    yield ExpiredRows("imported files", imports)
    yield ExpiredRows("sessions", Session.objects.filter(expire_date__lt=at))
    attempts = AccessAttempt.objects.filter(attempt_time__lt=before("logins"))
    yield ExpiredRows("log-in attempts", attempts)


def _digests(at: datetime, age: timedelta, *, pruned: bool) -> QuerySet[Digest]:
    """Return digests that ended and are older than `age`, except those of subscribers with an
    unfinished digest of two days ago or earlier, which may still look at them."""
    before = at - age
    last_day = before.astimezone(UTC).date() + _DAY
    is_old = Q(composed_at__lt=before) | Q(composed_at__isnull=True, not_before__lt=before)
    late = Digest.objects.active().filter(
        subscriber_id=OuterRef("subscriber_id"), local_date__lte=at.astimezone(UTC).date() - _LATE
    )
    # `IN`, for SQLite uses an index for that and not for NOT.
    rows = Digest.objects.filter(is_old, pruned__in=[pruned], local_date__lte=last_day)
    return rows.exclude(state__in=ACTIVE).filter(~Exists(late))
