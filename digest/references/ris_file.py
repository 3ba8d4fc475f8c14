"""References as RIS, in UTF-8: a field a line, https://en.wikipedia.org/wiki/RIS_(file_format)."""

import re
from collections.abc import Iterable, Iterator

from . import Reference, line

CONTENT_TYPE = "application/x-research-info-systems"
_SUFFIX = re.compile(r"(?:jr|sr)\.?|i{2,3}|iv", re.IGNORECASE)
# Names that are written with the surname first and no comma.
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LINE_END = "\r\n"


def write(references: Iterable[Reference]) -> str:
    """Return the file: one record a reference."""
    return "".join(
        f"{tag}  - {value}{_LINE_END}"
        for reference in references
        for tag, value in _record(reference)
        if value or tag == "ER"
    )


def _record(reference: Reference) -> Iterator[tuple[str, str]]:
    yield "TY", "JOUR" if reference.journal else "UNPB"
    yield "TI", line(reference.title)
    for name in reference.authors:
        yield "AU", _name(line(name))
    yield from _date(reference)
    yield "JF", line(reference.journal)
    yield "DO", line(reference.doi)
    yield "AN", f"arXiv:{line(reference.arxiv_id)}" if reference.arxiv_id else ""
    yield "UR", line(reference.url).replace(" ", "%20")
    for keyword in reference.keywords:
        yield "KW", line(keyword)
    yield "AB", line(reference.abstract)
    yield "ER", ""


def _name(name: str) -> str:
    """Return a name with its last word first (“Lamp, Ada”), as RIS has it; one with a comma, of one
    word or of East Asian letters as it is."""
    words = name.split(" ")
    if "," in name or len(words) < 2 or _EAST_ASIAN.match(name):
        return name
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    return ", ".join(filter(None, (words[-1], " ".join(words[:-1]), suffix)))


def _date(reference: Reference) -> Iterator[tuple[str, str]]:
    day = reference.published_on
    if day is None:
        return
    yield "PY", f"{day.year:04}"
    if reference.published_precision == "day":
        yield "DA", f"{day:%Y/%m/%d}/"
    elif reference.published_precision == "month":
        yield "DA", f"{day:%Y/%m}//"
