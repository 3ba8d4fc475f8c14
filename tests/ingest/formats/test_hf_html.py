"""Saved pages of the site: their data, their cards, and pages that hold neither."""

import html
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, Page, Record, Skipped, detect, hf_json, hf_text
from digest.ingest.formats.hf_html import looks_like, parse
from tests.ingest.call_counts import assert_linear

from .damaged_bytes import RECEIVED, assert_survives, result_or_reason

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
PAGES = ("listing.html", "paper.html", "cards.html")
SAMPLE = "hf_html/listing_2024-08-01.html"


def fixture(name: str) -> Page:
    data = (FIXTURES / "hf_html" / name).read_bytes()
    assert detect(data) == "hf_html"
    return parse(data, RECEIVED)


def page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def element(props: Any, target: str = "DailyPapers") -> str:
    data = html.escape(json.dumps(props))
    return f'<div data-target="{target}" data-props="{data}"></div>'


def card(title: str = "One", name: str = "2506.01001", more: str = "") -> str:
    return f'<article><h3><a href="/papers/{name}">{title}</a></h3>{more}</article>'


PAPER = {"paper": {"id": "2506.01001", "title": "One", "summary": "Words."}}


def test_a_listing_is_what_its_data_says() -> None:
    read = fixture("listing.html")
    assert (read.format, read.listed_on, read.skipped) == ("hf_html", date(2025, 6, 10), ())
    api = hf_json.parse((FIXTURES / "hf_json" / "listing_2025.json").read_bytes(), RECEIVED)
    assert read.records == api.records[:2]


def test_one_paper_with_other_quotes_in_another_order() -> None:
    read = fixture("paper.html")
    api = hf_json.parse((FIXTURES / "hf_json" / "paper.json").read_bytes(), RECEIVED)
    assert read.records == api.records
    assert read.records[0].comment_count == 2
    assert read.listed_on == date(2025, 6, 10)


def test_cards_where_there_is_no_data() -> None:
    read = fixture("cards.html")
    assert (read.listed_on, read.skipped) == (date(2025, 6, 10), ())
    assert read.records == (
        Record(
            title="A Lighthouse for Lost Gradients",
            author_count=3,
            url="https://huggingface.co/papers/2506.01001",
            arxiv_id="2506.01001",
            upvotes=97,
            comment_count=4,
        ),
        Record(
            title="Withdrawn Anchors",
            author_count=1,
            url="https://huggingface.co/papers/2506.01002",
            arxiv_id="2506.01002",
            upvotes=1,
            comment_count=1,
        ),
    )


def test_a_card_that_says_nothing_but_its_title() -> None:
    read = parse(page("97" + card("12 authors &amp; 1 &lt;goose&gt;")), RECEIVED)
    assert read.listed_on is None
    assert read.records == (
        Record(
            title="12 authors & 1 <goose>",
            url="https://huggingface.co/papers/2506.01001",
            arxiv_id="2506.01001",
        ),
    )


@pytest.mark.parametrize(
    ("props", "day"),
    [
        ({"date": "2025-06-10T00:00:00.000Z"}, date(2025, 6, 10)),
        ({"dateString": "2025-06-10"}, date(2025, 6, 10)),
        ({"date": None, "dateString": "2025-06-10"}, date(2025, 6, 10)),
        ({"dateString": "2025-06"}, None),
        ({}, None),
    ],
)
def test_the_day_of_a_listing(props: dict[str, Any], day: date | None) -> None:
    data = page(element(props | {"dailyPapers": [PAPER]}))
    assert parse(data, RECEIVED).listed_on == day
    assert parse(data, RECEIVED, date(2025, 1, 2)).listed_on == date(2025, 1, 2)


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        ("", '<time datetime="2025-06-10T00:00:00.000Z">Jun 10</time>', date(2025, 6, 10)),
        ("", "<time>Jun 10</time>", None),
        ('<link rel="canonical" href="/papers/date/2025-06-10">', "", date(2025, 6, 10)),
        ('<meta property="og:url" content="x/papers/date/2025-06-10">', "", date(2025, 6, 10)),
        ('<meta property="og:url" content="x/papers/date/2025-06-99">', "", None),
    ],
)
def test_the_day_of_a_page_of_cards(head: str, body: str, day: date | None) -> None:
    assert parse(page(body + card(), head), RECEIVED).listed_on == day


def test_a_listing_of_no_papers_is_a_page() -> None:
    read = parse(page(element({"date": "2025-06-08", "dailyPapers": []})), RECEIVED)
    assert read == Page("hf_html", date(2025, 6, 8), ())


def test_a_title_ends_with_its_heading_even_where_its_link_does_not() -> None:
    below = "<ul><li>· 3 authors</li></ul>"
    lost = card("<i>One</i> <wbr>title<!-- no word --><?a>").replace("</a></h3>", "") + below
    records = parse(page(lost + card("Two")), RECEIVED).records
    assert [record.title for record in records] == ["One title", "Two"]


def test_a_bad_card_is_skipped_and_named() -> None:
    read = parse(page(card() + card(" ", "2506.01002") + card("Two", "2506.01003")), RECEIVED)
    assert [record.title for record in read.records] == ["One", "Two"]
    assert read.skipped == (Skipped("2506.01002", "it has no title"),)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (page("Log in", "<title>Log\n In</title>"), "Its title is “Log In”: was it a log-in"),
        (page("<h1>502</h1>"), "contains no papers. Open the page"),
        (page(element([])), "data is not an object"),
        (page(element({"dailyPapers": None})), "no list of papers"),
        (page('<div data-target="DailyPapers" data-props="{">' + card()), "data is broken"),
        (page('<div data-target="DailyPapers" data-props="' + "[" * 9999 + '">'), "is broken"),
        (page("<article><h3><a href='/blog/a'>A post</a></h3></article>"), "contains no papers"),
        (b"Daily Papers\n\nFeb 11\n", "not a web page"),
        (b"<html>" + b" " * 30_000_000, "30 MB"),
    ],
)
def test_the_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data, RECEIVED)
    assert isinstance(result_or_reason(lambda: parse(data, RECEIVED)), str)


@pytest.mark.parametrize(
    ("data", "is_ours"),
    [
        (page(element({"dailyPapers": []})), True),
        (b"\xef\xbb\xbf \n<!-- saved from url -->\n" + page(card()), True),
        (page(card()).decode().encode("utf-16"), True),
        (b"<?xml version='1.0'?>" + page(card()), True),
        (b"<div>" + card().encode(), True),
        (b"<html><body><h1>Log in</h1></body></html>", False),
        (b"<rss><channel><link>https://huggingface.co/papers</link></channel></rss>", False),
        (b'<?xml version="1.0"?><feed><title>&lt;html&gt; /papers/</title></feed>', False),
        (b"Daily Papers <html> /papers/", False),
        (b"<?" + b"<!--" * 10_000, False),
    ],
)
def test_what_is_a_page_of_the_site(data: bytes, is_ours: bool) -> None:
    assert looks_like(data) == is_ours


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_change_nothing(encoding: str) -> None:
    data = page(element({"dailyPapers": [PAPER]}) + "é“”–" * 3, "<title>Über</title>")
    assert parse(data.decode().encode(encoding), RECEIVED) == parse(data, RECEIVED)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "<div>",
        "<article>",
        "<article><h3>",
        '<article><h3><a href="/papers/2506.01001">x',
        '<h3><a href="/papers/2506.01001#community">',
        "<a href=",
        "<time datetime=2025>",
        "<!--",
        "&",
    ],
)
def test_the_work_grows_no_faster_than_the_page(body: str) -> None:
    def reading(count: int) -> Callable[[], object]:
        data = page(body * count + card())
        return lambda: result_or_reason(lambda: parse(data, RECEIVED))

    assert_linear(reading, 1_000)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    looks_like(data)
    result_or_reason(lambda: parse(b"<html>" + data, RECEIVED))


@pytest.mark.parametrize("name", PAGES)
def test_damaged_bytes(name: str) -> None:
    assert_survives("hf_html", (FIXTURES / "hf_html" / name).read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_damaged_bytes_thoroughly(name: str) -> None:
    assert_survives("hf_html", (FIXTURES / "hf_html" / name).read_bytes(), thorough=True)


@pytest.mark.slow
@pytest.mark.samples
def test_damaged_sample(samples: Path) -> None:
    assert_survives("hf_html", (samples / SAMPLE).read_bytes(), thorough=True)


@pytest.mark.samples
def test_the_sample_says_the_same_in_its_data_its_cards_and_its_text(samples: Path) -> None:
    data = (samples / SAMPLE).read_bytes()
    assert detect(data) == "hf_html"
    read = parse(data, RECEIVED)
    assert (read.listed_on, len(read.records), read.skipped) == (date(2024, 8, 1), 13, ())
    assert read.records[0].title == "The Llama 3 Herd of Models"
    assert read.records[0].author_count == 533
    soup = BeautifulSoup(data, "html.parser")
    del soup.select('[data-target="DailyPapers"]')[0]["data-props"]
    cards = parse(str(soup).encode(), RECEIVED)
    visible = hf_text.parse(soup.get_text("\n", strip=True).encode(), RECEIVED)
    assert cards.listed_on == read.listed_on
    assert visible.listed_on == date(2026, 8, 1)  # the words on the page name no year
    for whole, small, words in zip(read.records, cards.records, visible.records, strict=True):
        assert len(whole.abstract) > 300
        assert whole.published_on is not None
        for name in ("title", "author_count", "upvotes", "comment_count"):
            assert getattr(whole, name) == getattr(small, name) == getattr(words, name)
        assert (whole.arxiv_id, whole.url) == (small.arxiv_id, small.url)
