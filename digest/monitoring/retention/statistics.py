"""Daily statistics, stored before the rows of a day are deleted.

A day is counted again on each run until it is DAYS_UNTIL_FINAL days old, because mails may end
late; then its counts are final. No counted row is deleted before that, except when a person is
erased: days that are not final lose that person's mails.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Count, DateTimeField, F, Model, QuerySet, Sum, Value
from django.db.models.functions import StrIndex, Substr, TruncDate

from digest.models import DailyStatistic, Digest, Dump, Letter, MailEvent, Run
from digest.models.database import database_bytes
from digest.monitoring.delays import count_by_delay
from digest.monitoring.storage import dump_bytes, free_bytes
from subscriptions.models import Subscriber

from .retention_periods import DAYS_UNTIL_FINAL

MIN_PEOPLE_OF_NAMED_DOMAIN = 5  # domains of fewer people a day are counted together
OTHER_DOMAINS = "other"
_RUN = "statistics"
_DAY = timedelta(days=1)
_Metric = DailyStatistic.Metric
Row = TypeVar("Row", bound=Model)


def _digests() -> QuerySet[Digest]:
    """Return all digests, with a condition on `pruned`, the first column of the index of days."""
    return Digest.objects.filter(pruned__in=(False, True))


@dataclass(frozen=True, slots=True)
class CountRow:
    """A count with the columns of `DailyStatistic`."""

    state: str
    count: int
    domain: str = ""
    source: str = ""


def last_final_day() -> date | None:
    """Return the last day whose counts are final, None if there is none."""
    run = Run.objects.filter(task=_RUN).first()
    through = run.details.get("through") if run else None
    return date.fromisoformat(through) if through else None


def count_days(at: datetime, is_over: Callable[[], bool] = lambda: False) -> bool:
    """Count the days until yesterday (UTC) that are not final, and today's subscribers and storage.

    Stops early if `is_over()`, called before each day, is true; returns whether all days were
    counted. Each day is a transaction, so that a crash or a second caller changes nothing.
    """
    today = at.astimezone(UTC).date()
    Run.objects.get_or_create(task=_RUN, defaults={"ended_at": at})
    with transaction.atomic():
        _lock()
        _replace(today, {_Metric.SUBSCRIBERS: _subscribers(), _Metric.STORAGE: _storage()})
    final = today - DAYS_UNTIL_FINAL * _DAY
    for day in _days(last_final_day(), today):
        if is_over():
            return False
        _count(day, at, is_final=day <= final)
    _finalise(final, at)
    return True


def _lock() -> Run:
    """Lock the row of this task: one caller at a time."""
    return Run.objects.select_for_update().get(task=_RUN)


@transaction.atomic
def _count(day: date, at: datetime, *, is_final: bool) -> None:
    _lock()
    through = last_final_day()
    if through is not None and day <= through:
        return  # another caller was faster, and the rows may be deleted by now
    _replace(
        day,
        {
            _Metric.DIGESTS: _mails(
                _digests().filter(local_date=day), "backend", "subscriber__email_key"
            ),
            _Metric.LETTERS: _mails(_on(Letter, "not_before", day), "purpose", "email_key"),
            _Metric.EVENTS: _events(day),
            _Metric.PAPERS: papers_by_source(day),
            _Metric.DELAYS: _delays(day),
        },
    )
    if is_final:
        _finalise(day, at)


@transaction.atomic
def _finalise(day: date, at: datetime) -> None:
    """Mark the counts up to this day as final."""
    _lock()
    through = last_final_day()
    if through is None or through < day:
        Run.objects.note(_RUN, at, through=day.isoformat())


def _replace(day: date, counts: dict[DailyStatistic.Metric, Iterator[CountRow]]) -> None:
    """Replace the day's counts of these metrics."""
    DailyStatistic.objects.filter(day=day, metric__in=list(counts)).delete()
    DailyStatistic.objects.bulk_create(
        (
            DailyStatistic(day=day, metric=metric, **asdict(each))
            for metric, some in counts.items()
            for each in some
        ),
        batch_size=1_000,
    )


def _days(after: date | None, before: date) -> list[date]:
    """Return the days between these that have rows, or counts that may be out of date."""
    found: set[date] = set()
    for model, field in _DATED:
        rows = _digests() if model is Digest else model._default_manager.all()
        rows = rows.order_by().annotate(on=_day(model, field))
        rows = rows.filter(on__lt=before)
        if after:
            rows = rows.filter(on__gt=after)
            if field not in ("local_date", "day"):  # the index is on the time, not the day
                rows = rows.filter(**{f"{field}__gte": datetime.combine(after, time.min, UTC)})
        found.update(rows.values_list("on", flat=True).distinct())
    return sorted(found)


_DATED: tuple[tuple[type[Model], str], ...] = (
    (Digest, "local_date"), (Letter, "not_before"), (MailEvent, "at"), (Dump, "received_at"),
    (DailyStatistic, "day"),
)  # fmt: skip


def _day(model: type[Model], field: str) -> TruncDate | F:
    is_instant = isinstance(model._meta.get_field(field), DateTimeField)
    return TruncDate(field, tzinfo=UTC) if is_instant else F(field)


def _on(model: type[Row], field: str, day: date) -> QuerySet[Row]:
    """Return the rows whose time is on that (UTC) day."""
    start = datetime.combine(day, time.min, UTC)
    return model._default_manager.filter(
        **{f"{field}__gte": start, f"{field}__lt": start + _DAY}
    ).order_by()


def _mails(rows: QuerySet[Digest] | QuerySet[Letter], source: str, key: str) -> Iterator[CountRow]:
    """Count by state, recipient domain and the column `source`; domains of few people together.

    `key`: the column with the recipient's mailbox key.
    """
    rows = rows.order_by().annotate(to=Substr(key, StrIndex(key, Value("@")) + 1))
    people = rows.values_list("to").annotate(people=Count(key, distinct=True))
    named = set(people.filter(people__gte=MIN_PEOPLE_OF_NAMED_DOMAIN).values_list("to", flat=True))
    sums: dict[tuple[str, str, str], int] = {}
    for state, to, by, count in rows.values_list("state", "to", source).annotate(Count("pk")):
        group = state, to if to in named else OTHER_DOMAINS, by
        sums[group] = sums.get(group, 0) + count
    return (CountRow(state, count, to, by) for (state, to, by), count in sums.items())


def _events(day: date) -> Iterator[CountRow]:
    rows = _on(MailEvent, "at", day).values_list("kind", "provider").annotate(Count("pk"))
    return (CountRow(kind, count, source=provider) for kind, provider, count in rows)


def papers_by_source(day: date) -> Iterator[CountRow]:
    """Count the papers of the dumps received that day by source, "" for files without one.

    Withdrawn dumps are left out.
    """
    names = ("new", "updated", "unchanged")
    received = _on(Dump, "received_at", day).filter(withdrawn_at__isnull=True)
    dumps = received.annotate(by=F("source__name"))
    rows = dumps.values_list("by").annotate(*(Sum(name) for name in names))
    for source, *counts in rows:
        for name, count in zip(names, counts, strict=True):
            if count:
                yield CountRow(name, count, source=source or "")


def _subscribers() -> Iterator[CountRow]:
    rows = Subscriber.objects.order_by().values_list("status").annotate(Count("pk"))
    return (CountRow(status, count) for status, count in rows)


def _delays(day: date) -> Iterator[CountRow]:
    counts = count_by_delay(_digests().filter(local_date=day))
    return (CountRow(within, count) for within, count in counts.items())


def _storage() -> Iterator[CountRow]:
    sizes = {"database": database_bytes(), "dumps": dump_bytes(), "free": free_bytes()}
    return (CountRow(what, size) for what, size in sizes.items())
