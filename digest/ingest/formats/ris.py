"""RIS, which every reference manager and most search pages export.

A record is TY to ER, a field a line: “TI  - A gauge of rivers”. Two specifications and many
exporters differ in which tag holds what: https://en.wikipedia.org/wiki/RIS_(file_format).
"""

import re
from datetime import date

from .entries.library_entry import LibraryEntry, beginning, library_page, spoken_names, to_record
from .entries.tagged_lines import Fields, TaggedLines, every, first
from .fields.keywords import split_all
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import decode

NAME = "ris"
_CURE = "Export it again as RIS."
_READ = (
    "TI T1 T2 TT CT BT AU A1 AB N2 N1 PY Y1 DA DO DI UR LK L1 L2 L3 JO JF JA J1 J2 KW M1 M3 AN C7 "
    "PB"
)
_OTHERS = (
    "A2 A3 A4 AD AV C1 C2 C3 C4 C5 C6 C8 CA CN CP CY DB DP ED EP ET ID IS L4 LA LB M2 NV OP PP RI "
    "RN RP SE SN SP ST SV T3 TA U1 U2 U3 U4 U5 VL VO WT Y2"
)
_ANY = "|".join(f"TY {_READ} {_OTHERS} ER".split())
_BEGIN = re.compile(r"^[ \t]*TY(?P<separator>[ \t]{0,3}-)[ \t]*[A-Z]{0,9}[ \t]*$", re.MULTILINE)
_NEXT = re.compile(r"\n[ \t]{0,9}[A-Z][A-Z0-9][ \t]{0,3}-[ \t]")
_ADDRESS = re.compile(r"https?://[^\s;]+(?:;(?!\s*https?:)[^\s;]+)*", re.IGNORECASE)
_DATED = ("DA", "Y1", "PY")


class _Ris(TaggedLines):
    START_TAG = "TY"
    END_TAG = "ER"
    LINE = re.compile(rf"[ \t]*(?P<tag>{_ANY})  -(?:\s(?P<text>.*)|$)")
    TAGS = _READ


class _LooseRis(_Ris):
    """With one blank, a tab or nothing before the hyphen, as pasted and converted files have."""

    LINE = re.compile(rf"[ \t]*(?P<tag>{_ANY})[ \t]{{0,3}}-(?:\s(?P<text>.*)|$)")


def looks_like(data: bytes) -> bool:
    """Return whether a line begins a record and the next is another tag.

    A few lines of the exporter's own may stand before it (“Provider: …”).
    """
    return _begin(beginning(data)) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the records, as backfill; the page's day is `listed_on`.

    Raises NotThisFormat if no record begins, BadDump if most records are no papers or there are too
    many.
    """
    decoded = decode(data)
    begin = _begin(decoded.text)
    if begin is None:
        raise NotThisFormat(f"No line starts a record (“TY  - JOUR”). {_CURE}")
    reader = _Ris() if begin["separator"] == "  -" else _LooseRis()
    records = reader.records(decoded.text[begin.start() :])
    results = (_read(each, at, decoded.damaged) for at, each in enumerate(records, 1))
    return library_page(NAME, listed_on, results, _CURE, damaged=decoded.damaged)


def _begin(text: str) -> re.Match[str] | None:
    found = _BEGIN.search(text)
    return found if found and _NEXT.match(text, found.end()) else None


def _read(fields: Fields, number: int, damaged: bool) -> Record | Skipped:
    kind = first(fields, "TY")
    entry = LibraryEntry(
        title=first(fields, "TI", "T1", "CT", "BT", "TT"),
        kind=kind,
        abstract=max(("\n\n".join(every(fields, tag)) for tag in ("AB", "N2")), key=len),
        authors=spoken_names(every(fields, "AU") or every(fields, "A1")),
        organization=first(fields, "PB") if kind == "THES" else "",
        journal=first(fields, "JF", "T2", "JO", "JA", "J2", "J1"),
        dates=_dates(fields),
        # M3 and L3 have the DOI in old versions of EndNote, else the kind or a picture.
        identifiers=every(fields, "DO", "DI", "L3", "M3", "AN", "M1", "C7"),
        addresses=_ADDRESS.findall(" ".join(every(fields, "UR", "LK", "L2", "L1"))),
        keywords=split_all(every(fields, "KW")),
        note="\n".join(every(fields, "N1")),
    )
    return to_record(entry, f"record {number}", damaged=damaged)


def _dates(fields: Fields) -> list[str]:
    """Return the dates as they are written, and days without a year (“NOV 19”) with that of PY."""
    written = every(fields, *_DATED)
    year = first(fields, "PY", "Y1")[:4]
    return [*written, *(f"{year} {text}" for text in every(fields, "DA") if year not in text)]
