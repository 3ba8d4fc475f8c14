"""bioRxiv's and medRxiv's answers: versions, withdrawals, days without posts, errors."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, biorxiv, detect
from tests.ingest.sources.paging.page_walks import joined as join_pages

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "biorxiv"
DAY, NO_POSTS = ((FOLDER / name).read_bytes() for name in ("day.json", "no_posts.json"))


def post(**fields: Any) -> dict[str, Any]:
    return {
        "doi": "10.1101/2026.11.18.600001",
        "title": "A spring",
        "authors": "Author, A.",
        "date": "2026-11-20",
        "version": "1",
        "abstract": "We read a gauge.",
        **fields,
    }


def answer(*posts: Any, status: str = "ok") -> bytes:
    return json.dumps({"messages": [{"status": status}], "collection": list(posts)}).encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return biorxiv.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(DAY)
    first = read.records[0]
    assert read.listed_on == date(2026, 11, 20)
    assert first.title == "Gauges of river flow in the gut of Danio rerio"
    assert first.abstract == (
        "We read two gauges in the gut, one at p < 0.05 & one at pH 7.\n\nBoth hold H2O."
    )
    # Two people of one name are two authors.
    assert first.authors == (
        "A. B. Author",
        "B. Berg",
        "The River Gauge Consortium",
        "A. B. Author",
    )
    assert first.organization == "Institute of Invented Rivers"
    assert (first.doi, first.url) == ("10.1101/2026.11.18.600001", "")
    assert (first.published_on, first.categories) == (date(2026, 11, 20), ("cell biology",))
    assert first.withdrawn_on is None


def test_what_is_left_out_is_named() -> None:
    assert [(each.entry, each.reason) for each in parse(DAY).skipped] == [
        ("A second look at the same spring", "a replacement of a paper listed before"),
        ("10.1101/2026.11.19.600005", "it has no title"),
    ]


def test_a_withdrawal_is_kept_without_a_day_of_publication() -> None:
    withdrawn = parse(DAY).records[1]
    assert withdrawn.title == "Tides that were never there"
    assert (withdrawn.withdrawn_on, withdrawn.published_on) == (date(2026, 11, 20), None)


@pytest.mark.parametrize(
    ("abstract", "is_withdrawn"),
    [
        ("The authors have withdrawn their manuscript.", True),
        ("Withdrawal Statement. The author has withdrawn this preprint, since it was wrong.", True),
        ("This article has been withdrawn by the publisher.", True),
        ("Patients who had withdrawn from the study were counted.", False),
        ("The authors have withdrawn water from this river.", False),
    ],
)
def test_what_says_that_it_is_withdrawn(abstract: str, is_withdrawn: bool) -> None:
    read = parse(answer(post(abstract=abstract)))
    assert (read.records[0].withdrawn_on is not None) is is_withdrawn


def test_what_is_na_is_not_said() -> None:
    assert parse(DAY).records[2].organization == ""
    assert parse(answer(post(abstract="NA"))).records[0].abstract == ""


@pytest.mark.parametrize("data", [NO_POSTS, answer(), answer(status="Error: No posts found.")])
def test_a_day_without_posts_is_a_good_page(data: bytes) -> None:
    assert detect(data) == "biorxiv"
    assert parse(data) == Page("biorxiv", None, ())
    assert parse(data, date(2026, 11, 15)).listed_on == date(2026, 11, 15)


def test_pages_joined_by_the_fetch() -> None:
    pages = [answer(post()), answer(post(doi="10.1101/2026.11.18.2", title="A sea")), NO_POSTS]
    joined = join_pages(pages)
    assert detect(joined) == "biorxiv"
    assert titles(parse(joined)) == ["A spring", "A sea"]


def test_only_replacements_are_a_good_page() -> None:
    read = parse(answer(*(post(version=str(number)) for number in (2, 3, 4))))
    assert (len(read.records), len(read.skipped)) == (0, 3)


def test_the_day_given_overrides_that_of_the_posts() -> None:
    assert parse(DAY, date(2026, 11, 2)).listed_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (answer(status="Connection refused"), "“Connection refused” instead of papers"),
        (b'{"message": "Internal server error"}', "“Internal server error”"),
        (b"<html><body>502 Bad Gateway</body></html>", "starts with “<html>"),
        (b'{"papers": []}', "no “collection”"),
        (b"", "empty"),
        (DAY[:1500], "cut off|broken"),
        (answer({"month": "2026-11", "new_papers": 7}), "it has no title"),
        (answer(post(doi="")), "its DOI cannot be read"),
        (answer(7, None), "it is not a post"),
    ],
)
def test_what_is_no_listing(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_another_servers_json_is_another_format() -> None:
    with pytest.raises(NotThisFormat):
        parse(b"[]")


def test_signs_that_no_database_holds() -> None:
    read = parse(answer(post(doi="10.1101/\ud800", title="A"), post(authors="\x00, A."), post()))
    assert [each.reason for each in read.skipped] == ["its DOI cannot be read"]
    assert read.records[0].authors == ()


@pytest.mark.parametrize("start", ["<!--", "<script>", "<style>", "<i ", "&", "<mml:a "])
def test_mark_up_that_never_ends(start: str) -> None:
    data = answer(post(abstract=start * (90_000 // len(start))), post(), post())
    assert len(parse(data).skipped) == 1  # and ends, at all


@pytest.mark.parametrize("data", [DAY, NO_POSTS])
def test_damaged(data: bytes) -> None:
    assert_survives("biorxiv", data)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("biorxiv", DAY, thorough=True)
