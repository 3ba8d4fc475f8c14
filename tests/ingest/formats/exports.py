"""What the exports of reference managers share in tests: their samples, and the paper in each."""

from datetime import date
from pathlib import Path

from digest.ingest.formats import FORMATS, Page, Record, detect

RECEIVED = date(2026, 11, 29)
FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
SAMPLES = {
    name: next((FIXTURES / name).iterdir()).read_bytes()
    for name in ("bibtex", "csl_json", "endnote", "nbib", "ris", "wos", "zotero_rdf")
}


def read(data: bytes | str, name: str = "") -> Page:
    """Return the page of the bytes, as the format of that name or as the one that is recognised."""
    data = data.encode() if isinstance(data, str) else data
    return FORMATS[name or detect(data)](data, RECEIVED, None)


def read_one(data: bytes | str, name: str = "") -> Record:
    """Return the only record of the bytes."""
    page = read(data, name)
    assert page.skipped == ()
    (record,) = page.records
    return record
