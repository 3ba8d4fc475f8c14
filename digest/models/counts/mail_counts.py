"""Counts: outcomes of digests by minute, for automatic holds; and statistics by day, which outlive
the rows that they count."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from django.db import connection, models
from django.db.models import F, Sum

HOUR = 60  # minutes
KEPT = 25 * HOUR
_AT_ONCE = 500  # rows of six values a statement (SQLite: 32,766 values)


class Tally(NamedTuple):
    """Numbers of digests that ended; `refused` includes those that bounced later. `deferred`:
    replies that asked to try again later, after which a digest has not ended."""

    tried: int = 0
    refused: int = 0
    unknown: int = 0
    deferred: int = 0

    def __add__(self, other: object) -> "Tally":
        assert isinstance(other, Tally)
        return Tally(*(left + right for left, right in zip(self, other, strict=True)))

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(*(left - right for left, right in zip(self, other, strict=True)))


class OutcomeCountQuerySet(models.QuerySet["OutcomeCount"]):
    def add(self, counts: Mapping[tuple[str, str], Tally], minute: int | None = None) -> None:
        """Add counts by (backend, domain), and the sums by backend, to a minute since 1970.

        Without `minute` it is the current one of the database's clock.
        """
        sums: dict[tuple[str, str], Tally] = dict(counts)
        for (backend, _), tally in counts.items():
            sums[backend, ""] = sums.get((backend, ""), Tally()) + tally
        # Sorted, so that two of these statements do not deadlock.
        rows = sorted(sums.items())
        for start in range(0, len(rows), _AT_ONCE):
            _upsert(rows[start : start + _AT_ONCE], minute)

    def hour(self, minute: int) -> Self:
        """The counts of the hour that ends with this minute (since 1970)."""
        return self.filter(minute__gt=minute - HOUR, minute__lte=minute)

    def by(self, field: str) -> dict[str, Tally]:
        """Sums by the value of a field."""
        sums = self.order_by().values_list(field).annotate(*(Sum(name) for name in Tally._fields))
        return {value: Tally(*counts) for value, *counts in sums}

    def reset_domain(self, domain: str) -> None:
        """Delete the counts of a domain, and subtract them from the sums of its backends."""
        for row in self.filter(domain=domain).order_by("minute", "backend"):
            of_backend = self.filter(domain="", backend=row.backend, minute=row.minute)
            of_backend.update(**{name: F(name) - getattr(row, name) for name in Tally._fields})
            row.delete()

    def prune(self, minute: int) -> int:
        return self.filter(minute__lte=minute - KEPT).delete()[0]


class OutcomeCount(models.Model):
    """Counts of digests of one minute by domain and backend; domain "" is the sum of a backend."""

    domain = models.CharField(max_length=255, blank=True)
    backend = models.CharField(max_length=255, blank=True)
    minute = models.BigIntegerField(help_text="Since 1970, in UTC.")
    tried = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    unknown = models.IntegerField(default=0)
    # The release before writes rows without it.
    deferred = models.IntegerField(default=0, db_default=0)

    objects = OutcomeCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "minute", "backend"], name="one_count_a_domain_minute_backend"
            )
        ]

    def __str__(self) -> str:
        return f"{self.domain or self.backend}: {self.refused} of {self.tried} refused"


def database_minute() -> str:
    """SQL for the minute (since 1970) of the statement, for statements with parameters."""
    if connection.vendor == "postgresql":
        return "CAST(FLOOR(EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP()) / 60) AS bigint)"
    return "CAST(STRFTIME('%%s', 'NOW') AS integer) / 60"


def minute_now() -> int:
    """The minute (since 1970, UTC), by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {database_minute()} WHERE %s = 1", [1])
        return int(cursor.fetchone()[0])


def _upsert(rows: list[tuple[tuple[str, str], Tally]], minute: int | None) -> None:
    table = OutcomeCount._meta.db_table
    when = database_minute() if minute is None else str(int(minute))
    names = ", ".join(Tally._fields)
    numbers = ", ".join(["%s"] * len(Tally._fields))
    given = ", ".join([f"(%s, %s, {when}, {numbers})"] * len(rows))
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in Tally._fields)
    values = [value for (backend, domain), tally in rows for value in (domain, backend, *tally)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (domain, backend, minute, {names}) "  # noqa: S608 - no text of others
            f"VALUES {given} ON CONFLICT (domain, minute, backend) DO UPDATE SET {added}",
            values,
        )


class DailyStatisticQuerySet(models.QuerySet["DailyStatistic"]):
    def of(self, metric: "DailyStatistic.Metric") -> Self:
        return self.filter(metric=metric)


class DailyStatistic(models.Model):
    """A count of one day. It identifies nobody: a domain with few people counts as "other"."""

    class Metric(models.TextChoices):
        DIGESTS = "digests", "digests by state, recipient domain and backend"
        LETTERS = "letters", "letters by state, recipient domain and purpose"
        EVENTS = "events", "mail events by kind and provider"
        PAPERS = "papers", "papers by the source that listed them: new, updated or unchanged"
        SUBSCRIBERS = "subscribers", "subscribers by status"
        DELAYS = "delays", "digests by minutes from due to sent"
        STORAGE = "storage", "bytes of the database and of dumps, and bytes left"

    day = models.DateField()
    metric = models.CharField(max_length=12, choices=Metric)
    state = models.CharField(max_length=16)
    domain = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=255, blank=True)
    count = models.BigIntegerField()

    objects = DailyStatisticQuerySet.as_manager()

    class Meta:
        ordering = ["day", "metric", "state", "domain", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "metric", "state", "domain", "source"], name="one_count_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.metric} {self.state}: {self.count}"
