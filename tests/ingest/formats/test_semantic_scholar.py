"""Semantic Scholar's answers: searches, batches, recommendations, and fields nobody asked for."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import BadDump, Page, detect, semantic_scholar

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "semantic_scholar"
SEARCH, BATCH, NOTHING = (
    (FOLDER / name).read_bytes() for name in ("search.json", "batch.json", "nothing.json")
)


def paper(**fields: Any) -> dict[str, Any]:
    return {"paperId": "c" * 40, "title": "A spring", **fields}


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return semantic_scholar.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(SEARCH)
    first = read.records[0]
    assert read.listed_on is None
    assert first.title == "Reading rivers with large models"
    assert first.abstract == (
        "We let a model read a river. It reads p<n and q well.\n\nA second paragraph says so."
    )
    assert (first.authors, first.author_count) == (("Cy Cole", "Wei Wang", "Wei Wang"), 3)
    assert (first.arxiv_id, first.doi, first.url) == ("2611.01234", "", "")
    assert (first.published_on, first.categories) == (date(2026, 11, 17), ())


@pytest.mark.parametrize(
    ("fields", "journal"),
    [
        ({"journal": {"name": "Rivers", "volume": "7"}, "venue": "Riv."}, "Rivers"),
        ({"journal": {"volume": "abs/2611.01234"}, "venue": "Conference on Rivers"},
         "Conference on Rivers"),
        ({"journal": {"name": "ArXiv"}, "venue": "arXiv.org"}, ""),
        ({"journal": None, "venue": "SSRN Electronic Journal"}, ""),
        ({"venue": 7}, ""),
    ],
)  # fmt: skip
def test_the_journal(fields: dict[str, object], journal: str) -> None:
    paper = {"paperId": "a" * 40, "title": "Reading rivers", **fields}
    [record] = parse(json.dumps({"data": [paper]}).encode()).records
    assert record.journal == journal


def test_what_is_not_known_is_empty() -> None:
    second = parse(SEARCH).records[1]
    assert second.title == "The gauge at the spring"
    # The machine's summary is no abstract.
    assert second.abstract == ""
    assert (second.published_on, second.published_precision) == (date(2026, 1, 1), "year")
    assert (second.authors, second.author_count) == ((), None)
    assert (second.doi, second.url) == ("10.9999/gauges.1", "")
    assert second.categories == ("Environmental Science", "Engineering")


def test_without_a_name_the_address_stays() -> None:
    third = parse(SEARCH).records[2]
    assert (third.arxiv_id, third.doi) == ("", "")
    assert third.url.endswith("/paper/00000000000000000000000000000000000000a3")


def test_a_paper_without_a_title_is_left_out() -> None:
    assert [(each.entry[-2:], each.reason) for each in parse(SEARCH).skipped] == [
        ("a4", "it has no title")
    ]


def test_a_batch_names_what_is_not_known() -> None:
    read = parse(BATCH)
    assert titles(read) == ["A batch of gauges", "Another batch of gauges"]
    assert [(each.entry, each.reason) for each in read.skipped] == [
        ("entry 2", "Semantic Scholar does not know this paper")
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"total": 1, "token": None, "data": [paper()]},
        {"recommendedPapers": [paper()]},
        {"offset": 0, "data": [{"citingPaper": paper(), "contexts": []}]},
        {"offset": 0, "data": [{"citedPaper": paper()}]},
        {"data": [paper(matchScore=174.2)]},
        [paper()],
        paper(),
    ],
)
def test_the_shapes_of_an_answer(answer: Any) -> None:
    data = json.dumps(answer, indent=1).encode()
    assert detect(data) == "semantic_scholar"
    assert titles(parse(data)) == ["A spring"]


@pytest.mark.parametrize(
    "data",
    [NOTHING, b'{"total": 0, "offset": 0}', b'{"total": 0, "token": null, "data": []}'],
)
def test_nothing_found_is_a_good_page(data: bytes) -> None:
    assert detect(data) == "semantic_scholar"
    assert parse(data, RECEIVED) == Page("semantic_scholar", RECEIVED, ())


def test_the_arxivs_doi_alone_is_its_id() -> None:
    data = json.dumps([paper(externalIds={"DOI": "10.48550/arXiv.2611.01234"})]).encode()
    assert (parse(data).records[0].arxiv_id, parse(data).records[0].doi) == ("2611.01234", "")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"message": "Too Many Requests.", "code": "429"}', "“Too Many Requests.”"),
        (b'{"error": "Unrecognized or unsupported fields: [x]"}', "unsupported fields"),
        (b'{"data": [{"authorId": "1", "name": "Ada"}]}', "it is not a paper"),
        (b'[{"paperId": null}]', "it has no title"),
        (b'{"papers": []}', "no Semantic Scholar papers"),
        (b"<html>", "starts with “<html>”"),
        (b"", "empty"),
        (SEARCH[:1000], "cut off|broken"),
    ],
)
def test_what_is_no_answer(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_signs_that_no_database_holds() -> None:
    odd = paper(externalIds={"DOI": "10.9999/\x00a"}, url="https://x.example/\ud800")
    record = parse(json.dumps([odd]).encode()).records[0]
    assert (record.doi, record.url) == ("", "")


@pytest.mark.parametrize("data", [SEARCH, BATCH, NOTHING])
def test_damaged(data: bytes) -> None:
    assert_survives("semantic_scholar", data)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("semantic_scholar", SEARCH, thorough=True)
