"""Invented libraries for the tests."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.ingest.formats.test_csv_exports import ZOTERO

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
# A format that can be imported -> a file of it.
_FILES = {
    "bibtex": FIXTURES / "bibtex/library.bib",
    "ris": FIXTURES / "ris/library.ris",
    "nbib": FIXTURES / "nbib/pubmed.nbib",
    "endnote": FIXTURES / "endnote/library.enw",
    "csl_json": FIXTURES / "csl_json/library.json",
    "zotero_rdf": FIXTURES / "zotero_rdf/library.rdf",
    "scholar_alert": FIXTURES / "scholar_alert/new_results.eml",
    "wos": FIXTURES / "wos/savedrecs.txt",
}
FILES = {name: path.read_bytes() for name, path in _FILES.items()} | {"csv": ZOTERO.encode()}
GAUGES = [
    "River gauges that listen to floods",
    "Silent river gauges in springs",
    "Cheap river gauges for villages",
    "Reading river gauges by night",
    "Tidal estuaries and their sediment transport",
    "Sediment transport in braided streams",
]


def ris(titles: Iterable[str], authors: Sequence[str] = ("Lamp, Ada",)) -> bytes:
    """A library as RIS; all papers have the same authors."""
    names = "".join(f"AU  - {name}\n" for name in authors)
    entries = (f"TY  - JOUR\nTI  - {title}\n{names}PY  - 2025\nER  - \n\n" for title in titles)
    return "".join(entries).encode()


def bibtex(count: int) -> bytes:
    """A library of so many different papers as BibTeX, some 700 bytes each."""
    filler = "We gauge rivers, springs and floods by night. " * 10
    return "".join(
        f"@article{{k{n},\n title = {{River gauges number {n} for {n % 97} villages}},\n"
        f" author = {{Lamp, Ada and Wick, Bo and Reed, Cy{n % 50}}},\n year = {{2025}},\n"
        f" keywords = {{hydrology, floods}},\n abstract = {{{filler}}}\n}}\n\n"
        for n in range(count)
    ).encode()


def csl(titles: Iterable[str]) -> bytes:
    return json.dumps(
        [{"id": str(n), "type": "article-journal", "title": t} for n, t in enumerate(titles)]
    ).encode()
