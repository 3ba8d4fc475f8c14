"""The statements of planning: one each, for any number of subscribers."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from digest.models import Digest
from subscriptions.models import Subscriber

EXPIRES_BEFORE_NEXT = timedelta(hours=1)
_OWN = ("subscriber_id", "not_before", "local_date", "expires_at")
# When the subscriber was due, limited to the first and the second instant; without a due time, the
# second. (The databases differ in GREATEST.)
_DUE = (
    "CASE WHEN person.next_due_at < %s THEN %s WHEN person.next_due_at < %s "
    "THEN person.next_due_at ELSE %s END"
)


class PlannedPeriod(NamedTuple):
    """The local date of a planned digest, and when the next one is due."""

    local_date: date
    next_due: datetime

    @property
    def expires_at(self) -> datetime:
        return self.next_due - EXPIRES_BEFORE_NEXT


SqlValue = int | str | date | list[int] | None
Periods = Sequence[tuple[PlannedPeriod, list[int]]]


def insert_digests(periods: Periods, earliest: datetime, latest: datetime) -> None:
    """Insert a planned digest for the subscribers of each period, due when each of them was due,
    within `earliest` and `latest`. A subscriber who has a digest of that date keeps it.

    One statement with a value list of the periods (SQLite: 32,766 values), in order of id: rows
    are made in the database, and pages and indexes are visited once.
    """
    shared, ids = _shared(), [pk for _, group in periods for pk in group]
    who, people = _numbered(periods)
    given = ", ".join(["(%s, %s, %s)"] * len(periods))
    insert = (  # both databases name what VALUES gives column1, column2 and so on
        f"INSERT INTO {Digest._meta.db_table} ({', '.join([*_OWN, *shared])}) "  # noqa: S608 - no text of others
        f"SELECT person.id, {_DUE}, "
        f"planned.column2, planned.column3{', %s' * len(shared)} "
        f"FROM {who} JOIN (VALUES {given}) AS planned ON planned.column1 = who.planned "
        f"JOIN {Subscriber._meta.db_table} AS person ON person.id = who.id "
        # The ids are close together: with the bounds the database reads them in one range.
        "WHERE person.id BETWEEN %s AND %s ORDER BY person.id ON CONFLICT DO NOTHING"
    )
    values: list[SqlValue] = [
        value for number, (planned, _) in enumerate(periods) for value in (number, *_times(planned))
    ]
    with connection.cursor() as cursor:
        adapt = connection.ops.adapt_datetimefield_value
        first, last = adapt(earliest), adapt(latest)
        due = [first, first, last, last]
        cursor.execute(insert, [*due, *shared.values(), *people, *values, min(ids), max(ids)])


def advance_schedules(periods: Periods, at: datetime) -> None:
    """Set when these subscribers' digests were planned and when they are due next, in one
    statement."""
    who, people = _numbered(periods)
    given = ", ".join(["(%s, %s, %s)"] * len(periods))
    update = (
        f"UPDATE {Subscriber._meta.db_table} AS person SET last_due_at = %s, "  # noqa: S608 - no text of others
        "last_local_date = planned.column2, next_due_at = planned.column3 "
        f"FROM {who} JOIN (VALUES {given}) AS planned ON planned.column1 = who.planned "
        "WHERE person.id = who.id"
    )
    ops = connection.ops
    values: list[SqlValue] = [
        value
        for number, (planned, _) in enumerate(periods)
        for value in (
            number,
            ops.adapt_datefield_value(planned.local_date),
            ops.adapt_datetimefield_value(planned.next_due),
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(update, [ops.adapt_datetimefield_value(at), *people, *values])


def _shared() -> dict[str, SqlValue]:
    """Map each column that is the same in every planned digest to its value."""
    return {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in Digest._meta.concrete_fields
        if not (field.primary_key or field.has_db_default()) and field.column not in _OWN
    }


def _times(planned: PlannedPeriod) -> tuple[SqlValue, SqlValue]:
    ops = connection.ops
    expires_at = ops.adapt_datetimefield_value(planned.expires_at)
    return ops.adapt_datefield_value(planned.local_date), expires_at


def _numbered(periods: Periods) -> tuple[str, tuple[SqlValue, ...]]:
    """SQL and parameters for a table `who` of each id and the number of its period.

    The number of parameters does not depend on the number of ids.
    """
    pairs = [(pk, number) for number, (_, group) in enumerate(periods) for pk in group]
    if connection.vendor == "postgresql":
        ids, numbers = map(list, zip(*pairs, strict=True))
        return "UNNEST(%s::bigint[], %s::integer[]) AS who (id, planned)", (ids, numbers)
    columns = "json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS planned"
    return f"(SELECT {columns} FROM json_each(%s)) AS who", (json.dumps(pairs),)  # noqa: S608
