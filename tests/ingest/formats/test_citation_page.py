"""Pages of one paper: the arXiv's, with its categories, and journals', with HTML in abstracts."""

from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, Record, citation_page, detect

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "citation_page"
ARXIV, JOURNAL = ((FOLDER / name).read_bytes() for name in ("arxiv.html", "journal.html"))


def page(body: str = "", title: str = "A spring", **meta: str) -> bytes:
    found = "".join(f"<meta name='{name}' content='{text}'>" for name, text in meta.items())
    head = f"<meta name='citation_title' content='{title}'>{found}"
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return citation_page.parse(data, RECEIVED, listed_on)


def record(data: bytes) -> Record:
    (found,) = parse(data).records
    return found


def test_the_arxivs_page_is_not_the_daily_page_it_links_to() -> None:
    assert detect(ARXIV) == "citation_page"
    assert record(ARXIV) == Record(
        title="Tide Tables for Tokens: Attention & the Moon",
        abstract="Attention rises and falls with the moon at $p<0.05$.",
        authors=("Zoë Ebb", "Noor Flood"),
        author_count=2,
        published_on=date(2026, 11, 18),
        arxiv_id="2611.00017",
        categories=("cs.CL", "cs.LG"),
    )


def test_a_journals_page() -> None:
    assert detect(JOURNAL) == "citation_page"
    assert record(JOURNAL) == Record(
        title="Two gauges at a spring & Salmo",
        abstract="We read two gauges.\n\nThey agree.",
        authors=("Ada Author", "Ben Berg"),
        author_count=2,
        journal="Journal of Invented Rivers",
        published_on=date(2026, 11, 18),
        doi="10.9999/rivers.7",
        keywords=("gauge", "river flow"),
    )
    assert not parse(JOURNAL).is_backfill


def test_the_abstract_on_the_arxivs_page_and_a_withdrawal() -> None:
    body = (
        "<blockquote class='abstract mathjax'><span>Abstract:</span> It ebbs. </blockquote>"
        "<table><tr><td class='tablecell comments'>This paper has been withdrawn</td></tr></table>"
    )
    found = record(page(body, citation_arxiv_id="2611.00001v2"))
    assert (found.abstract, found.withdrawn_on) == ("It ebbs.", RECEIVED)
    assert record(page(body, citation_doi="10.9999/x")).withdrawn_on is None


def test_names_in_other_fields() -> None:
    found = record(
        page(
            **{
                "citation_authors": "Author, Ada; Berg, Ben",
                "DC.Description": "We read.",
                "citation_conference_title": "Rivers 2026",
                "citation_date": "November 2026",
                "citation_public_url": "https://rivers.example/a",
            }
        )
    )
    assert found.authors == ("Ada Author", "Ben Berg")
    assert (found.abstract, found.journal) == ("We read.", "Rivers 2026")
    assert (found.published_on, found.published_precision) == (date(2026, 11, 1), "month")
    assert found.url == "https://rivers.example/a"


def test_an_address_that_is_none_is_no_link() -> None:
    assert record(page(citation_public_url="javascript:alert(1)")).url == ""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<html><body>A page</body></html>", "does not describe a paper"),
        (b"title,doi", "not a web page"),
        (page(title=""), "it has no title"),
        (b"", "empty"),
    ],
)
def test_what_is_no_papers_page(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_the_daily_pages_own_data_comes_first() -> None:
    data = page("<div data-target='DailyPapers' data-props='{}'></div>")
    assert not citation_page.looks_like(data)
    with pytest.raises(NotThisFormat, match="30 MB"):
        parse(data + b" " * 30_000_000)


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["<meta ", "<meta name='x'", "<blockquote>", "<td>", "<"])
def test_hostile_pages_end(piece: str) -> None:
    data = page() + (piece * (1_000_000 // len(piece))).encode()
    assert citation_page.looks_like(data)
    assert citation_page.looks_like(b"<html>" + (piece * 10_000).encode()) is False
    assert record(data).title == "A spring"


@pytest.mark.parametrize("data", [ARXIV, JOURNAL])
def test_damaged(data: bytes) -> None:
    assert_survives("citation_page", data)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("citation_page", ARXIV, thorough=True)
