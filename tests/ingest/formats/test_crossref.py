"""Crossref's works: JATS, titles in lists, dates in parts, and what is no paper."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, crossref, detect

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "crossref"
WORKS = (FOLDER / "works.json").read_bytes()


def work(**fields: Any) -> dict[str, Any]:
    return {"DOI": "10.9999/spring", "title": ["A spring"], "type": "journal-article", **fields}


def answer(*works: Any, **fields: Any) -> bytes:
    message = {"total-results": len(works), "items": list(works)}
    return json.dumps(
        {"status": "ok", "message-type": "work-list", "message": message, **fields}
    ).encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return crossref.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(WORKS)
    assert (read.listed_on, read.is_backfill) == (None, True)
    first = read.records[0]
    assert first.title == "Gauges of river flow & tide"
    assert first.abstract == (
        "Aims\n\nWe read two gauges at p < 0.05.\n\nResults\n\nBoth hold H2O."
    )
    assert first.authors == ("Ada Author Jr.", "Ben van der Berg", "The River Gauge Consortium")
    assert (first.author_count, first.organization) == (3, "Institute of Invented Rivers")
    assert first.journal == "Journal of Invented Rivers"
    # The month, and the day within it that the electronic version has.
    assert (first.published_on, first.published_precision) == (date(2026, 11, 18), "day")
    # Neither the preprint's DOI of `relation` nor an address beside its own DOI.
    assert (first.doi, first.arxiv_id, first.url) == ("10.9999/rivers.1", "", "")
    assert first.categories == ("Water Science", "General Engineering")
    assert first.withdrawn_on is None


def test_a_preprint_that_was_taken_back_and_a_chapter_without_a_day() -> None:
    _, preprint, chapter = parse(WORKS).records
    assert (preprint.authors, preprint.journal) == (("Tern",), "")
    assert (preprint.published_on, preprint.withdrawn_on) == (
        date(2026, 11, 17),
        date(2026, 11, 19),
    )
    assert (chapter.published_on, chapter.journal) == (None, "A Book of Rivers")


def test_what_is_no_paper_is_named() -> None:
    assert [(each.entry, each.reason) for each in parse(WORKS).skipped] == [
        ("Figure 1", "not a paper but a part of a paper, like a figure"),
        ('Review for "Gauges"', "not a paper but a review of a paper"),
    ]
    kinds = ("journal", "journal-issue", "grant", "proceedings")
    read = parse(answer(*(work(type=kind) for kind in kinds), work()))
    assert len(read.skipped) == 4
    assert all("not a paper but" in each.reason for each in read.skipped)


@pytest.mark.parametrize(
    ("dates", "day", "precision"),
    [
        ({"issued": [[2026]]}, date(2026, 1, 1), "year"),
        ({"issued": [[2026, 11]]}, date(2026, 11, 1), "month"),
        ({"published": [[2026]], "issued": [[2026, 3]]}, date(2026, 3, 1), "month"),
        ({"published": [[2026, 11]], "issued": [[2027, 1, 5]]}, date(2026, 11, 1), "month"),
        ({"published": [["2026", "11", "5"]]}, date(2026, 11, 5), "day"),
        ({"published": [[2026, 2, 30]], "issued": [[2026, 2]]}, date(2026, 2, 1), "month"),
        ({"published": [[]], "issued": []}, None, "day"),
        ({"published": [[{}]], "issued": [["x"]]}, None, "day"),
    ],
)  # fmt: skip
def test_dates_have_the_precision_they_come_with(
    dates: dict[str, Any], day: date | None, precision: str
) -> None:
    given = {name: {"date-parts": parts} for name, parts in dates.items()}
    record = parse(answer(work(**given))).records[0]
    assert (record.published_on, record.published_precision) == (day, precision)


@pytest.mark.parametrize(
    ("title", "subtitle", "whole"),
    [
        (["A spring"], [], "A spring"),
        (["A spring: seen twice"], ["Seen Twice"], "A spring: seen twice"),
        (["Is it a spring?"], ["An essay"], "Is it a spring? An essay"),
        (["", "A spring"], None, "A spring"),
        ("A spring", "An essay", "A spring: An essay"),
    ],
)
def test_titles(title: Any, subtitle: Any, whole: str) -> None:
    assert titles(parse(answer(work(title=title, subtitle=subtitle)))) == [whole]


SORTED = json.dumps(json.loads(answer(work())), sort_keys=True).encode()


@pytest.mark.parametrize(
    "data",
    [
        answer(work()),
        SORTED,
        json.dumps({"status": "ok", "message-type": "work", "message": work()}).encode(),
        json.dumps([work(), work()], indent=1).encode(),
        json.dumps({"items": [work()]}).encode(),
        b"\n".join(json.dumps(work()).encode() for _ in range(3)) + b"\n",
        json.dumps(work()).encode(),
    ],
    ids=["answer", "sorted", "one", "bare list", "public data", "a line each", "bare"],
)
def test_shapes(data: bytes) -> None:
    assert detect(data) == "crossref"
    assert set(titles(parse(data))) == {"A spring"}


def test_no_works_is_a_good_page() -> None:
    assert detect(answer()) == "crossref"
    assert parse(answer()) == Page("crossref", None, (), is_backfill=True)


def test_a_broken_line_is_named() -> None:
    lines = [json.dumps(work()).encode(), json.dumps(work()).encode()[:20]]
    read = parse(b"\n".join(lines))
    assert [each.reason for each in read.skipped] == ["it is not a JSON object on one line"]


FAILURE = {"type": "parameter-not-allowed", "message": "Unknown filter", "value": "x"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            json.dumps(
                {"status": "failed", "message-type": "validation-failure", "message": [FAILURE]}
            ).encode(),
            "“Unknown filter”",
        ),
        (
            answer(**{"message-type": "journal-list"}),
            "“journal-list” of Crossref, which lists no papers",
        ),
        (b'{"status": "ok", "message": {}}', "neither a list of works from Crossref"),
        (b"7", "neither a list|not the JSON"),
        (b"", "empty"),
        (WORKS[:3000], "cut off|broken"),
        (answer(7, {"DOI": "10.9999/x"}), "it is not a work"),
    ],
)
def test_what_is_no_list_of_works(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_reference_managers_and_others_are_not_claimed() -> None:
    csl = b'[{"id": "a", "type": "article-journal", "title": "A", "DOI": "10.1/a"}]'
    assert not crossref.looks_like(csl)
    assert not crossref.looks_like(b'{"DOI": "10.1/a"}')
    with pytest.raises(NotThisFormat):
        parse(b'{"title": "A spring"}')


def test_a_bad_abstract_costs_only_itself() -> None:
    read = parse(answer(work(abstract="a\x00b"), work(abstract="word " * 5_000)))
    assert [each.abstract for each in read.records] == ["", ""]
    assert all("its abstract was dropped" in each.reason for each in read.skipped)


def test_signs_that_no_database_holds() -> None:
    odd = work(DOI="10.9999/\ud800", URL="https://a b", author=[{"family": "A\x00"}, 7, None])
    record = parse(answer(odd)).records[0]
    assert (record.doi, record.url, record.authors) == ("", "", ())


def test_damaged() -> None:
    assert_survives("crossref", WORKS)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("crossref", WORKS, thorough=True)
