"""Inserting very many rows: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
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


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Insert rows of these columns in one transaction, without model objects."""
    names = ", ".join(map(connection.ops.quote_name, columns))
    table = connection.ops.quote_name(model._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", list(rows))


def subscribers(count: int, at: datetime, after: int = 0) -> None:
    """Insert people numbered from `after` + 1, in 30 zones, all due within the day before `at`."""
    blank = Subscriber(status="active", confirmed_at=at - timedelta(days=30), send_at=SEND_AT)
    own = ("email", "email_key", "timezone", "next_due_at", "last_due_at", "last_local_date")
    fields = [f for f in Subscriber._meta.concrete_fields if f.name not in own]
    shared = [_ready(field, getattr(blank, field.attname)) for field in fields[1:]]
    times = [[name, *_times(name, at)] for name in ZONES]

    def rows() -> Iterator[Sequence[object]]:
        for number in range(after + 1, after + count + 1):
            email = f"reader{number}@example.org"
            yield [number, *shared, email, email, *times[number % len(times)]]

    insert(Subscriber, [*(str(field.column) for field in fields), *own], rows())


def analyze() -> None:
    """Update the statistics of the planner, as autovacuum would overnight."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _ready(field: models.Field, value: object) -> object:
    return field.get_db_prep_save(value, connection)


def _times(name: str, at: datetime) -> list[object]:
    """When somebody in a zone is due, and when and for which date they were last."""
    zone = ZoneInfo(name)
    day = at.astimezone(zone).date()
    due = due_instant(day, SEND_AT, zone)
    if due > at:
        day -= timedelta(days=1)
        due = due_instant(day, SEND_AT, zone)
    yesterday = day - timedelta(days=1)
    before = due_instant(yesterday, SEND_AT, zone)
    moments = [moment.astimezone(UTC) for moment in (due, before)]
    field = Subscriber._meta.get_field("next_due_at")
    last = Subscriber._meta.get_field("last_local_date")
    return [*(_ready(field, moment) for moment in moments), _ready(last, yesterday)]
