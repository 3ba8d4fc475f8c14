"""Which dates of a listing can be true: one rule for every format.

A page may come from a machine with a wrong clock, from a typing error or from an attacker; a date
that cannot be true counts as not given, and the page's notes say so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from .records import Page, Record
from .validation import excerpt

# The arXiv opened in 1991, and no listing of papers that can be fetched is older.
FIRST_LISTING = date(1991, 1, 1)
# The year of the first scientific journals; journals' archives do go back there.
FIRST_PAPER = date(1665, 1, 1)
# It is tomorrow already in the Far East: zones go up to 14 hours ahead of UTC.
ZONE_MARGIN = timedelta(days=1)
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
        lambda record, _: replace(record, published_on=None),
    ),
    _Rule("listed_on", "listed", FIRST_LISTING, lambda record, _: replace(record, listed_on=None)),
    _Rule(
        "withdrawn_on",
        "withdrawn",
        FIRST_LISTING,
        lambda record, day: replace(record, withdrawn_on=day),
    ),
)


def implausibility(day: date, received_on: date, first: date = FIRST_LISTING) -> str:
    """Return why a listing received on that day (UTC) cannot have this date, as the end of a
    sentence.

    Returns "" if it can.
    """
    if day > received_on + ZONE_MARGIN:
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
    notes = list(page.notes)
    listed_on = page.listed_on
    if listed_on and (reason := implausibility(listed_on, received_on)):
        notes.append(f"Its date, {listed_on}, {reason}: it counts as not given.")
        listed_on = None
    records = list(page.records)
    for rule in _RULES:
        places = _doubtful(records, rule, received_on)
        if not places:
            continue
        notes.append(_note(records, places, rule, received_on))
        for place in places:
            records[place] = rule.without(records[place], received_on)
    return replace(page, listed_on=listed_on, records=tuple(records), notes=tuple(notes))


def _doubtful(records: Sequence[Record], rule: _Rule, received_on: date) -> list[int]:
    """Return the indices of the records whose date cannot be true."""
    days = ((place, getattr(record, rule.field)) for place, record in enumerate(records))
    return [place for place, day in days if day and implausibility(day, received_on, rule.first)]


def _note(records: Sequence[Record], places: Sequence[int], rule: _Rule, received_on: date) -> str:
    first = records[places[0]]
    day = getattr(first, rule.field)
    sentence = f"“{excerpt(first.title)}” would be {rule.label} on {day}, which"
    if len(places) > 1:
        sentence = f"{len(places):,} papers have a date that cannot be true, the first: {sentence}"
    return f"{sentence} {implausibility(day, received_on, rule.first)}: it counts as not given."
