"""Inserting very many rows: COPY on PostgreSQL, prepared statements on SQLite."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import cycle, islice
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction

from subscriptions.models import Subscriber
from subscriptions.schedule import due_instant

SEND_AT = time(7)
ZONES = [
    "Pacific/Auckland", "Australia/Sydney", "Australia/Adelaide", "Asia/Tokyo", "Asia/Seoul",
    "Asia/Shanghai", "Asia/Singapore", "Asia/Bangkok", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Karachi", "Asia/Dubai", "Asia/Tehran", "Europe/Moscow", "Africa/Nairobi",
    "Europe/Athens", "Africa/Cairo", "Africa/Johannesburg", "Europe/Berlin", "Europe/Paris",
    "Africa/Lagos", "Europe/London", "UTC", "America/Sao_Paulo", "America/St_Johns",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "Pacific/Honolulu",
]  # fmt: skip
_AT_ONCE = 10_000  # rows in memory; on PostgreSQL one
Schedule = tuple[str, time]  # a time zone, and the hour there


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Insert rows of these columns in one transaction, without model objects, a few at a time."""
    names = ", ".join(map(connection.ops.quote_name, columns))
    table = connection.ops.quote_name(model._meta.db_table)
    left = iter(rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in left:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - names of the program
            while some := cast("list[tuple[int]]", list(islice(left, _AT_ONCE))):
                cursor.executemany(statement, some)


def subscribers(
    count: int,
    at: datetime,
    after: int = 0,
    schedules: Iterable[Schedule] | None = None,
    since: timedelta = timedelta(days=30),
) -> None:
    """Insert people numbered from `after` + 1, confirmed `since` ago, all due within the day before
    `at`.

    `schedules` has one for each of them; without it everybody is due at 7:00, in 30 zones by turns.
    """
    blank = Subscriber(status="active", confirmed_at=at - since, send_at=SEND_AT)
    own = (
        "email", "email_key", "timezone", "send_at", "next_due_at", "last_due_at",
        "last_local_date",
    )  # fmt: skip
    fields = [f for f in Subscriber._meta.concrete_fields if f.name not in own]
    shared = [_ready(field, getattr(blank, field.attname)) for field in fields[1:]]
    by_turns = islice(cycle((zone, SEND_AT) for zone in ZONES), after + 1, None)
    given = iter(by_turns if schedules is None else schedules)

    @cache
    def times(zone: str, send_at: time) -> list[object]:
        return _times(zone, send_at, at)

    def rows() -> Iterator[Sequence[object]]:
        for number in range(after + 1, after + count + 1):
            email = f"reader{number}@example.org"
            yield [number, *shared, email, email, *times(*next(given))]

    insert(Subscriber, [*(str(field.column) for field in fields), *own], rows())


def analyze() -> None:
    """Update the statistics of the planner, as autovacuum would overnight."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _ready(field: "models.Field[Any, Any]", value: object) -> object:
    return field.get_db_prep_save(value, connection)


def _times(name: str, send_at: time, at: datetime) -> list[object]:
    """The values of a schedule: zone, hour, when somebody with it is due, and when and for which
    date they were last."""
    zone = ZoneInfo(name)
    day = at.astimezone(zone).date()
    due = due_instant(day, send_at, zone)
    if due > at:
        day -= timedelta(days=1)
        due = due_instant(day, send_at, zone)
    yesterday = day - timedelta(days=1)
    before = due_instant(yesterday, send_at, zone)
    values: dict[str, str | time | datetime | date] = {
        "timezone": name,
        "send_at": send_at,
        "next_due_at": due.astimezone(UTC),
        "last_due_at": before.astimezone(UTC),
        "last_local_date": yesterday,
    }
    fields = {field.name: field for field in Subscriber._meta.concrete_fields}
    return [_ready(fields[name], value) for name, value in values.items()]
