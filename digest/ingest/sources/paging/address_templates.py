"""Addresses with placeholders in them.

{date}            the day: 2026-11-20
{date-3}          three days before it, so that what was indexed late comes with a later day
{date:%Y/%m/%d}   the day as strftime() writes it; {date-3:%Y/%m/%d} too
{page}, {offset}  the number of the page from 0, and of the papers before it
{cursor:*}        what the answer before said to go on with; `*` the first time
{cursor}          the same; the first time its parameter is left out
{contact}         the source's contact address, percent-encoded
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

from digest.models.sources import DATE_PLACEHOLDER

_DATE = re.compile(DATE_PLACEHOLDER)
_CURSOR = re.compile(r"\{cursor(?::([^{}]{0,50}))?\}")
# A parameter that has nothing to say the first time, with the & before or behind it.
_EMPTY_CURSOR = re.compile(r"&[\w.-]{1,50}=\{cursor\}(?![^&#])|(?<=\?)[\w.-]{1,50}=\{cursor\}&?")


@dataclass(frozen=True)
class Template:
    """An address with placeholders, and what is the same on all its pages."""

    text: str
    day: date | None = None
    contact: str = ""

    def filled(self, page: int = 0, offset: int = 0, cursor: str | None = None) -> str:
        """Return the address of a page; no `cursor` is that of the first."""
        text = self.text if cursor is not None else _EMPTY_CURSOR.sub("", self.text)
        own = None if cursor is None else quote(cursor, safe="")
        text = _CURSOR.sub(lambda found: (found[1] or "") if own is None else own, text)
        text = _DATE.sub(self._date, text)
        values = {"{page}": page, "{offset}": offset, "{contact}": quote(self.contact, safe="@")}
        for name, value in values.items():
            text = text.replace(name, str(value))
        return text

    def _date(self, found: re.Match[str]) -> str:
        if self.day is None:
            return ""
        day = self.day - timedelta(days=int(found["back"] or 0))
        return day.strftime(found["format"]) if found["format"] else day.isoformat()


def number_in(address: str, name: str, default: int) -> int:
    """Return the number that a parameter of an address has; the default if that is no number."""
    written = dict(parse_qsl(urlsplit(address).query)).get(name, "")
    is_number = written.isascii() and written.isdigit() and len(written) < 10
    return int(written) if is_number else default
