"""JSON lists of papers as scripts write them: shapes of the list, authors as objects."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, detect, json_papers

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "json_papers"
PAPERS = (FOLDER / "papers.json").read_bytes()


def paper(title: str = "A spring", **fields: Any) -> dict[str, Any]:
    return {"title": title, "abstract": "We read a gauge.", **fields}


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return json_papers.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(PAPERS)
    assert not read.is_backfill
    first, second = read.records
    assert (first.title, first.abstract) == (
        "Two gauges at a spring",
        "We read two gauges.\n\nThey agree.",
    )
    assert first.authors == ("Ada Author", "Ben Berg", "Cy Tern")
    assert (first.doi, first.url) == ("10.9999/gauges.1", "https://rivers.example/1")
    assert (first.published_on, first.keywords) == (date(2026, 11, 18), ("gauge", "spring"))
    assert first.ai_summary == "Two gauges agree."
    assert (second.authors, second.arxiv_id) == (("Di Stork", "Ed Crane"), "2611.01234")
    assert [(each.entry, each.reason) for each in read.skipped] == [("entry 3", "it has no title")]


@pytest.mark.parametrize(
    "value",
    [
        [paper()],
        [paper(), paper("A sea")],
        {"papers": [paper()]},
        {"count": 1, "results": [paper()]},
        {"meta": {"a": [1]}, "data": [paper(authors=[{"given": "Ada", "family": "One"}])]},
        {"items": [paper()], "next": None},
        {"status": "ok", "data": {"papers": [paper()]}},
        paper(nested={"a": 1}),
    ],
    ids=["list", "longer", "papers", "results", "data", "items", "within data", "one"],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_shapes(value: Any, indent: int | None) -> None:
    data = json.dumps(value, indent=indent).encode()
    assert detect(data) == "json_papers"
    assert titles(parse(data))[0] == "A spring"


def test_objects_that_jsonl_does_not_read_may_stand_on_lines() -> None:
    line = json.dumps(paper(authors=[{"name": "Ada One"}])).encode()
    data = b"\n".join([line, line, b"{"])
    assert detect(data) == "json_papers"
    read = parse(data)
    assert [each.authors for each in read.records] == [("Ada One",)] * 2
    assert len(read.skipped) == 1


def test_a_day_of_its_own_and_one_that_is_given() -> None:
    data = json.dumps([paper(listed_on="2026-11-19")] * 2).encode()
    assert parse(data).listed_on == date(2026, 11, 19)
    assert parse(data, date(2026, 11, 2)).listed_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    "value",
    [
        [{"name": "no title", "abstract": "A"}],
        [{"title": "only a title"}],
        [{"title": ["A"], "abstract": "B"}],
        [{"title": "A", "authors": [{"_id": "a", "name": "Ada"}]}],
        [{"paper": {}, "title": "A", "summary": "B"}],
        [{"paperId": "a", "title": "A", "abstract": "B"}],
        [["title", "abstract"]],
        {"papers": ["A spring"]},
        "title, abstract",
        7,
    ],
)
def test_it_claims_nothing_else(value: Any) -> None:
    assert not json_papers.looks_like(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'[{"name": "A", "abstract": "B"}]', "has a title. Name that field"),
        (b'{"papers": {}}', "contains no list of papers"),
        (b"[]", "contains no list of papers"),
        (b"", "empty"),
        (PAPERS[:300], "cut off|broken"),
        (json.dumps([paper(), {"title": ""}, 7]).encode(), "it has no title|not an object"),
    ],
)
def test_what_is_no_list_of_papers(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_other_json_is_another_format() -> None:
    with pytest.raises(NotThisFormat):
        parse(b'{"weather": "rain"}')


@pytest.mark.slow
@pytest.mark.parametrize("start", ['[{"papers":[', '{"data":[{', '{"title":"A",', "[", "{"])
def test_hostile_beginnings_end(start: str) -> None:
    data = (start * (1_000_000 // len(start))).encode()
    assert json_papers.looks_like(data) in (True, False)
    with pytest.raises(BadDump):
        parse(data)


def test_damaged() -> None:
    assert_survives("json_papers", PAPERS)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("json_papers", PAPERS, thorough=True)
