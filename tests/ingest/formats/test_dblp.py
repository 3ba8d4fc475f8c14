"""DBLP's search: namesakes' numbers, a list of one written as its item, years, the arXiv."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, dblp, detect

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "dblp"
HITS = (FOLDER / "hits.json").read_bytes()


def hit(**fields: Any) -> dict[str, Any]:
    return {"@score": "1", "info": {"title": "A spring.", "year": "2026", **fields}}


def answer(hits: Any, **fields: Any) -> bytes:
    return json.dumps({"result": {"hits": {"@total": "1", "hit": hits}, **fields}}).encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return dblp.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(HITS)
    assert (read.listed_on, read.is_backfill) == (None, True)
    first, arxiv, workshop = read.records
    assert first.title == "Gauges & Rivers: Is It H2O?"
    assert (first.authors, first.author_count) == (("Ada Author", "Ben Berg"), 2)
    assert (first.journal, first.abstract) == ("J. Invent. Rivers", "")
    assert (first.published_on, first.published_precision) == (date(2026, 1, 1), "year")
    assert (first.doi, first.url) == ("10.9999/gauges.1", "")
    assert (arxiv.authors, arxiv.arxiv_id, arxiv.doi) == (("Cy Tern",), "2611.01234", "")
    assert (arxiv.title, arxiv.journal) == ("Reading Rivers with Large Models", "")
    assert workshop.authors == ("Di Stork", "Ed Crane")
    assert (workshop.journal, workshop.url) == ("Rivers", "https://rivers.example/24")


def test_proceedings_are_left_out_by_name() -> None:
    assert [(each.entry, each.reason) for each in parse(HITS).skipped] == [
        ("Proceedings of Rivers 2024", "not a paper but a volume of proceedings")
    ]


def test_a_doi_only_in_the_address() -> None:
    (record,) = parse(answer([hit(ee="https://doi.org/10.9999/A")])).records
    assert (record.doi, record.url) == ("10.9999/a", "")
    (record,) = parse(answer([hit(ee="ftp://x", url="https://dblp.org/rec/x")])).records
    assert record.url == "https://dblp.org/rec/x"


@pytest.mark.parametrize("hits", [hit(), [hit()], [hit(), hit()]])
def test_shapes(hits: Any) -> None:
    data = answer(hits, query="x")
    assert detect(data) == "dblp"
    assert set(titles(parse(data))) == {"A spring"}


def test_no_hits_is_a_good_page() -> None:
    data = b'{"result": {"query": "x", "hits": {"@total": "0", "@sent": "0"}}}'
    assert detect(data) == "dblp"
    assert parse(data) == Page("dblp", None, (), is_backfill=True)


@pytest.mark.parametrize("title", ["To be continued...", "Who?", "Reading H.264", ""])
def test_only_one_full_stop_is_dropped(title: str) -> None:
    read = parse(answer([hit(title=title), hit()]))
    assert titles(read)[0] == (title or "A spring")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (answer([{"info": {"author": "Ada Author"}}]), "lists no publications"),
        (b'{"result": {}}', "no DBLP hits"),
        (b"", "empty"),
        (HITS[:1500], "cut off|broken"),
        (answer([hit(), {"info": 7}, 7]), "it is not a hit"),
    ],
)
def test_what_is_no_list_of_publications(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_another_servers_json_is_another_format() -> None:
    assert not dblp.looks_like(b'{"result": {"hits": {"hits": []}}}')
    with pytest.raises(NotThisFormat):
        parse(b"[]")


def test_damaged() -> None:
    assert_survives("dblp", HITS)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("dblp", HITS, thorough=True)
