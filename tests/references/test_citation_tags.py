"""<meta> elements of papers are read back as they were written, by our own parser of such pages."""

from dataclasses import replace
from datetime import date
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.ingest.formats import Record, citation_page
from digest.ingest.formats.text.mojibake import repaired
from digest.references import Reference, line
from digest.references.citation_tags import LONGEST_ABSTRACT, MOST_AUTHORS, citation_tags

TODAY = date(2026, 11, 29)
PAGE = "https://digest.example/papers/7/"
GAUGES = Reference(
    title=r"Gauges & <i>Rivers</i>: $\alpha_1$ of “Them”",
    authors=("Ada Lamp", "Ludwig van Wick", r"Paul Erd\H{o}s"),
    journal="Rivers & Streams",
    published_on=date(2026, 11, 20),
    doi="10.1000/gauge_1(2)",
    arxiv_id="2611.01234",
    url="https://example.org/~ada/gauge_1?page=2&x=1",
    abstract="We read <b>rivers</b>.\n\nAt night, for 3 < 4 hours.",
)


def written(reference: Reference, **more: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, content in citation_tags(reference, page=PAGE, **more):  # type: ignore[arg-type]
        found.setdefault(name, []).append(content)
    return found


def read(reference: Reference, **more: object) -> Record:
    tags = "".join(
        f'<meta name="{name}" content="{escape(content)}">\n'
        for name, contents in written(reference, **more).items()
        for content in contents
    )
    data = f"<!doctype html><html><head>{tags}</head><body></body></html>".encode()
    assert citation_page.looks_like(data)
    (record,) = citation_page.parse(data, TODAY).records
    return record


def test_every_field_comes_back() -> None:
    record = read(GAUGES)
    assert record.title == "Gauges & Rivers: α₁ of “Them”"
    assert record.authors == ("Ada Lamp", "Ludwig van Wick", "Paul Erdős")
    assert record.journal == GAUGES.journal
    assert (record.published_on, record.published_precision) == (date(2026, 11, 20), "day")
    assert (record.doi, record.arxiv_id) == (GAUGES.doi, GAUGES.arxiv_id)
    assert record.abstract == "We read rivers. At night, for 3 < 4 hours."


def test_the_names_that_zotero_and_google_scholar_read() -> None:
    found = written(GAUGES, pdf="https://arxiv.org/pdf/2611.01234", online_on=(TODAY, "month"))
    assert found["citation_author"] == ["Ada Lamp", "Ludwig van Wick", "Paul Erdős"]
    assert {name: content for name, (content, *_) in found.items() if name[9:] != "author"} == {
        "citation_title": "Gauges & Rivers: α₁ of “Them”",
        "citation_publication_date": "2026/11/20",
        "citation_online_date": "2026/11",
        "citation_journal_title": "Rivers & Streams",
        "citation_doi": "10.1000/gauge_1(2)",
        "citation_arxiv_id": "2611.01234",
        "citation_abstract": "We read rivers. At night, for 3 < 4 hours.",
        "citation_pdf_url": "https://arxiv.org/pdf/2611.01234",
        "citation_public_url": GAUGES.url,
        "citation_abstract_html_url": PAGE,
    }


def test_what_is_not_known_is_left_out() -> None:
    found = written(Reference(title="Gauges"))
    assert found == {"citation_title": ["Gauges"], "citation_abstract_html_url": [PAGE]}
    assert read(Reference(title="Gauges of rivers")).published_on is None


@pytest.mark.parametrize(
    ("precision", "content", "day"),
    [
        ("day", "2026/11/20", date(2026, 11, 20)),
        ("month", "2026/11", date(2026, 11, 1)),
        ("season", "2026", date(2026, 1, 1)),
        ("year", "2026", date(2026, 1, 1)),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(precision: str, content: str, day: date) -> None:
    reference = replace(GAUGES, published_precision=precision)
    assert written(reference)["citation_publication_date"] == [content]
    assert read(reference).published_on == day


def test_thousands_of_authors_and_a_long_abstract_are_cut() -> None:
    found = written(replace(GAUGES, authors=("Ada Lamp",) * 3_000, abstract="x" * 20_000))
    assert len(found["citation_author"]) == MOST_AUTHORS
    assert len(found["citation_abstract"][0]) == LONGEST_ABSTRACT


@given(title=st.text(max_size=60), author=st.text(max_size=30), journal=st.text(max_size=30))
@example('"><script>alert(1)</script>', "' onload=x", "<!-- ")
@example("\u202eRight to left\u2066 \x00", "\ud7ff", "a\nb")
@example("Î¡", "", "")  # looks like a damaged letter, and is read as that
@example("&amp;lt; $x<y$ \\textbf{bold}", "&quot;", "--> ]]>")
def test_any_text_is_a_text_and_nothing_else(title: str, author: str, journal: str) -> None:
    """Whatever it holds, the title is read back as it is shown, and no other field gets it."""
    reference = Reference(
        title=f"Gauges {title} of rivers", authors=(f"Ada {author}",), journal=journal,
        doi="10.1000/gauge",
    )  # fmt: skip
    for contents in written(reference).values():
        assert all(content.isprintable() for content in contents)
    record = read(reference)
    shown = line(reference.title)
    if not {"<", "&"} & set(shown):  # which the parser may take for mark-up
        assert record.title == repaired(shown)
    assert record.doi == "10.1000/gauge"
    assert record.arxiv_id == ""
