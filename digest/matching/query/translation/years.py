"""Years and dates of publication: `since:` keeps their beginning."""

import re

from .dialect import NOT_NEW
from .nodes import Node, Own
from .notes import Notes

_YEAR = re.compile(r"(?<!\d)((?:1[89]|2\d|30)\d\d)(?!\d)")
_DATE = re.compile(r"((?:1[89]|2\d|30)\d\d)(?:[-/]?(\d\d?))?(?:[-/]?(\d\d?))?")
_FOR_EVER = "3000"  # of PubMed
_END = f"the end of {{}} is left out: {NOT_NEW}"


def since(text: str) -> Node | None:
    """From the date in a text such as `2020`, `2020/01/31` or `20200131`; None if it has none."""
    found = _DATE.match(text.strip())
    if not found:
        return None
    numbers = [part for part in found.groups() if part and part != "00"]
    return Own("since:" + "-".join(numbers))


def between(first: str, last: str, part: str, notes: Notes) -> Node | None:
    """From the first date on; `part` is what was typed."""
    start = since(first)
    if start is None:
        notes.left_out(part, NOT_NEW if last else "this date can’t be read")
    elif last and not last.strip().startswith(_FOR_EVER):
        notes.say(_END, part)
    return start


def from_years(text: str, part: str, notes: Notes) -> Node | None:
    """From the first of the years in a text such as `2019-2024` or `(2019 OR 2020)`."""
    years = sorted(_YEAR.findall(text))
    if not years:
        notes.left_out(part, "this date can’t be read")
        return None
    return between(years[0], years[-1], part, notes)
