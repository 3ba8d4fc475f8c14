"""Earlier days, from the daily statistics that `prune` writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.db.models import Sum

from digest.models import DailyStatistic, MailEvent, State
from digest.monitoring.retention.statistics import papers_by_source
from digest.sending.automatic_holds import REFUSALS

MAIL_DAYS, PEOPLE_DAYS, LEAST_DAYS = 30, 90, 14
_Metric = DailyStatistic.Metric
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DailyCounts:
    """Counts by name for each of the `days`, oldest first; a day without any was not counted."""

    days: list[date]
    by_day: Mapping[date, Counts]

    def series(self, *names: str) -> list[int | None]:
        """The sums of these counts by day, None for a day that was not counted."""
        return [
            sum(counts.get(name, 0) for name in names) if counts is not None else None
            for counts in map(self.by_day.get, self.days)
        ]

    def since_first(self) -> "DailyCounts":
        """Leave out the days before the first that was counted, but LEAST_DAYS."""
        first = next((at for at, day in enumerate(self.days) if day in self.by_day), 0)
        return replace(self, days=self.days[min(first, len(self.days) - LEAST_DAYS) :])

    def totals(self) -> dict[str, int]:
        """The sums over all days by name."""
        sums: dict[str, int] = {}
        for counts in self.by_day.values():
            for name, count in counts.items():
                sums[name] = sums.get(name, 0) + count
        return sums


def last_days(count: int, at: datetime, *, with_today: bool) -> list[date]:
    """Return that many days (UTC), the last of them today or yesterday."""
    last = at.astimezone(UTC).date() - timedelta(days=0 if with_today else 1)
    return [last - timedelta(days=back) for back in reversed(range(count))]


def _counted(metric: DailyStatistic.Metric, days: list[date], **only: object) -> DailyCounts:
    """Sum a metric by day and state, or by day and source for papers.

    The days are listed, not bounded: the index begins with day and metric.
    """
    name = "source" if metric == _Metric.PAPERS else "state"
    rows = DailyStatistic.objects.of(metric).filter(day__in=days, **only).order_by()
    return _as_counts(days, rows.values_list("day", name).annotate(Sum("count")))


def _as_counts(days: list[date], rows: Iterable[tuple[date, str, int]]) -> DailyCounts:
    by_day: dict[date, dict[str, int]] = {}
    for day, name, count in rows:
        by_day.setdefault(day, {})[name] = count
    return DailyCounts(days, by_day)


def mail_by_day(at: datetime) -> DailyCounts:
    """Digests by state."""
    return _counted(_Metric.DIGESTS, last_days(MAIL_DAYS, at, with_today=False))


def delays_by_day(at: datetime) -> DailyCounts:
    """Digests that were sent, by the minutes that took."""
    return _counted(_Metric.DELAYS, last_days(MAIL_DAYS, at, with_today=False))


def people_by_day(at: datetime) -> DailyCounts:
    """Subscribers by status, as they were when `prune` counted them."""
    days = last_days(PEOPLE_DAYS, at, with_today=True)
    return _counted(_Metric.SUBSCRIBERS, days).since_first()


def storage_by_day(at: datetime) -> DailyCounts:
    """Bytes of the database and of dumps, and bytes left."""
    days = last_days(PEOPLE_DAYS, at, with_today=True)
    return _counted(_Metric.STORAGE, days).since_first()


def new_papers_by_day(at: datetime) -> DailyCounts:
    """New papers by source; those of today are counted now."""
    days = last_days(MAIL_DAYS, at, with_today=True)
    found = _counted(_Metric.PAPERS, days, state="new")
    today = {row.source: row.count for row in papers_by_source(days[-1]) if row.state == "new"}
    return DailyCounts(days, {**found.by_day, **({days[-1]: today} if today else {})})


@dataclass(frozen=True, slots=True)
class Reputation:
    """What came back, by day: digests that were tried, those of them that bounced or were refused
    at once, and complaints."""

    days: list[date]
    tried: list[int]
    bounced: list[int]
    complained: list[int]

    def percentages(self, counts: list[int]) -> list[float | None]:
        """These counts in percent of the digests of the day; None if there were none."""
        pairs = zip(counts, self.tried, strict=True)
        return [100 * count / tried if tried else None for count, tried in pairs]

    def recent_percentage(self, counts: list[int], days: int = 7) -> float | None:
        """The percentage over the last days together; None if nothing was tried."""
        tried = sum(self.tried[-days:])
        return 100 * sum(counts[-days:]) / tried if tried else None


def reputation(mail: DailyCounts) -> Reputation:
    """Relate bounces and complaints, by the day they came in, to the digests of the day."""
    events = _counted(_Metric.EVENTS, mail.days)
    found = Reputation(mail.days, [], [], [])
    for day in mail.days:
        states, kinds = mail.by_day.get(day, {}), events.by_day.get(day, {})
        refused = states.get(State.FAILED, 0)
        found.tried.append(states.get(State.SENT, 0) + refused)
        found.bounced.append(refused + sum(kinds.get(kind, 0) for kind in REFUSALS))
        found.complained.append(kinds.get(MailEvent.Kind.COMPLAINT, 0))
    return found
