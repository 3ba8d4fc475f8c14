"""PubMed's own tagged files (.nbib, “PubMed” and MEDLINE): “TI  - A gauge of rivers”.

Tags have up to four letters, a text goes on in lines of six blanks, and a blank line ends a record.
https://www.nlm.nih.gov/bsd/mms/medlineelements.html
"""

import re
from datetime import date

from .entries.library_entry import LibraryEntry, beginning, library_page, spoken_name, to_record
from .entries.tagged_lines import Fields, TaggedLines, every, first
from .fields.authors import turn_abbreviated
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import decode

NAME = "nbib"
_CURE = "Export it again in the format PubMed (Send to: Citation manager)."
_BEGIN = re.compile(r"^PMID- ?\d{1,9}[ \t]*$", re.MULTILINE)
_NEXT = re.compile(r"\n[A-Z]{2,4} {0,2}- ")
_DOI = re.compile(r"(\S+) \[doi\]", re.IGNORECASE)
_TYPES = re.compile(r"^(?:Dataset|Video-Audio Media|Interactive Tutorial|Webcast)$", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\[(?P<title>.+)\]\.?", re.DOTALL)
_RETRACTED = "Retracted Publication"
_PUBMED = "https://pubmed.ncbi.nlm.nih.gov/{}/"


class _Nbib(TaggedLines):
    START_TAG = "PMID"
    END_TAG = "ER"  # of our own: a blank line ends a record
    LINE = re.compile(r"(?P<tag>[A-Z][A-Z0-9]{1,3}) {0,2}-(?: (?P<text>.*)|$)")
    TAGS = "TI BTI TT AB OAB FAU AU CN LID AID DP DEP JT TA PT OT MH"


def looks_like(data: bytes) -> bool:
    """Return whether a line begins a record and another tag follows."""
    return _begins(beginning(data))


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the records, as backfill; the page's day is `listed_on`.

    Raises NotThisFormat if no record begins, BadDump if most records are no papers or there are too
    many.
    """
    decoded = decode(data)
    if not _begins(decoded.text):
        raise NotThisFormat(f"No line starts a PubMed record (“PMID- 1234”). {_CURE}")
    records = _Nbib().records(decoded.text)
    as_of = listed_on or received_on
    results = (_read(each, at, as_of, decoded.damaged) for at, each in enumerate(records, 1))
    return library_page(NAME, listed_on, results, _CURE, damaged=decoded.damaged)


def _begins(text: str) -> bool:
    found = _BEGIN.search(text)
    return found is not None and _NEXT.match(text, found.end()) is not None


def _read(fields: Fields, number: int, as_of: date, damaged: bool) -> Record | Skipped:
    number_at_pubmed = first(fields, "PMID")
    dois = [match[1] for text in every(fields, "LID", "AID") if (match := _DOI.fullmatch(text))]
    people = list(map(spoken_name, every(fields, "FAU"))) or list(
        map(turn_abbreviated, every(fields, "AU"))
    )
    address = _PUBMED.format(number_at_pubmed) if number_at_pubmed.isdigit() else ""
    entry = LibraryEntry(
        title=_title(first(fields, "TI", "BTI", "TT")),
        kind=next(filter(_TYPES.match, every(fields, "PT")), ""),
        abstract=first(fields, "AB", "OAB"),
        authors=[*people, *every(fields, "CN")],
        journal=first(fields, "JT", "TA"),
        dates=every(fields, "DP", "DEP"),
        identifiers=dois,
        addresses=[address],
        keywords=[*every(fields, "OT"), *map(_heading, every(fields, "MH"))],
        withdrawn_on=as_of if _RETRACTED in every(fields, "PT") else None,
    )
    return to_record(entry, f"record {number}", damaged=damaged)


def _title(text: str) -> str:
    """Return the title without the point at its end, and without the brackets of a translation."""
    text = " ".join(text.split())
    found = _IN_BRACKETS.fullmatch(text)
    return (found["title"] if found else text).removesuffix(".")


def _heading(text: str) -> str:
    """Return a subject heading without its qualifiers: “Rivers/*chemistry” is Rivers."""
    return text.partition("/")[0].replace("*", "").strip()
