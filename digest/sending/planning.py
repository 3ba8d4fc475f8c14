"""Plan digests for due subscribers. Planning twice, or late, plans no digest twice."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.db import connection, transaction

from digest.models import Digest, DigestFacts, State
from digest.models.database import among
from digest.models.digests import DigestQuerySet
from digest.sending.planned_rows import (
    EXPIRES_BEFORE_NEXT,
    PlannedPeriod,
    advance_schedules,
    insert_digests,
)
from subscriptions.models import Subscriber, SubscriberQuerySet
from subscriptions.schedule import digest_date, next_due, zone_info

BATCH = 20_000  # people a transaction, which takes about a second
SAMPLE_LASTS = timedelta(days=1)
# The longest that a digest counts as due after an outage: a mail's day, and how late a bounce may
# come, are counted from then.
LONGEST_DUE = timedelta(hours=12)
# States that an operator's "send now" plans again: no mail of that date can have left.
REOPENED = (State.EMPTY, State.EXPIRED, State.CANCELLED, State.FAILED)
_MOMENT = timedelta(microseconds=1)  # a digest due as a pause ends is after it
_AT_ONCE = 1_000  # periods a statement (SQLite: 32,766 values)
SEND_NOW_BATCH = 1_000  # people a transaction of "send now"
_AS_PLANNED: dict[str, object] = {
    "state": State.PLANNED,
    "composed_at": None,
    "from_seq": None,
    "to_seq": None,
    "entries": [],
    "follow_ups": [],
    "facts": DigestFacts(),
}
SCHEDULE_FIELDS = ("timezone", "send_at", "frequency", "weekly_on")


def plan(at: datetime) -> dict[str, int]:
    """Plan a digest for each subscriber due at `at`; returns how many were resumed and planned."""
    people = Subscriber.objects
    return {
        "resumed": _in_batches(people.pause_over(at), lambda batch: _resume(batch, at)),
        "planned": _in_batches(people.due(at), lambda batch: _plan_batch(batch, at)),
    }


def needs_second_planner(at: datetime) -> bool:
    """Whether more than a batch is due, and a second planner can skip the rows this one locks."""
    if not connection.features.has_select_for_update_skip_locked:
        return False
    return Subscriber.objects.due(at)[BATCH : BATCH + 1].exists()


def _in_batches(people: SubscriberQuerySet, take: Callable[[SubscriberQuerySet], list[int]]) -> int:
    """Call `take` with all of them, BATCH at a time; returns how many there were.

    In order of id, the order of the tables on disk: a page is read and written once.
    """
    taken, last = 0, 0
    while ids := _one_batch(people.filter(pk__gt=last), take):
        taken, last = taken + len(ids), ids[-1]
    return taken


@transaction.atomic
def _one_batch(
    people: SubscriberQuerySet, take: Callable[[SubscriberQuerySet], list[int]]
) -> list[int]:
    return take(people.order_by("pk").lock_available()[:BATCH])


def _resume(batch: SubscriberQuerySet, at: datetime) -> list[int]:
    """Make subscribers active again whose pause is over, due at their next hour; returns their ids.

    After a pause that is the first hour since its end, even if this runs late. The end stays on the
    row, so that the next digest says why it covers more; the end of a suspension after a bounce is
    removed.
    """
    columns = ("pk", "status", "paused_until", "last_due_at", *SCHEDULE_FIELDS, "last_local_date")
    groups: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    rows = list(batch.values_list(*columns))
    for pk, status, end, last_due, *schedule in rows:
        paused = status == Subscriber.Status.PAUSED
        since = end - _MOMENT if paused else at
        groups[status, _cached_next_due(since, last_due, *schedule)].append(pk)
    for (status, due), ids in groups.items():
        cleared = {} if status == Subscriber.Status.PAUSED else {"paused_until": None}
        Subscriber.objects.with_ids(ids).update(
            status=Subscriber.Status.ACTIVE, next_due_at=due, **cleared
        )
    return [row[0] for row in rows]


def _plan_batch(batch: SubscriberQuerySet, at: datetime) -> list[int]:
    """Plan a digest for each of these due subscribers and set their next; returns their ids."""
    rows = list(batch.values_list("pk", "next_due_at", *SCHEDULE_FIELDS, "last_local_date"))
    periods: dict[PlannedPeriod, list[int]] = defaultdict(list)
    for pk, due, *schedule in rows:
        periods[_planned_period(at, due, *schedule)].append(pk)
    groups = list(periods.items())
    for start in range(0, len(groups), _AT_ONCE):
        insert_digests(groups[start : start + _AT_ONCE], at - LONGEST_DUE, at)
    for planned, ids in periods.items():
        Subscriber.objects.with_ids(ids).update(
            next_due_at=planned.next_due, last_due_at=at, last_local_date=planned.local_date
        )
    return [row[0] for row in rows]


# Thousands share a zone and an hour, and so the instant: computed once.
@lru_cache(maxsize=10_000)
def _planned_period(
    at: datetime,
    due: datetime,
    zone: str,
    send_at: time,
    frequency: str,
    weekly_on: int,
    last_date: date | None,
) -> PlannedPeriod:
    """The period of a digest due at `due` and planned at `at`, and when a subscriber with this
    schedule is due next."""
    local_date = digest_date(at, zone_info(zone), last_date, due)
    return PlannedPeriod(
        local_date, _cached_next_due(at, at, zone, send_at, frequency, weekly_on, local_date)
    )


@lru_cache(maxsize=10_000)
def _cached_next_due(
    at: datetime,
    last_due: datetime | None,
    zone: str,
    send_at: time,
    frequency: str,
    weekly_on: int,
    last_date: date | None,
) -> datetime:
    return next_due(
        at,
        zone=zone_info(zone),
        send_at=send_at,
        frequency=frequency,
        weekly_on=weekly_on,
        last_date=last_date,
        last_due=last_due,
    )


def plan_sample(subscriber: Subscriber, at: datetime) -> Digest | None:
    """Plan a sample of the last 7 days; returns None if there was one on this local date."""
    digest, created = Digest.objects.get_or_create(
        subscriber=subscriber,
        kind=Digest.Kind.SAMPLE,
        local_date=at.astimezone(subscriber.zone).date(),
        defaults={"not_before": at, "expires_at": at + SAMPLE_LASTS},
    )
    return digest if created else None


def send_now(subscriber: Subscriber, at: datetime) -> Digest:
    """Make today's scheduled digest due now, planning it if there is none; returns it.

    A digest that was sent, or may have been, is not changed: check the state of what is returned.
    """
    (digest,) = _send_batch(Subscriber.objects.filter(pk=subscriber.pk), at)
    return digest


def send_now_all(people: SubscriberQuerySet, at: datetime) -> list[Digest]:
    """Do `send_now` for all these people, SEND_NOW_BATCH a transaction; returns their digests,
    without their contents. The number of queries a transaction does not depend on the people."""
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    batches = (ids[start : start + SEND_NOW_BATCH] for start in range(0, len(ids), SEND_NOW_BATCH))
    return [digest for batch in batches for digest in _send_batch(people.with_ids(batch), at)]


@transaction.atomic
def _send_batch(people: SubscriberQuerySet, at: datetime) -> list[Digest]:
    ids = list(people.values_list("pk", flat=True))
    recent = Digest.objects.scheduled().filter(
        among("subscriber_id", ids), local_date__gte=at.date() - timedelta(days=2)
    )
    recent.lock()
    locked = list(people.order_by("pk").select_for_update())
    # Read after locking the people: another planner may have planned one before.
    todays = _todays(recent, locked, at)
    new: dict[PlannedPeriod, list[int]] = defaultdict(list)
    for person in locked:
        if person.pk not in todays:
            schedule = [getattr(person, name) for name in SCHEDULE_FIELDS]
            new[_planned_period(at, at, *schedule, person.last_local_date)].append(person.pk)
    if new:
        periods = list(new.items())
        insert_digests(periods, at - LONGEST_DUE, at)
        advance_schedules(periods, at)
    expiries = {todays[person.pk]: _expiry(person, at) for person in locked if person.pk in todays}
    if expiries:
        rows = Digest.objects.filter(among("id", expiries))
        rows.filter(state__in=REOPENED).update(**_AS_PLANNED)
        Digest.objects.make_due(at, expiries)
    return _newest_of(recent, locked)


def _todays(recent: DigestQuerySet, people: Sequence[Subscriber], at: datetime) -> dict[int, int]:
    """Map subscriber id to the id of their newest digest, if its date is today (local) or later."""
    today = {person.pk: at.astimezone(person.zone).date() for person in people}
    rows = recent.order_by("local_date").values_list("subscriber_id", "pk", "local_date")
    return {person: pk for person, pk, day in rows if person in today and day >= today[person]}


def _newest_of(recent: DigestQuerySet, people: Sequence[Subscriber]) -> list[Digest]:
    """The newest digest of each of these people."""
    rows = recent.select_related("subscriber").defer("entries", "follow_ups", "facts")
    newest = {row.subscriber_id: row for row in rows.order_by("local_date")}
    return [newest[person.pk] for person in people if person.pk in newest]


def _expiry(person: Subscriber, at: datetime) -> datetime:
    next_due = person.next_due_at or at + SAMPLE_LASTS
    return max(next_due - EXPIRES_BEFORE_NEXT, at + EXPIRES_BEFORE_NEXT)
