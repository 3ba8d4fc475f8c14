"""Days as listings write them ("Jul 10, 2025"), with the year inferred for those that have none;
and timestamps as machines write them, as days in UTC.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from .plausible_dates import GIVE_DAY, ZONE_MARGIN, implausibility
from .records import BadDump

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
# A year without a comma before it differs from a count by its size.
_DAY = re.compile(
    rf"(?P<month>{_NAMES})\.? (?P<day>\d{{1,2}})"
    r"(?:, ?(?P<year>\d{4})| (?P<bare>(?:19|20)\d\d))?(?: (?P<count>\d{1,6}))?",
    re.IGNORECASE | re.ASCII,
)
_UNFINISHED = re.compile(rf"(?:{_NAMES})\.?|(?:{_NAMES})\.? \d{{1,2}},", re.IGNORECASE | re.ASCII)
LONGEST_LINE = 30
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """A day as it is written, and the number that follows it on the same line."""

    month: int
    day: int
    year: int | None = None
    count: int | None = None

    def within(self, page_year: int | None) -> date | None:
        """Return the date, in `page_year` if no year is written; None if there is no such day."""
        year = page_year if self.year is None else self.year
        return None if year is None else _date(year, self.month, self.day)


def read_day(lines: Sequence[str], at: int) -> tuple[WrittenDay, int] | None:
    """Return the day that starts at line `at` and the index of the line after it; None if there is
    none.

    Its parts may stand on several lines; across a blank line only while the day is incomplete.
    """
    line = lines[at]
    if len(line) > LONGEST_LINE or line[:3].lower() not in _MONTHS:
        return None
    found = None
    written, after = line, at + 1
    for _ in range(_MOST_LINES):
        if match := _DAY.fullmatch(written):
            found = _written(match), after
        unfinished = _UNFINISHED.fullmatch(written) is not None
        while unfinished and after < len(lines) and not lines[after]:
            after += 1
        if after >= len(lines) or not 0 < len(lines[after]) <= LONGEST_LINE:
            break
        written, after = f"{written} {lines[after]}", after + 1
    return found


def page_day(
    written: WrittenDay | None, years: Iterable[int], received_on: date, listed_on: date | None
) -> date:
    """Return the date of a page; `listed_on` overrides what is written on it.

    A day without a year is in the year after the newest of `years` (those of the page's papers) if
    that can be true, else in the newest year that can.

    Raises BadDump if the page has no day, one that no calendar has, or one that cannot be true.
    """
    if listed_on is not None:
        return listed_on
    if written is None:
        raise BadDump(
            "The listing does not say its day, like “Feb 11”, above the first paper: "
            "give it with --listed-on YYYY-MM-DD."
        )
    found = _inferred(written, max(years, default=None), received_on)
    if found is None:
        raise BadDump(f"The day above the first paper is in no calendar: {GIVE_DAY}")
    if reason := implausibility(found, received_on):
        raise BadDump(f"The listing is dated {found}, which {reason}: {GIVE_DAY}")
    return found


def _inferred(written: WrittenDay, newest: int | None, received_on: date) -> date | None:
    if written.year is not None:
        return written.within(None)
    if newest is not None:
        following = written.within(newest + 1)
        if following is not None and not implausibility(following, received_on):
            return following
    # Tomorrow may be in another year. Eight years reach a leap year even across 1900 or 2100.
    newest_year = (received_on + ZONE_MARGIN).year
    candidates = (written.within(newest_year - back) for back in range(9))
    return next((day for day in candidates if day and not implausibility(day, received_on)), None)


def _written(match: re.Match[str]) -> WrittenDay:
    year = match["year"] or match["bare"]
    return WrittenDay(
        month=_MONTHS.index(match["month"][:3].lower()) + 1,
        day=int(match["day"]),
        year=int(year) if year else None,
        count=int(match["count"]) if match["count"] else None,
    )


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def utc_day(text: str | None) -> date | None:
    """Return the day, in UTC, of an ISO 8601 date or time or of a mail's date (RFC 5322); None if
    neither.

    A time without a zone is in UTC.
    """
    text = (text or "").strip()
    try:
        return _utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return _mail_day(text)


def _mail_day(text: str) -> date | None:
    try:
        return _utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _utc(moment: datetime) -> date:
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
