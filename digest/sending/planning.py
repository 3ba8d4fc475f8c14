"""Due subscribers become planned digests. Doing it twice, or late, plans nothing twice."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

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
from subscriptions.schedule import next_due, period, zone_info

BATCH = 20_000  # people a transaction, which takes about a second
SAMPLE_LASTS = timedelta(days=1)
# After an outage nobody counts as due for longer: a mail's day, and how late its bounce may come,
# are counted from there.
LONGEST_DUE = timedelta(hours=12)
# What an operator's "send now" may take up again: no mail of that date can have left.
REOPENED = (State.EMPTY, State.EXPIRED, State.CANCELLED, State.FAILED)
_AT_ONCE = 1_000  # periods; far below what one statement may name (SQLite: 32,766 values)
SENT_AT_ONCE = 1_000  # people a transaction of "send now"
_AS_PLANNED: dict[str, Any] = {
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
    """Plan a digest for everybody who is due at that time; how many were resumed and planned."""
    people = Subscriber.objects
    return {
        "resumed": _in_batches(people.pause_over(at), lambda batch: _resume(batch, at)),
        "planned": _in_batches(people.due(at), lambda batch: _plan(batch, at)),
    }


def needs_second_planner(at: datetime) -> bool:
    """Whether so many are due that a second planner is of use: each takes what is not locked."""
    if not connection.features.has_select_for_update_skip_locked:
        return False
    return Subscriber.objects.due(at)[BATCH : BATCH + 1].exists()


def _in_batches(people: SubscriberQuerySet, take: Callable[[SubscriberQuerySet], list[int]]) -> int:
    """Have `take` take them all, the lowest ids first; how many there were.

    In the order of the ids, for that is how the tables lie: a page is read and written once.
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
    """People whose pause is over are active again, and due at their next hour; their ids.

    The end of a pause stays on the row, for the next digest to say why it covers more; that of a
    bounce, which was nobody's wish, does not.
    """
    rows = list(
        batch.values_list("pk", "status", "last_due_at", *SCHEDULE_FIELDS, "last_local_date")
    )
    groups: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for pk, status, last_due, *schedule in rows:
        groups[status, _next_due(at, last_due, *schedule)].append(pk)
    for (status, due), ids in groups.items():
        forgotten = {} if status == Subscriber.Status.PAUSED else {"paused_until": None}
        Subscriber.objects.with_ids(ids).update(
            status=Subscriber.Status.ACTIVE, next_due_at=due, **forgotten
        )
    return [row[0] for row in rows]


def _plan(batch: SubscriberQuerySet, at: datetime) -> list[int]:
    """A digest for each of these due subscribers, who move on to their next; their ids."""
    rows = list(batch.values_list("pk", "next_due_at", *SCHEDULE_FIELDS, "last_local_date"))
    periods: dict[PlannedPeriod, list[int]] = defaultdict(list)
    for pk, due, *schedule in rows:
        periods[_planned_period(at, due, *schedule)].append(pk)
    groups = list(periods.items())
    for start in range(0, len(groups), _AT_ONCE):
        insert_digests(groups[start : start + _AT_ONCE], at - LONGEST_DUE, at)
    for turn, ids in periods.items():
        Subscriber.objects.with_ids(ids).update(**_advanced_schedule(turn, at))
    return [row[0] for row in rows]


# A zone and an hour, and so the instant, are shared by thousands: worked out once.
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
    """The period of a digest due at `due` and planned at `at`, and when somebody with these
    schedule is due after it."""
    local_date = period(at, zone_info(zone), last_date, due)
    return PlannedPeriod(
        local_date, _next_due(at, at, zone, send_at, frequency, weekly_on, local_date)
    )


@lru_cache(maxsize=10_000)
def _next_due(
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


def _advanced_schedule(turn: PlannedPeriod, at: datetime) -> dict[str, date]:
    """The fields of a subscriber whose digest was planned at that time."""
    return {
        "next_due_at": turn.next_due,
        "last_due_at": at,
        "last_local_date": turn.local_date,
    }


def plan_sample(subscriber: Subscriber, at: datetime) -> Digest | None:
    """The last 7 days, once a (local) day; None: there was one today already."""
    digest, created = Digest.objects.get_or_create(
        subscriber=subscriber,
        kind=Digest.Kind.SAMPLE,
        local_date=at.astimezone(subscriber.zone).date(),
        defaults={"not_before": at, "expires_at": at + SAMPLE_LASTS},
    )
    return digest if created else None


def send_now(subscriber: Subscriber, at: datetime) -> Digest:
    """Make today's scheduled digest due at once, planning it if there is none yet.

    One that was sent, or may have been, stays as it is: look at the state of what comes back.
    """
    (digest,) = _send_batch(Subscriber.objects.filter(pk=subscriber.pk), at)
    return digest


def send_now_all(people: SubscriberQuerySet, at: datetime) -> list[Digest]:
    """`send_now` for all these people, SENT_AT_ONCE of them a transaction; their digests, without
    what mails hold. The queries of a transaction are as many however many people it is for."""
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    batches = (ids[start : start + SENT_AT_ONCE] for start in range(0, len(ids), SENT_AT_ONCE))
    return [digest for batch in batches for digest in _send_batch(people.with_ids(batch), at)]


@transaction.atomic
def _send_batch(people: SubscriberQuerySet, at: datetime) -> list[Digest]:
    ids = list(people.values_list("pk", flat=True))
    recent = Digest.objects.scheduled().filter(
        among("subscriber_id", ids), local_date__gte=at.date() - timedelta(days=2)
    )
    recent.lock()
    locked = list(people.order_by("pk").select_for_update())
    # Read only now: somebody else may have planned one before the people were locked.
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
    """Person -> the newest of their digests, if it is of today or later where they live."""
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
