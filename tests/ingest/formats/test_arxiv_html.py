"""The arXiv's listing pages: sections, days, pages without abstracts, what a search found."""

import contextlib
from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, Record, Skipped, arxiv_html, detect

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "arxiv_html"
NEW, RECENT, SEARCH = (
    (FOLDER / name).read_bytes() for name in ("new.html", "recent.html", "search.html")
)


def listing(*entries: str, head: str = "<h3>Fri, 20 Nov 2026</h3>") -> bytes:
    return f"<html><title>arXiv</title><div id='dlpage'><dl>{head}{''.join(entries)}</dl>".encode()


def entry(number: int = 1, title: str = "A spring", label: str = "", abstract: str = "It.") -> str:
    return (
        f"<dt><a href='/abs/2611.{number:05}'>arXiv</a> {label}</dt>"
        f"<dd><div class='list-title mathjax'>{title}</div><p class='mathjax'>{abstract}</p></dd>"
    )


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return arxiv_html.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(NEW)
    assert (read.listed_on, read.is_backfill) == (date(2026, 11, 20), False)
    first, second, cross, withdrawn = read.records
    assert first == Record(
        title="Tide Tables for Tokens: Attention & the Moon at $p<0.05$",
        abstract="Attention rises and falls with the moon. We print tables of when.",
        authors=("Zoë Ebb", "Noor Flood"),
        author_count=5,
        arxiv_id="2611.00017",
        categories=("cs.CL", "cs.LG"),
    )
    assert (second.title, second.authors) == ("Ropes", ("Li Neap",))
    assert (cross.arxiv_id, cross.authors) == ("math/0309136", ("Ada Gull", "Bo Tern"))
    assert cross.categories == ("math.GT", "cs.CL")
    assert (withdrawn.title, withdrawn.withdrawn_on) == ("Sand That Is Gone", RECEIVED)


def test_replacements_are_left_out() -> None:
    assert parse(NEW).skipped == (Skipped("Older Sand", "a replacement of a paper listed before"),)
    marked = parse(listing(entry(1, label="(replaced)"), entry(2)))
    assert (len(marked.records), len(marked.skipped)) == (1, 1)


def test_a_page_without_abstracts_has_a_day_for_each_paper() -> None:
    read = parse(RECENT)
    assert (read.listed_on, read.skipped) == (None, ())
    assert [(each.arxiv_id, each.listed_on, each.abstract) for each in read.records] == [
        ("2611.00031", date(2026, 11, 20), ""),
        ("2611.00032", date(2026, 11, 19), ""),
    ]
    assert read.records[1].authors == ("Bo Tern", "Cy Heron")
    assert parse(RECENT, date(2026, 11, 2)).listed_on == date(2026, 11, 2)


def test_results_of_a_search_are_backfill() -> None:
    read = parse(SEARCH)
    assert read.is_backfill
    assert read.records == (
        Record(
            title="A Tide in Two Harbours",
            abstract="The tide is in one harbour and in the other.",
            authors=("Ada Gull", "Bo Tern"),
            published_on=date(2026, 11, 19),
            arxiv_id="2611.00041",
            categories=("cs.CL", "cs.LG"),
        ),
    )


@pytest.mark.parametrize(
    ("heading", "day"),
    [
        ("Showing new listings for Friday, 20 November 2026", date(2026, 11, 20)),
        ("New submissions for Fri, 20 Nov 26", date(2026, 11, 20)),
        ("Fri, 31 Nov 2026", None),
        ("Authors and titles for November 2026", None),
    ],
)
def test_days(heading: str, day: date | None) -> None:
    assert parse(listing(entry(), head=f"<h3>{heading}</h3>")).listed_on == day


@pytest.mark.parametrize("data", [NEW, RECENT, SEARCH])
def test_recognised(data: bytes) -> None:
    assert detect(data) == "arxiv_html"


def test_a_day_without_papers() -> None:
    data = listing(head="<h3>No updates today.</h3>")
    assert detect(data) == "arxiv_html"
    assert parse(data) == Page("arxiv_html", None, ())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (listing(), "lists no papers"),
        (b"<html><body>arXiv: log in</body></html>", "not a listing page of the arXiv"),
        (b"\\\\\narXiv:2611.00001\n", "not a listing page of the arXiv"),
        (b"", "empty"),
        (listing("<dt>?</dt><dd><div class='list-title'>A</div></dd>"), "id cannot be read"),
    ],
)
def test_what_is_no_listing(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_scripts_and_styles_are_no_text() -> None:
    title = "A <script>var x;</script><style>b {}</style><!-- not this -->spring"
    assert titles(parse(listing(entry(title=title)))) == ["A spring"]


def test_a_file_larger_than_any_page() -> None:
    with pytest.raises(NotThisFormat, match="30 MB"):
        parse(NEW + b" " * 30_000_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["<dt>", "<dd><div class='list-title'>A", "<li class='arxiv-result'>", "<h3>", "<", "<span>"],
)
def test_hostile_pages_end(piece: str) -> None:
    data = listing(entry()) + (piece * (1_000_000 // len(piece))).encode()
    with contextlib.suppress(BadDump):
        assert titles(parse(data))[:1] in (["A spring"], [])


@pytest.mark.parametrize("data", [NEW, RECENT, SEARCH])
def test_damaged(data: bytes) -> None:
    assert_survives("arxiv_html", data)
