"""An abstract that cannot be kept costs a paper its abstract only, in every format."""

import json

import pytest

from digest.ingest.formats import FORMATS, detect
from digest.ingest.formats.validation import ABSTRACT_DAMAGED, ABSTRACT_TOO_LONG

from .listing_pages import RECEIVED, full_entry, page

ENDLESS = "word " * 5_000
_BIORXIV = {"doi": "10.1101/2026.11.19.123456", "title": "A Gauge", "version": "1"}
_SNAPSHOT = {"id": "2611.00017", "title": "A Gauge", "categories": "cs.CL", "update_date": ""}
_DUMPS = {
    "csv": f"title,abstract,doi\nA Gauge,{ENDLESS},10.1000/one\n",
    "jsonl": json.dumps({"title": "A Gauge", "abstract": ENDLESS}),
    "json_papers": json.dumps([{"title": "A Gauge", "abstract": ENDLESS}]),
    "arxiv_jsonl": json.dumps({**_SNAPSHOT, "abstract": ENDLESS}),
    "arxiv_mail": "\\\\\narXiv:2611.00017\nDate: Wed, 18 Nov 2026 18:23:40 GMT   (14kb)\n\n"
    f"Title: A Gauge\nAuthors: Ada Author\nCategories: cs.CL\n\\\\\n  {ENDLESS}\n"
    "\\\\ ( https://arxiv.org/abs/2611.00017 ,  14kb)\n",
    "biorxiv": json.dumps(
        {"messages": [{"status": "ok"}], "collection": [{**_BIORXIV, "abstract": ENDLESS}]}
    ),
    "semantic_scholar": json.dumps(
        {"data": [{"paperId": "a" * 40, "title": "A Gauge", "abstract": ENDLESS}]}
    ),
    "citation_page": "<!DOCTYPE html><html><head>"
    '<meta name="citation_title" content="A Gauge">'
    f'<meta name="citation_abstract" content="{ENDLESS}"></head></html>',
    "ris": f"TY  - JOUR\nTI  - A Gauge\nAB  - {ENDLESS}\nER  - \n",
    "hf_text": page(full_entry("A Gauge", abstract=ENDLESS)).decode(),
}


@pytest.mark.parametrize("name", sorted(_DUMPS))
def test_one_that_is_too_long(name: str) -> None:
    data = _DUMPS[name].encode()
    assert detect(data) == name
    read = FORMATS[name](data, RECEIVED, RECEIVED)
    assert [(each.title, each.abstract) for each in read.records] == [("A Gauge", "")]
    assert [(each.entry, each.reason) for each in read.skipped] == [("A Gauge", ABSTRACT_TOO_LONG)]


@pytest.mark.parametrize("name", ["csv", "hf_text"])
def test_one_whose_bytes_are_lost(name: str) -> None:
    words = "Größe zählt für alle Pegel und die Flüsse führen Wasser genug für das Land. " * 2
    text = {
        "csv": f"title,abstract,doi\nOne,{words},10.1000/one\nTwo,#{words},10.1000/two\n",
        "hf_text": page(
            full_entry("One", abstract=words), full_entry("Two", abstract=f"#{words}")
        ).decode(),
    }[name]
    read = FORMATS[name](text.encode().replace(b"#", b"\xc3"), RECEIVED, RECEIVED)
    assert [each.title for each in read.records] == ["One", "Two"]
    assert (read.records[0].abstract, read.records[1].abstract) == (words.strip(), "")
    assert [(each.entry, each.reason) for each in read.skipped] == [("Two", ABSTRACT_DAMAGED)]
