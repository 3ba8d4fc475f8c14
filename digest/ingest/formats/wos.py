"""Web of Science's tagged files (“Plain text file”, “EndNote desktop”): FN, VR, records, EF.

A record is PT to ER, a field a line, continued on lines that begin with three blanks.
https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html
"""

import re
from datetime import date

from .entries.library_entry import LibraryEntry, beginning, library_page, spoken_names, to_record
from .entries.tagged_lines import Fields, TaggedLines, every, first
from .fields.keywords import split_all
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import decode

NAME = "wos"
_CURE = "Export it again as a plain text file."
_BEGIN = re.compile(r"^PT [A-Z]$", re.MULTILINE)
_FIRST_LINE = re.compile(r"\s*(?:FN .*\n\s*VR |PT [A-Z]\n[A-Z][A-Z0-9] )")
_PATENT = "P"
_SEASONS = {"SPR": "Spring", "SUM": "Summer", "FAL": "Fall", "WIN": "Winter"}


class _Wos(TaggedLines):
    START_TAG = "PT"
    END_TAG = "ER"
    LINE = re.compile(r"(?P<tag>[A-Z][A-Z0-9])(?: (?P<text>.*)|$)")
    TAGS = "AU AF BA BF CA GP TI SO DE ID AB PD PY EA DI D2 JI J9"
    LISTED = "AU AF BA BF CA GP"


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin with FN and VR, or with a record."""
    text = beginning(data)
    return _FIRST_LINE.match(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the records, as backfill; the page's day is `listed_on`.

    Raises NotThisFormat if no record begins, BadDump if most records are no papers or there are too
    many.
    """
    decoded = decode(data)
    if not _BEGIN.search(decoded.text):
        raise NotThisFormat(f"No line starts a Web of Science record (“PT J”). {_CURE}")
    records = _Wos().records(decoded.text)
    results = (_read(each, at, decoded.damaged) for at, each in enumerate(records, 1))
    return library_page(NAME, listed_on, results, _CURE, damaged=decoded.damaged)


def _read(fields: Fields, number: int, damaged: bool) -> Record | Skipped:
    year, issue = first(fields, "PY"), first(fields, "PD")
    people = every(fields, "AF", "BF") or every(fields, "AU", "BA")
    entry = LibraryEntry(
        title=first(fields, "TI"),
        kind="patent" if first(fields, "PT") == _PATENT else "",
        abstract=first(fields, "AB"),
        authors=[*spoken_names(people), *every(fields, "CA", "GP")],
        journal=first(fields, "SO", "JI", "J9"),
        # “NOV 19”, “NOV-DEC”, “FAL”; without it the month of early access.
        dates=[f"{_SEASONS.get(issue, issue)} {year}", first(fields, "EA"), year],
        identifiers=every(fields, "DI", "D2"),
        keywords=split_all([" ".join(text.split()) for text in every(fields, "DE", "ID")]),
    )
    return to_record(entry, f"record {number}", damaged=damaged)
