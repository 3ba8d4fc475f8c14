"""Due subscribers become planned digests. Doing it twice, or late, plans nothing twice."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction

from digest.models import Digest, State
from subscriptions.models import Subscriber, SubscriberQuerySet
from subscriptions.schedule import next_due, period, zone_named

BATCH = 20_000  # people a transaction, which takes about a second
BEFORE_THE_NEXT = timedelta(hours=1)
SAMPLE_LASTS = timedelta(days=1)
# After an outage nobody counts as due for longer: a mail's day, and how late its bounce may come,
# are counted from there.
LONGEST_DUE = timedelta(hours=12)
# What an operator's "send now" may take up again: no mail of that date can have left.
REOPENED = (State.EMPTY, State.EXPIRED, State.CANCELLED, State.FAILED)
_AT_ONCE = 1_000  # turns; far below what one statement may name (SQLite: 32,766 values)
_LATER = "CASE WHEN {0} < %s THEN %s ELSE {0} END"  # the databases differ in GREATEST
_OWN = ("subscriber_id", "not_before", "local_date", "expires_at")
HABITS = ("timezone", "send_at", "frequency", "weekly_on")


class Turn(NamedTuple):
    """What planning decides for a person: the date of this digest, and when the next is due."""

    local_date: date
    next_due: datetime

    @property
    def expires_at(self) -> datetime:
        return self.next_due - BEFORE_THE_NEXT


def plan(at: datetime) -> dict[str, int]:
    """Plan a digest for everybody who is due at that time; how many were resumed and planned."""
    people = Subscriber.objects
    return {
        "resumed": _in_batches(people.back_from_pause(at), lambda batch: _resume(batch, at)),
        "planned": _in_batches(people.due(at), lambda batch: _plan(batch, at)),
    }


def wants_help(at: datetime) -> bool:
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
    return take(people.order_by("pk").unlocked()[:BATCH])


def _resume(batch: SubscriberQuerySet, at: datetime) -> list[int]:
    """People whose pause is over are active again, and due at their next hour; their ids.

    The end of a pause stays on the row, for the next digest to say why it covers more; that of a
    bounce, which was nobody's wish, does not.
    """
    rows = list(batch.values_list("pk", "status", "last_due_at", *HABITS, "last_local_date"))
    groups: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for pk, status, last_due, *habits in rows:
        groups[status, _next_due(at, last_due, *habits)].append(pk)
    for (status, due), ids in groups.items():
        forgotten = {} if status == Subscriber.Status.PAUSED else {"paused_until": None}
        Subscriber.objects.with_ids(ids).update(
            status=Subscriber.Status.ACTIVE, next_due_at=due, **forgotten
        )
    return [row[0] for row in rows]


def _plan(batch: SubscriberQuerySet, at: datetime) -> list[int]:
    """A digest for each of these due subscribers, who move on to their next; their ids."""
    rows = list(batch.values_list("pk", "next_due_at", *HABITS, "last_local_date"))
    turns: dict[Turn, list[int]] = defaultdict(list)
    for pk, due, *habits in rows:
        turns[_turn(at, due, *habits)].append(pk)
    groups = list(turns.items())
    for start in range(0, len(groups), _AT_ONCE):
        _insert(groups[start : start + _AT_ONCE], at - LONGEST_DUE)
    for turn, ids in turns.items():
        Subscriber.objects.with_ids(ids).update(**_moved_on(turn, at))
    return [row[0] for row in rows]


# A zone and an hour, and so the instant, are shared by thousands: worked out once.
@lru_cache(maxsize=10_000)
def _turn(
    at: datetime,
    due: datetime,
    zone: str,
    send_at: time,
    frequency: str,
    weekly_on: int,
    last_date: date | None,
) -> Turn:
    """The period of a digest due at `due` and planned at `at`, and when somebody with these
    habits is due after it."""
    local_date = period(at, zone_named(zone), last_date, due)
    return Turn(local_date, _next_due(at, at, zone, send_at, frequency, weekly_on, local_date))


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
        zone=zone_named(zone),
        send_at=send_at,
        frequency=frequency,
        weekly_on=weekly_on,
        last_date=last_date,
        last_due=last_due,
    )


def _moved_on(turn: Turn, at: datetime) -> dict[str, date]:
    """The fields of a subscriber whose digest was planned at that time."""
    return {
        "next_due_at": turn.next_due,
        "last_due_at": at,
        "last_local_date": turn.local_date,
    }


def _insert(turns: Sequence[tuple[Turn, list[int]]], earliest: datetime) -> None:
    """A scheduled digest for the people of each turn, to be sent from the time each was due, or
    from `earliest`; who has one of that date keeps it.

    In one statement, in the order of the ids: the rows are made in the database, and the pages
    and indexes are gone through once.
    """
    shared, ids = _shared(), [pk for _, group in turns for pk in group]
    who, people = _numbered(turns)
    given = ", ".join(["(%s, %s, %s)"] * len(turns))
    insert = (  # both databases name what VALUES gives column1, column2 and so on
        f"INSERT INTO {Digest._meta.db_table} ({', '.join([*_OWN, *shared])}) "  # noqa: S608 - no text of others
        f"SELECT person.id, {_LATER.format('person.next_due_at')}, "
        f"turn.column2, turn.column3{', %s' * len(shared)} "
        f"FROM {who} JOIN (VALUES {given}) AS turn ON turn.column1 = who.turn "
        f"JOIN {Subscriber._meta.db_table} AS person ON person.id = who.id "
        # They lie together: told so, the database reads them in one go.
        "WHERE person.id BETWEEN %s AND %s ORDER BY person.id ON CONFLICT DO NOTHING"
    )
    values = [value for number, (turn, _) in enumerate(turns) for value in (number, *_times(turn))]
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(earliest)
        told = [moment, moment, *shared.values(), *people, *values]
        cursor.execute(insert, [*told, min(ids), max(ids)])


def _shared() -> dict[str, Any]:
    """Column -> value, of those that are the same in every digest that is planned."""
    return {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in Digest._meta.concrete_fields
        if not (field.primary_key or field.has_db_default()) and field.column not in _OWN
    }


def _times(turn: Turn) -> tuple[Any, Any]:
    ops = connection.ops
    expires_at = ops.adapt_datetimefield_value(turn.expires_at)
    return ops.adapt_datefield_value(turn.local_date), expires_at


def _numbered(turns: Sequence[tuple[Turn, list[int]]]) -> tuple[str, tuple[Any, ...]]:
    """SQL for a table `who` of the ids, each with the number of its turn, and its parameters: few,
    however many the ids are."""
    pairs = [(pk, number) for number, (_, group) in enumerate(turns) for pk in group]
    if connection.vendor == "postgresql":
        ids, numbers = map(list, zip(*pairs, strict=True))
        return "UNNEST(%s::bigint[], %s::integer[]) AS who (id, turn)", (ids, numbers)
    columns = "json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS turn"
    return f"(SELECT {columns} FROM json_each(%s)) AS who", (json.dumps(pairs),)  # noqa: S608


def _scheduled(subscriber: Subscriber, at: datetime) -> Digest:
    """The digest of the period `at` falls in; the subscriber moves on to the next period."""
    habits = [getattr(subscriber, name) for name in HABITS]
    turn = _turn(at, at, *habits, subscriber.last_local_date)
    digest = Digest(
        subscriber=subscriber,
        local_date=turn.local_date,
        not_before=max(min(subscriber.next_due_at or at, at), at - LONGEST_DUE),
        expires_at=turn.expires_at,
    )
    for name, value in _moved_on(turn, at).items():
        setattr(subscriber, name, value)
    return digest


def plan_sample(subscriber: Subscriber, at: datetime) -> Digest | None:
    """The last 7 days, once a (local) day; None: there was one today already."""
    digest, created = Digest.objects.get_or_create(
        subscriber=subscriber,
        kind=Digest.Kind.SAMPLE,
        local_date=at.astimezone(subscriber.zone).date(),
        defaults={"not_before": at, "expires_at": at + SAMPLE_LASTS},
    )
    return digest if created else None


@transaction.atomic
def send_now(subscriber: Subscriber, at: datetime) -> Digest:
    """Make today's scheduled digest due at once, planning it if there is none yet.

    One that was sent, or may have been, stays as it is: look at the state of what comes back.
    """
    digests = Digest.objects.scheduled().filter(subscriber=subscriber)
    digests.filter(local_date__gte=at.date() - timedelta(days=2)).lock()
    person = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    today = at.astimezone(person.zone).date()
    digest = digests.filter(local_date__gte=today).order_by("-local_date").first()
    if digest is None:
        digest = _scheduled(person, at)
        digest.save()
        person.save(update_fields=["next_due_at", "last_due_at", "last_local_date"])
    else:
        next_due = person.next_due_at or at + SAMPLE_LASTS
        expires_at = max(next_due - BEFORE_THE_NEXT, at + BEFORE_THE_NEXT)
        rows = digests.filter(pk=digest.pk)
        rows.filter(state__in=REOPENED).update(
            state=State.PLANNED,
            composed_at=None,
            from_seq=None,
            to_seq=None,
            entries=[],
            follow_ups=[],
            told={},
        )
        rows.make_due(at, expires_at)
    digest.refresh_from_db()
    return digest
