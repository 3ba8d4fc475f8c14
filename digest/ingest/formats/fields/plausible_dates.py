"""Which dates of a listing can be true: one rule for every format.

A page may come from a machine with a wrong clock, from a typing error or from an attacker; a date
that cannot be true counts as not given, and the page's notes say so. Journals date by issue, up to
a year ahead of what they publish: those dates are kept, as the month that they stand for.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from ..records import Page, Record
from ..validation import RecordNotes, excerpt
from .date_words import shown_period

# The arXiv opened in 1991, and no listing of papers that can be fetched is older.
FIRST_LISTING = date(1991, 1, 1)
# The year of the first scientific journals; journals' archives do go back there.
FIRST_PAPER = date(1665, 1, 1)
# It is tomorrow already in the Far East: zones go up to 14 hours ahead of UTC.
ZONE_MARGIN = timedelta(days=1)
# The issue of January is out in autumn.
ISSUE_MARGIN = timedelta(days=366)
# The cure where a listing has to have a day of its own.
GIVE_DAY = "give the right one with --listed-on YYYY-MM-DD."


class _Rule(NamedTuple):
    """A date of a record: its field, the participle for messages, the earliest plausible day, and
    the record without the date.
    """

    field: str
    label: str
    first: date
    without: Callable[[Record, date], Record]  # what is left, given the day of receipt


_RULES = (
    _Rule(
        "published_on",
        "published",
        FIRST_PAPER,
        lambda record, _: replace(record, published_on=None, published_precision="day"),
    ),
    _Rule("listed_on", "listed", FIRST_LISTING, lambda record, _: replace(record, listed_on=None)),
    _Rule(
        "withdrawn_on",
        "withdrawn",
        FIRST_LISTING,
        lambda record, day: replace(record, withdrawn_on=day),
    ),
)


def implausibility(
    day: date, received_on: date, first: date = FIRST_LISTING, ahead: timedelta = ZONE_MARGIN
) -> str:
    """Return why a listing received on that day (UTC) cannot have this date, as the end of a
    sentence.

    Returns "" if it can: it is not before `first`, nor further ahead than `ahead`.
    """
    if day > received_on + ahead:
        return "is a day that has not come"
    return f"is before {first.year}" if day < first else ""


def first_plausible(days: Iterable[date | None], received_on: date) -> date | None:
    """Return the first of the days that can be a listing's, else the first that is given at all."""
    given = [day for day in days if day]
    fit = (day for day in given if not implausibility(day, received_on))
    return next(fit, next(iter(given), None))


def drop_implausible_dates(page: Page, received_on: date) -> Page:
    """Return the page without dates that cannot be true, and with notes that name them.

    A withdrawn paper stays withdrawn, as of the day of receipt.
    """
    check = DateCheck(received_on)
    records = tuple(map(check.checked, page.records))
    listed_on = check.checked_day(page.listed_on)
    notes = (*page.notes, *check.notes())
    return replace(page, listed_on=listed_on, records=records, notes=notes)


class DateCheck:
    """Drops the implausible dates of one page, received on that day (UTC), record by record; and
    collects the records' notes.
    """

    def __init__(self, received_on: date) -> None:
        self._received_on = received_on
        self._of_page: list[str] = []
        self._of_records = RecordNotes()
        self._counts: Counter[str] = Counter()
        self._first: dict[str, Record] = {}

    def checked_day(self, listed_on: date | None) -> date | None:
        """Return the page's day, or None if it cannot be true."""
        if listed_on and (reason := implausibility(listed_on, self._received_on)):
            self._of_page.append(f"Its date, {listed_on}, {reason}: it counts as not given.")
            return None
        return listed_on

    def checked(self, record: Record) -> Record:
        """Return the record without dates that cannot be true."""
        record = _dated_by_issue(self._of_records.taken_from(record), self._received_on)
        for rule in _RULES:
            if _reason(record, rule, self._received_on):
                self._counts[rule.field] += 1
                self._first.setdefault(rule.field, record)
                record = rule.without(record, self._received_on)
        return record

    def notes(self) -> list[str]:
        """Return a sentence about the page's day if it was dropped, one for each field, and the
        records' own.
        """
        found = [self._note(rule) for rule in _RULES if rule.field in self._first]
        return [*self._of_page, *found, *self._of_records.sentences()]

    def _note(self, rule: _Rule) -> str:
        first, count = self._first[rule.field], self._counts[rule.field]
        when = f"on {getattr(first, rule.field)}"
        if rule.field == "published_on" and first.published_precision != "day":
            when = f"in {shown_period(first.published_on, first.published_precision)}"
        reason = _reason(first, rule, self._received_on)
        sentence = f"“{excerpt(first.title)}” would be {rule.label} {when}, which {reason}"
        if count > 1:
            sentence = f"{count:,} papers have a date that cannot be true, the first: {sentence}"
        return f"{sentence}: it counts as not given."


def _dated_by_issue(record: Record, received_on: date) -> Record:
    """Return the record; a first of a month to come is the month of its issue, not a day."""
    day = record.published_on
    if day is None or day.day > 1 or record.published_precision != "day":
        return record
    if received_on + ZONE_MARGIN < day <= received_on + ISSUE_MARGIN:
        return replace(record, published_precision="month")
    return record


def _reason(record: Record, rule: _Rule, received_on: date) -> str:
    """Return why the record cannot have this date, as implausibility() does; "" without one."""
    day: date | None = getattr(record, rule.field)
    if day is None:
        return ""
    is_period = rule.field == "published_on" and record.published_precision != "day"
    return implausibility(day, received_on, rule.first, ISSUE_MARGIN if is_period else ZONE_MARGIN)
