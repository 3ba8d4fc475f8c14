"""EndNote's tagged files (“EndNote Export”, refer): “%T A gauge of rivers”, a field a line.

A record begins with %0, its kind; without any %0, after a blank line, as in refer's own files.
https://en.wikipedia.org/wiki/EndNote#Tags_and_fields
"""

import re
from datetime import date

from .entries.library_entry import LibraryEntry, beginning, library_page, spoken_names, to_record
from .entries.tagged_lines import Fields, TaggedLines, every, first
from .fields.keywords import split_all
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import decode

NAME = "endnote"
_CURE = "Export it again with the output style “EndNote Export”."
_TAG = r"%(?P<tag>[0-9A-Z@!#$&*()+^<>~?=\[\]]) "
_BEGIN = re.compile(r"\s*%[0-9A-Z] \S.*\n(?:(?!%).*\n){0,50}\s*%[0-9A-Z@!#$&*()+^<>~?=\[\]] ")
_TITLE = re.compile(r"^%[TBQ] \S", re.MULTILINE)
_KIND = re.compile(r"^%0 ", re.MULTILINE)
_BLANK_LINE = re.compile(r"(?:\A|\n[ \t]*\n)(?=%[A-Z] )")


class _EndNote(TaggedLines):
    START_TAG = "0"
    END_TAG = "ER"  # of our own: no tag ends a record
    LINE = re.compile(rf"{_TAG}(?P<text>.*)")
    TAGS = "A B D J K M O Q R T U X Z 8"


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin with a tagged line, another follows, and one is a title."""
    text = beginning(data)
    return _BEGIN.match(text) is not None and _TITLE.search(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the records, as backfill; the page's day is `listed_on`.

    Raises NotThisFormat if no line is a title, BadDump if most records are no papers or there are
    too many.
    """
    decoded = decode(data)
    text = decoded.text.strip()
    if not _TITLE.search(text):
        raise NotThisFormat(f"No line starts with %T, the title of a record. {_CURE}")
    if not _KIND.search(text):
        text = _BLANK_LINE.sub("\n%0 \n", text)
    results = (
        _read(each, at, decoded.damaged) for at, each in enumerate(_EndNote().records(text), 1)
    )
    return library_page(NAME, listed_on, results, _CURE, damaged=decoded.damaged)


def _read(fields: Fields, number: int, damaged: bool) -> Record | Skipped:
    kind = first(fields, "0")
    year = first(fields, "D")
    entry = LibraryEntry(
        title=first(fields, "T", "B" if "Book" in kind else "Q"),
        kind=kind,
        abstract=first(fields, "X"),
        authors=spoken_names(every(fields, "A") or every(fields, "Q")),
        journal=first(fields, "J", "B"),
        dates=[*every(fields, "8"), year, *(f"{year} {text}" for text in every(fields, "8"))],
        identifiers=every(fields, "R", "M"),
        addresses=[address for text in every(fields, "U") for address in text.split()],
        keywords=split_all(every(fields, "K")),
        note="\n".join(every(fields, "Z", "O")),
    )
    return to_record(entry, f"record {number}", damaged=damaged)
