"""Days as listings write them ("Jul 10, 2025"), with the year inferred for those that have none;
timestamps as machines write them, as days in UTC; and dates of publication in any style.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from ..records import BadDump, Precision
from .date_words import date_word
from .plausible_dates import GIVE_DAY, ZONE_MARGIN, implausibility

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
_LONGEST_DATE = 80
# What fromisoformat() and a mail's date are asked about: they also read much that is no date.
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d.*)?|\d{8}T\d{4}.*"
    r"|(?:[A-Za-z]{3,9},? )?\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4} \d{1,2}:\d\d.*"
    r"|[A-Za-z]{3} [A-Za-z]{3} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}",
    re.ASCII,
)
_CLOCK = re.compile(
    r",?[ T](?:at )?\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:[A-Z]{1,4}|[+-]\d\d:?\d\d))?",
    re.ASCII,
)
_YEAR = r"(?P<year>1[5-9]\d\d|2[01]\d\d)"
_YEAR_FIRST = re.compile(
    rf"{_YEAR}(?:(?P<sign>[-/.])(?P<month>\d{{1,2}})(?:(?P=sign)(?P<day>\d{{1,2}}))?)?"
    rf"|(?P<compact>(?:19|2[01])\d{{6}})"
    rf"|{_YEAR.replace('year', 'year_ja')} ?[年년](?: ?(?P<month_ja>\d{{1,2}}) ?[月월]"
    r"(?: ?(?P<day_ja>\d{1,2}) ?[日일])?)?",
    re.ASCII,
)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2{_YEAR}", re.ASCII)
_PART = re.compile(
    r"(?P<number>[0-9]{1,4})(?:st|nd|rd|th|er|[.ºª])?(?![^\W_])|(?P<word>[^\W\d_]+)\.?"
    r"|(?P<dash> ?[-/\u2010-\u2015] ?)|[ ,]+",
    re.IGNORECASE,
)
# Which orders of day, month, season and year are a date, and how exact; of a period the beginning
# counts: “Nov-Dec 2026”, “28 Nov-4 Dec 2026”, “Dec 2026-Jan 2027”, “Winter 2026/27”.
_ORDERS: tuple[tuple[Precision, re.Pattern[str]], ...] = (
    ("day", re.compile("DMY|MDY|YMD|D-M-Y|M-D-Y|Y-M-D")),
    ("month", re.compile("M-?Y|Y-?M|M-MY|YM-M|M-M-Y|Y-M-M|MY-MY|YM-YM"
                         "|D-DMY|MD-DY|YMD-D|DM-DMY|MD-MDY|YMD-MD")),
    ("season", re.compile("SY|YS|Y-S|S-Y|S-SY|YS-S|SY-[DY]|Y-[DY]S|SY-SY|YS-YS")),
    ("year", re.compile("Y|Y-[DY]")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PublishedOn:
    """The first day of the day, month, season or year in which something was published."""

    day: date
    precision: Precision = "day"


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


def published(text: object) -> PublishedOn | None:
    """Return the date in a text that is nothing but a date; None if it is none.

    Read are ISO 8601, RFC 5322, “19 Nov. 2026”, “November 19th, 2026”, “2026 Nov-Dec”, “Autumn
    2026”, “Winter 2026/27”, “2026”, “19.11.2026”, “11/19/2026”, in any case, and the months of
    six languages. Times are moved to UTC where their zone is written as a number. Of “03/04/2026”
    only the year is sure, with dots it is a day of April. Winter begins in December of its year.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or len(text) > 4 * _LONGEST_DATE:
        return None
    text = " ".join(text.split()).strip(" ,;.()")
    if not text or len(text) > _LONGEST_DATE:
        return None
    if _MOMENT.fullmatch(text) and (day := utc_day(text)):
        return PublishedOn(day)
    if found := _CLOCK.search(text):
        if found.end() != len(text):
            return None
        text = text[: found.start()].rstrip(" ,")
    if match := _YEAR_FIRST.fullmatch(text):
        return _year_first(match)
    if match := _YEAR_LAST.fullmatch(text):
        return _year_last(match)
    return _in_words(text)


def published_parts(year: object, month: object = None, day: object = None) -> PublishedOn | None:
    """Return the date whose parts are fields of their own, numbers or texts: 2026, "Nov", 19.

    A month may be a name or a season; without a readable year there is no date.
    """
    parts = [str(part or "").strip() for part in (year, month, day)]
    until = parts.index("") if "" in parts else 3
    return published("-".join(parts[:until]))


def _year_first(match: re.Match[str]) -> PublishedOn | None:
    if compact := match["compact"]:
        return _exact(int(compact[:4]), int(compact[4:6]), int(compact[6:]))
    year = int(match["year"] or match["year_ja"])
    month, day = (int(match[name] or match[f"{name}_ja"] or 0) for name in ("month", "day"))
    if day:
        return _exact(year, month, day)
    if month == 0 or month == (year + 1) % 100 > 12:  # “2026/27”
        return PublishedOn(date(year, 1, 1), "year")
    if 21 <= month <= 24:  # ISO 8601-2, 4.8: spring to winter
        return PublishedOn(date(year, 3 * (month - 20), 1), "season")
    return PublishedOn(date(year, month, 1), "month") if month <= 12 else None


def _year_last(match: re.Match[str]) -> PublishedOn | None:
    first, sign, second, year = int(match[1]), match[2], int(match[3]), int(match["year"])
    if sign == "." or first > 12 or first == second:
        return _exact(year, second, first)
    if second > 12:
        return _exact(year, first, second)
    return PublishedOn(date(year, 1, 1), "year") if first and second else None


def _in_words(text: str) -> PublishedOn | None:
    """Return the date in numbers and names of months, if their order is one of a date."""
    order, values, at = "", [], 0
    while at < len(text):
        part = _PART.match(text, at)
        kind, value = _kind(part) if part else ("?", 0)
        if part is None or kind == "?":
            return None
        if kind:
            order += kind
            values.append(value)
        at = part.end()
    precision = next((name for name, orders in _ORDERS if orders.fullmatch(order)), None)
    if precision is None:
        return None
    first = {kind: values[order.index(kind)] for kind in "DMSY" if kind in order}
    months = [value for kind, value in zip(order, values, strict=True) if kind in "MS"]
    if months != sorted(months) and order.count("Y") == 1:  # “Dec-Jan 2027”: of which year?
        return PublishedOn(date(first["Y"], 1, 1), "year")
    if precision == "day":
        return _exact(first["Y"], first["M"], first["D"])
    return PublishedOn(date(first["Y"], first.get("M") or first.get("S", 1), 1), precision)


def _kind(part: re.Match[str]) -> tuple[str, int]:
    """Return whether a part is a day D, month M, season S, year Y or dash, with its value.

    Returns "" for what says nothing, "?" for what is in no date.
    """
    if number := part["number"]:
        value = int(number)
        if len(number) == 4:
            return ("Y", value) if re.fullmatch(_YEAR, number) else ("?", 0)
        return ("D", value) if len(number) < 3 and value else ("?", 0)
    if word := part["word"]:
        found = date_word(word)
        return (found.kind, found.month) if found else ("?", 0)
    return ("-", 0) if part["dash"] else ("", 0)


def _exact(year: int, month: int, day: int) -> PublishedOn | None:
    found = _date(year, month, day)
    return PublishedOn(found) if found else None
