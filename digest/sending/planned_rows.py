"""What planning writes for very many people at once: a statement each, however many they are."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from digest.models import Digest
from subscriptions.models import Subscriber

EXPIRES_BEFORE_NEXT = timedelta(hours=1)
_OWN = ("subscriber_id", "not_before", "local_date", "expires_at")
# When the person was due, but neither before the first nor after the second instant; the databases
# differ in GREATEST, and who is due at no time yet is due at the second.
_DUE = (
    "CASE WHEN person.next_due_at < %s THEN %s WHEN person.next_due_at < %s "
    "THEN person.next_due_at ELSE %s END"
)


class PlannedPeriod(NamedTuple):
    """What planning decides for a person: the date of this digest, and when the next is due."""

    local_date: date
    next_due: datetime

    @property
    def expires_at(self) -> datetime:
        return self.next_due - EXPIRES_BEFORE_NEXT


Periods = Sequence[tuple[PlannedPeriod, list[int]]]


def insert_digests(periods: Periods, earliest: datetime, latest: datetime) -> None:
    """Plan a scheduled digest for the people of each turn, to be sent from the time each was due,
    within `earliest` and `latest`; who has one of that date keeps it.

    In one statement, which names each turn (SQLite takes 32,766 values), in the order of the ids:
    the rows are made in the database, and the pages and indexes are gone through once.
    """
    shared, ids = _shared(), [pk for _, group in periods for pk in group]
    who, people = _numbered(periods)
    given = ", ".join(["(%s, %s, %s)"] * len(periods))
    insert = (  # both databases name what VALUES gives column1, column2 and so on
        f"INSERT INTO {Digest._meta.db_table} ({', '.join([*_OWN, *shared])}) "  # noqa: S608 - no text of others
        f"SELECT person.id, {_DUE}, "
        f"turn.column2, turn.column3{', %s' * len(shared)} "
        f"FROM {who} JOIN (VALUES {given}) AS turn ON turn.column1 = who.turn "
        f"JOIN {Subscriber._meta.db_table} AS person ON person.id = who.id "
        # They lie together: told so, the database reads them in one go.
        "WHERE person.id BETWEEN %s AND %s ORDER BY person.id ON CONFLICT DO NOTHING"
    )
    values = [
        value for number, (turn, _) in enumerate(periods) for value in (number, *_times(turn))
    ]
    with connection.cursor() as cursor:
        adapt = connection.ops.adapt_datetimefield_value
        first, last = adapt(earliest), adapt(latest)
        told = [first, first, last, last, *shared.values(), *people, *values]
        cursor.execute(insert, [*told, min(ids), max(ids)])


def advance_schedules(periods: Periods, at: datetime) -> None:
    """Note that these people's digests were planned at that time, and when they are due next; in
    one statement."""
    who, people = _numbered(periods)
    given = ", ".join(["(%s, %s, %s)"] * len(periods))
    update = (
        f"UPDATE {Subscriber._meta.db_table} AS person SET last_due_at = %s, "  # noqa: S608 - no text of others
        "last_local_date = turn.column2, next_due_at = turn.column3 "
        f"FROM {who} JOIN (VALUES {given}) AS turn ON turn.column1 = who.turn "
        "WHERE person.id = who.id"
    )
    ops = connection.ops
    values = [
        value
        for number, (turn, _) in enumerate(periods)
        for value in (
            number,
            ops.adapt_datefield_value(turn.local_date),
            ops.adapt_datetimefield_value(turn.next_due),
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(update, [ops.adapt_datetimefield_value(at), *people, *values])


def _shared() -> dict[str, Any]:
    """Column -> value, of those that are the same in every digest that is planned."""
    return {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in Digest._meta.concrete_fields
        if not (field.primary_key or field.has_db_default()) and field.column not in _OWN
    }


def _times(turn: PlannedPeriod) -> tuple[Any, Any]:
    ops = connection.ops
    expires_at = ops.adapt_datetimefield_value(turn.expires_at)
    return ops.adapt_datefield_value(turn.local_date), expires_at


def _numbered(periods: Periods) -> tuple[str, tuple[Any, ...]]:
    """SQL for a table `who` of the ids, each with the number of its turn, and its parameters: few,
    however many the ids are."""
    pairs = [(pk, number) for number, (_, group) in enumerate(periods) for pk in group]
    if connection.vendor == "postgresql":
        ids, numbers = map(list, zip(*pairs, strict=True))
        return "UNNEST(%s::bigint[], %s::integer[]) AS who (id, turn)", (ids, numbers)
    columns = "json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS turn"
    return f"(SELECT {columns} FROM json_each(%s)) AS who", (json.dumps(pairs),)  # noqa: S608
