"""The daily-papers API through its schemas; one test for each odd answer."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, BadDump, NotThisFormat, Page, Record, Skipped, detect
from digest.ingest.formats.hf_json import looks_like, parse
from digest.ingest.formats.validation import ABSTRACT_DAMAGED, ABSTRACT_TOO_LONG

from .damaged_bytes import RECEIVED, assert_survives, result_or_reason

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures" / "hf_json"
SAMPLES = ("api_2024-05-27_old_schema.json", "api_2025-06-10.json")


def read(value: Any, listed_on: date | None = None) -> Page:
    return parse(json.dumps(value).encode(), RECEIVED, listed_on)


def fixture(name: str) -> Page:
    data = (FIXTURES / name).read_bytes()
    assert detect(data) == "hf_json"
    return parse(data, RECEIVED)


def entry(**paper: Any) -> dict[str, Any]:
    whole = {"id": "2506.01001", "title": "One", "summary": "Words.", "upvotes": 1}
    return {"paper": whole | paper, "numComments": 2}


def test_the_schema_of_2024() -> None:
    page = fixture("listing_2024.json")
    assert (page.format, page.listed_on, page.skipped) == ("hf_json", date(2024, 4, 3), ())
    assert page.records == (
        Record(
            title="Tide Tables for Tokens: Scheduling Attention by the Moon",
            abstract="Attention rises and falls. We print tables of when.\n\n"
            "Sampling at ebb saves a third: “a lot”.",
            authors=("Ada Gull", "Bo Tern"),
            author_count=2,
            published_on=date(2024, 4, 1),
            url="https://huggingface.co/papers/2404.01001",
            arxiv_id="2404.01001",
            upvotes=32,
            comment_count=3,
        ),
        Record(
            title="Ropes & Knots as <Graphs>",
            abstract=r"Every knot is a graph with \(n < 8\) crossings.",
            published_on=date(2024, 4, 2),
            url="https://huggingface.co/papers/2404.01002",
            arxiv_id="2404.01002",
            upvotes=0,
            comment_count=0,
        ),
    )


def test_the_schema_of_2025_and_what_came_later() -> None:
    page = fixture("listing_2025.json")
    assert page.listed_on == date(2025, 6, 10)
    first, second, third = page.records
    assert first.authors == ("Cy Heron", "Di Stork")
    assert first.author_count == 3  # the site counts a hidden name
    assert first.published_on == date(2025, 6, 9)
    assert first.organization == "Salt & Harbour Lab"
    assert first.keywords == ("lighthouse", "gradient descent")
    assert first.code_url == "https://github.com/example/lighthouse"
    assert first.project_url == "https://example.org/lighthouse"
    assert first.withdrawn_on is None
    assert second.withdrawn_on == date(2025, 6, 12)
    assert (second.code_url, second.project_url) == ("", "")
    assert (third.author_count, third.keywords) == (None, ())


def test_one_paper() -> None:
    page = fixture("paper.json")
    (record,) = page.records
    assert (record.title, record.upvotes) == ("A Lighthouse for Lost Gradients", 98)
    assert record.comment_count == 2  # a change of title is none
    assert page.listed_on == date(2025, 6, 10)


def test_one_paper_with_hundreds_of_authors_is_recognised() -> None:
    author = {"_id": "0" * 24, "name": "A. Gull", "hidden": False}
    paper = {"id": "2506.01001", "authors": [author] * 900, "title": "Many", "upvotes": 1}
    data = json.dumps(paper).encode()
    assert data.index(b'"title"') > 65_536
    assert detect(data) == "hf_json"


def test_an_empty_list_is_a_day_without_papers() -> None:
    assert detect(b" []\n") == "hf_json"
    assert parse(b"[]", RECEIVED) == Page("hf_json", None, ())


@pytest.mark.parametrize(
    ("outer", "own", "day"),
    [
        ("2025-06-09T13:59:53.000Z", "2025-06-09T17:59:53.000Z", None),
        ("2025-06-09T22:00:00+05:30", "2025-06-09T16:30:00.000Z", None),
        ("2025-06-09T13:59:53.001Z", "2025-06-09T17:59:53.000Z", date(2025, 6, 9)),
        ("2025-06-10T17:59:53.000Z", "2025-06-09T17:59:53.000Z", date(2025, 6, 10)),
        ("2025-06-10", None, date(2025, 6, 10)),
        ("yesterday", "2025-06-09", None),
    ],
)
def test_the_outer_time_is_the_listings_unless_it_is_the_papers_moved(
    outer: str, own: str | None, day: date | None
) -> None:
    assert read([entry(publishedAt=own) | {"publishedAt": outer}]).listed_on == day


def test_the_day_is_that_of_most_entries_and_of_several_the_newest() -> None:
    days = ["2025-06-09", "2025-06-10", "2025-06-09", "2025-06-10", "2025-06-11"]
    assert read([entry(submittedOnDailyAt=day) for day in days]).listed_on == date(2025, 6, 10)


def test_the_day_given_overrides() -> None:
    listed = [entry(submittedOnDailyAt="2924-06-09")]
    assert read(listed, date(2025, 1, 2)).listed_on == date(2025, 1, 2)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2025-06-09T23:59:59Z", date(2025, 6, 9)),
        ("2025-06-09T23:30:00-04:00", date(2025, 6, 10)),
        ("2025-06-09", date(2025, 6, 9)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:00:00-14:00", None),
        ("2025-02-30", None),
        ("", None),
        (1749500000, None),
        ({}, None),
    ],
)
def test_days_are_utc_days(value: Any, day: date | None) -> None:
    assert read([entry(publishedAt=value)]).records[0].published_on == day


@pytest.mark.parametrize("value", [-1, True, 2**31, 1.5, "7", None, []])
def test_counts_that_are_none(value: Any) -> None:
    record = read([entry(upvotes=value) | {"numComments": value}]).records[0]
    assert (record.upvotes, record.comment_count) == (None, None)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "github.com/a/b", "https://a b", "https://\ud800", "h" * 9, 7],
)
def test_addresses_that_are_none(address: Any) -> None:
    record = read([entry(githubRepo=address, projectPage=address)]).records[0]
    assert (record.code_url, record.project_url) == ("", "")


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({"name": "gull-ai", "fullname": "Gull AI"}, "Gull AI"),
        ({"name": "gull-ai"}, "gull-ai"),
        ("Gull AI", "Gull AI"),
        ({"name": "g" * 256}, ""),
        (["Gull"], ""),
        (None, ""),
    ],
)
def test_organizations(found: Any, name: str) -> None:
    assert read([entry(organization=found)]).records[0].organization == name
    assert read([entry() | {"organization": found}]).records[0].organization == name


def test_a_bad_entry_is_skipped_and_named() -> None:
    bad = [
        entry(title=" \n", id="2506.01009"),
        entry(title="Half a \ud83d pair"),
        entry(title="Nothing", summary="\x00"),
        entry(title="x" * 501),
        entry(title="Endless", summary="word " * 5000),
        7,
    ]
    page = read([entry()] * 6 + bad)
    assert [(record.title, record.abstract) for record in page.records[6:]] == [
        ("Nothing", ""),
        ("Endless", ""),
    ]
    assert page.skipped == (
        Skipped("2506.01009", "it has no title"),
        Skipped("Half a � pair", "it contains damaged characters"),
        Skipped("Nothing", ABSTRACT_DAMAGED),
        Skipped("x" * 80 + "…", "its title has more than 500 characters"),
        Skipped("Endless", ABSTRACT_TOO_LONG),
        Skipped("entry 12", "it is not a paper"),
    )


def test_an_entry_without_an_abstract_is_kept() -> None:
    record = read([entry(summary=None)]).records[0]
    assert (record.title, record.abstract) == ("One", "")


@pytest.mark.parametrize(
    ("data", "kind", "sentence"),
    [
        (b'{"error": "Paper\\n not found"}', BadDump, "sent an error.*“Paper not found”"),
        (b'{"status": "ok"}', NotThisFormat, "neither a daily listing"),
        (b"[1, 2]", BadDump, "2 of 2.*“entry 1”: it is not a paper"),
        (b'[{"paper": {"title": "One"', BadDump, "line 1.*cut off"),
        (b'[{"paper": {"title": "On', BadDump, "line 1.*cut off"),
        (b'[{"paper" {"title": "One"}}]', BadDump, "line 1, character 11: fetch"),
        (b"<html>Log in</html>", NotThisFormat, "starts with “<html>Log in"),
        (b"Unauthorized", NotThisFormat, "starts with “Unauthorized”"),
        (b"7", NotThisFormat, "neither a daily listing"),
        (b"[" * 100_000, BadDump, "contains something that no listing does"),
        (b"[" + b"9" * 5_000 + b"]", BadDump, "contains something that no listing does"),
    ],
)
def test_the_sentence(data: bytes, kind: type[BadDump], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        parse(data, RECEIVED)
    assert isinstance(result_or_reason(lambda: parse(data, RECEIVED)), str)


@given(st.binary(max_size=200))
def test_a_look_at_any_bytes(data: bytes) -> None:
    looks_like(data)
    result_or_reason(lambda: parse(data, RECEIVED))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["paper", "title", "summary", "authors", "name", "id", "publishedAt",
                         "organization", "ai_keywords", "comments", "upvotes", "withdrawnAt"]),
        inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSON, max_size=4))
def test_any_json_ends_in_records_or_a_sentence(entries: list[Any]) -> None:
    page = result_or_reason(lambda: read(entries))
    if isinstance(page, Page):
        assert len(page.records) + len(page.skipped) == len(entries)
        for record in page.records:
            str(record).encode()


@pytest.mark.parametrize("name", ["listing_2024.json", "listing_2025.json", "paper.json"])
def test_damaged_bytes(name: str) -> None:
    assert_survives("hf_json", (FIXTURES / name).read_bytes())


@pytest.mark.slow
@pytest.mark.samples
@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_samples(name: str, samples: Path) -> None:
    assert_survives("hf_json", (samples / "hf_json" / name).read_bytes(), thorough=True)


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "day", "papers"),
    [(SAMPLES[0], date(2024, 5, 27), 13), (SAMPLES[1], date(2025, 6, 10), 28)],
)
def test_every_field_of_the_samples(name: str, day: date, papers: int, samples: Path) -> None:
    data = (samples / "hf_json" / name).read_bytes()
    page = FORMATS[detect(data)](data, RECEIVED, None)
    assert (page.format, page.listed_on, page.skipped) == ("hf_json", day, ())
    assert len(page.records) == papers
    for record, raw in zip(page.records, json.loads(data), strict=True):
        paper = raw["paper"]
        assert record.title.split() == paper["title"].split()
        assert record.abstract.split() == paper["summary"].split()
        assert list(record.authors) == [author["name"] for author in paper["authors"]]
        assert record.author_count == len(record.authors)
        assert str(record.published_on) == paper["publishedAt"][:10]
        assert (record.arxiv_id, record.upvotes) == (paper["id"], paper["upvotes"])
        assert record.comment_count == raw["numComments"]
        assert list(record.keywords) == paper.get("ai_keywords", [])
        assert record.code_url == paper.get("githubRepo", "")
        assert record.project_url == paper.get("projectPage", "")
        assert "\n" not in record.title
