"""Listings in the layout of the daily page, and dumps and records made from them."""

import json
from datetime import UTC, date, datetime
from typing import Any

from digest.ingest.formats import Page, Record, hf_text
from digest.ingest.papers.upsert import Counts, upsert
from digest.models import Dump, Paper

RECEIVED = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HEADER = "new\n\nDaily Papers\n\nby the tests\n"
LONG = (
    "We study how rivers of paper reach the people who asked for them, and measure what is lost "
    "on the way. Two gauges, one at the spring and one at the sea, agree to within a drop."
)


def page(*entries: str, day: str = "Nov 20") -> bytes:
    """Return a listing of these entries under that day."""
    return "\n".join([HEADER, f"{day}\n", *(f"{text}\n" for text in entries)]).encode()


def entry(title: str, abstract: str = LONG, *meta: str) -> str:
    """Return an entry: title, abstract, and meta lines if there are any."""
    lines = "\n".join(meta)
    return f"{title}\n\n{abstract}\n" + (f"\n{lines}\n" if meta else "")


def full_entry(title: str, *, authors: int = 3, day: str = "Nov 18", abstract: str = LONG) -> str:
    """Return an entry with all its meta lines."""
    return entry(title, abstract, f"  • {authors} authors", "·", day)


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return hf_text.parse(data, RECEIVED, listed_on)


def titles(read: Page) -> list[str]:
    return [record.title for record in read.records]


def make_dump(name: str, listed_on: date | None = RECEIVED, intent: str = "auto") -> Dump:
    """Return a row for a dump without stored bytes."""
    digits = name.encode().hex().ljust(64, "0")[:64]
    return Dump.objects.get_or_create(
        sha256=digits,
        defaults={
            "name": name,
            "received_at": AT,
            "listed_on": listed_on,
            "intent": intent,
            "format": "hf_text",
        },
    )[0]


def store_records(
    name: str, *records: Record, listed_on: date | None = RECEIVED, intent: str = "auto"
) -> Counts:
    """Store a page of these records as the dump of that name."""
    dump = make_dump(name, listed_on, intent)
    return upsert(dump, Page("hf_text", listed_on, records))


def paper_values() -> list[dict[str, Any]]:
    """Return the fields of all papers, except those that depend on the order of arrival."""
    names = [field.attname for field in Paper._meta.concrete_fields]
    left_out = {"id", "seq", "change", "renumbered", "former"}
    papers = Paper.objects.values(*(name for name in names if name not in left_out))
    return sorted(papers, key=repr)


def snapshot_line(number: int, **fields: Any) -> bytes:
    """Return a line of the arXiv's metadata snapshot, with an invented paper of that number."""
    paper = {
        "id": f"1501.{number:05}",
        "submitter": "A. Author",
        "authors": "Ada Author and Ben Berg",
        "title": f"Gauges of number {number}",
        "comments": None,
        "journal-ref": None,
        "doi": None,
        "report-no": None,
        "categories": "cs.DL",
        "license": None,
        "abstract": f"  We read gauge {number} and say what it showed.\n",
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
        "update_date": "2008-11-26",
        "authors_parsed": [["Author", "Ada", ""], ["Berg", "Ben", ""]],
    }
    return json.dumps(paper | fields).encode() + b"\n"
