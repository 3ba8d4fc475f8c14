"""What an entry must be to count as a paper, and a page to be accepted, in every format."""

import re
from collections.abc import Iterable
from datetime import date

from .records import BadDump, Page, Record, Skipped

# Reasons for leaving an entry out that say nothing against the page.
REPLACEMENT = "a replacement of a paper listed before"
DELETED = "deleted at its source"
_ON_PURPOSE = frozenset({REPLACEMENT, DELETED})
LONGEST_TITLE = 500
LONGEST_ABSTRACT = 20_000
# Neither PostgreSQL nor a mail can hold these: controls, and halves of a UTF-16 pair.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_LOST = "\ufffd"


def one_line(value: object) -> str:
    """Return the text with each run of white space made one space; "" if the value is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def paragraphs(value: object) -> str:
    """Return the text with its paragraphs kept, each on one line; "" if the value is no text."""
    if not isinstance(value, str):
        return ""
    return "\n\n".join(filter(None, map(one_line, re.split(r"\n[ \t\r]*\n", value))))


def rejection(title: str, abstract: str, *, damaged: bool) -> str:
    """Return why this title and abstract cannot be a paper's; "" if they can.

    `damaged`: bytes of the page were lost, so a replacement character is damage and not a citation.
    """
    if not title:
        return "it has no title"
    if not (is_storable(title) and is_storable(abstract)) or (
        damaged and _LOST in title + abstract
    ):
        return "it holds damaged characters"
    if len(title) > LONGEST_TITLE:
        return f"its title would have more than {LONGEST_TITLE} characters"
    if len(abstract) > LONGEST_ABSTRACT:
        return f"its abstract would have more than {LONGEST_ABSTRACT:,} characters"
    return ""


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL and a mail can hold the text."""
    return _UNFIT.search(text) is None


def excerpt(text: str) -> str:
    """Return the first 80 characters, printable, for a message about the entry."""
    text = "".join(character if character.isprintable() else "�" for character in text[:81])
    return text if len(text) <= 80 else f"{text[:80]}…"


def build_page(name: str, day: date | None, results: Iterable[Record | Skipped], cure: str) -> Page:
    """Return the page of format `name` with these entries, in their order.

    Raises BadDump, which ends with the sentence `cure`, if more entries are unreadable than
    readable; those left out on purpose (REPLACEMENT, DELETED) do not count.
    """
    results = list(results)
    records = tuple(result for result in results if isinstance(result, Record))
    skipped = tuple(result for result in results if isinstance(result, Skipped))
    unreadable = [each for each in skipped if each.reason not in _ON_PURPOSE]
    if len(unreadable) > len(records):
        first = unreadable[0]
        raise BadDump(
            f"Most entries cannot be read ({len(unreadable)} of "
            f"{len(records) + len(unreadable)}), the first being “{first.entry}”: "
            f"{first.reason}. {cure}"
        )
    return Page(name, day, records, skipped)
