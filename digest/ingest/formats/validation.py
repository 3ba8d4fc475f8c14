"""What an entry must be to count as a paper, and a page to be believed, in every format."""

import re
from collections.abc import Iterable
from datetime import date

from .records import BadDump, Page, Record, Skipped

LONGEST_TITLE = 500
LONGEST_ABSTRACT = 20_000
# Neither PostgreSQL nor a mail can hold these: controls, and halves of a UTF-16 pair.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_LOST = "\ufffd"


def one_line(value: object) -> str:
    """The text with every run of blanks made one space; empty where it is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def paragraphs(value: object) -> str:
    """The text with its paragraphs kept and the line ends within them made spaces."""
    if not isinstance(value, str):
        return ""
    return "\n\n".join(filter(None, map(one_line, re.split(r"\n[ \t\r]*\n", value))))


def fault(title: str, abstract: str, *, damaged: bool) -> str:
    """Why these cannot be a paper's; empty: they can. `damaged`: the page has lost bytes."""
    if not title:
        return "it has no title"
    if not (is_fit(title) and is_fit(abstract)) or (damaged and _LOST in title + abstract):
        return "it holds damaged characters"
    if len(title) > LONGEST_TITLE:
        return f"its title would have more than {LONGEST_TITLE} characters"
    if len(abstract) > LONGEST_ABSTRACT:
        return f"its abstract would have more than {LONGEST_ABSTRACT:,} characters"
    return ""


def is_fit(text: str) -> bool:
    """Whether a database and a mail can hold the text."""
    return _UNFIT.search(text) is None


def shown(text: str) -> str:
    """The start of an entry, fit for a report."""
    text = "".join(character if character.isprintable() else "�" for character in text[:81])
    return text if len(text) <= 80 else f"{text[:80]}…"


def page_of(name: str, day: date | None, results: Iterable[Record | Skipped], cure: str) -> Page:
    """The page with these entries; BadDump with the cure where most of them cannot be read."""
    results = list(results)
    records = tuple(result for result in results if isinstance(result, Record))
    skipped = tuple(result for result in results if isinstance(result, Skipped))
    if len(skipped) > len(records):
        first = skipped[0]
        raise BadDump(
            f"Most entries cannot be read ({len(skipped)} of {len(results)}), the "
            f"first being “{first.entry}”: {first.reason}. {cure}"
        )
    return Page(name, day, records, skipped)
