"""The listed days: a month of them as a calendar, and those nearest to a day without a listing."""

from calendar import MONDAY, Calendar, day_name, monthrange
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet, Subquery

from digest.models import Dump, Listing

YEARS_SHOWN = 50
WEEKDAYS = tuple(day_name)  # from Monday
_CALENDAR = Calendar(MONDAY)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the month; `papers`: how many were listed, 0 without a listing."""

    day: date
    papers: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a year to step to. `month`: the first day of a month with a listing that shows it,
    None if it has no listing."""

    first: date
    month: date | None


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month with a listing. `weeks`: from Monday to Sunday, None for days of other months;
    `earlier`, `later`: the nearest months with a listing; `months`: those of its year."""

    first: date
    weeks: tuple[tuple[CalendarDay | None, ...], ...]
    earlier: date | None
    later: date | None
    months: tuple[Period, ...]
    years: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A period without a listing. `before`, `after`: the nearest days that have one."""

    first: date
    last: date
    before: date | None
    after: date | None

    @property
    def is_day(self) -> bool:
        return self.first == self.last


def calendar_month(first: date) -> CalendarMonth | None:
    """Return the month that begins on `first`, None if it has no listing.

    In four queries, which read the index of days, and of listings only those of the month.
    """
    last = last_of_month(first)
    counts = _papers_of_days(first, last)
    if not counts:
        return None
    around = _days(
        oldest=_listed().reverse(),
        newest=_listed(),
        earlier=_listed().filter(listed_on__lt=first),
        later=_listed().filter(listed_on__gt=last).reverse(),
    )
    years = _years(around["oldest"] or first, around["newest"] or first)
    return CalendarMonth(
        first=first,
        weeks=_weeks(first, counts),
        earlier=_month_of(around["earlier"]),
        later=_month_of(around["later"]),
        months=_periods({month: last_of_month(month) for month in _months(first.year)}),
        years=_periods({year: year.replace(month=12, day=31) for year in years}),
    )


def gap(first: date, last: date) -> Gap:
    """Return the nearest listed days around a period that has none, in one query."""
    around = _days(
        before=_listed().filter(listed_on__lt=first),
        after=_listed().filter(listed_on__gt=last).reverse(),
    )
    return Gap(first, last, around["before"], around["after"])


def last_of_month(first: date) -> date:
    """Return the last day of the month that begins on `first`."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def _month_of(day: date | None) -> date | None:
    return day.replace(day=1) if day else None


def _months(year: int) -> list[date]:
    return [date(year, number, 1) for number in range(1, 13)]


def _years(oldest: date, newest: date) -> list[date]:
    """Return the first days of the years between, at most YEARS_SHOWN."""
    start = max(oldest.year, newest.year - YEARS_SHOWN + 1)
    return [date(year, 1, 1) for year in range(start, newest.year + 1)]


def _weeks(first: date, counts: dict[date, int]) -> tuple[tuple[CalendarDay | None, ...], ...]:
    def cell(number: int) -> CalendarDay | None:
        day = first.replace(day=number) if number else None
        return CalendarDay(day, counts.get(day, 0)) if day else None

    weeks = _CALENDAR.monthdayscalendar(first.year, first.month)
    return tuple(tuple(map(cell, week)) for week in weeks)


def _papers_of_days(first: date, last: date) -> dict[date, int]:
    """Map the listed days of the period to the number of papers on their pages."""
    dumps = Dump.objects.listings().filter(listed_on__gte=first, listed_on__lte=last)
    listed = Listing.objects.filter(dump__in=dumps).values("dump__listed_on")
    return dict(listed.values_list("dump__listed_on", Count("paper", distinct=True)))


def _listed() -> QuerySet[Dump, date | None]:
    """Return the days of listings, newest first. Days may repeat: only the first one is read."""
    return Dump.objects.listings().order_by("-listed_on").values_list("listed_on", flat=True)


def _periods(ends: dict[date, date]) -> tuple[Period, ...]:
    """Return the periods with these first and last days, in one query."""
    names = {f"from_{first:%Y_%m}": first for first in ends}
    found = _days(
        **{
            name: _listed().filter(listed_on__gte=first, listed_on__lte=ends[first])
            for name, first in names.items()
        }
    )
    return tuple(Period(first, _month_of(found[name])) for name, first in names.items())


def _days(**wanted: QuerySet[Dump, date | None]) -> dict[str, date | None]:
    """Return the first day of each of these querysets, None for an empty one, in one query."""
    columns = {name: Subquery(days[:1]) for name, days in wanted.items()}
    row = Dump.objects.order_by("pk").values(**columns).first()
    return row or dict.fromkeys(wanted)
