"""A paper as sources list it, stored by the ingest, and its page."""

import io
import json
from datetime import UTC, datetime

from django.test import Client

from digest.ingest.pipeline import read, receive
from digest.models import Dump, Paper

from .pages import Page

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
KNOWN = {
    "title": "Gauges that read rivers by night",
    "authors": ["Ada Lamp", "Bo Wick", r"Cy Erd\H{o}s"],
    "journal": "Journal of Gauges",
    "doi": "10.1000/gauge.7",
    "published_on": "2026-11-18",
    "abstract": "We read rivers. They agree.",
    "url": "https://gauges.example/7",
}


def ingest(data: bytes, name: str = "papers.jsonl") -> Dump:
    row = read(receive(io.BytesIO(data), name, at=AT), at=AT)
    assert row.state == Dump.State.PARSED, row.error
    return row


def stored(*records: dict[str, object]) -> Paper:
    """The one paper of these records, each in a dump of its own."""
    for record in records:
        ingest(json.dumps(record).encode())
    return Paper.objects.get()


def page_of(client: Client, paper: Paper) -> Page:
    return Page(client.get(f"/papers/{paper.pk}/"))
