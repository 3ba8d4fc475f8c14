"""PubMed's citations: labelled abstracts, names of groups, days, retractions, books."""

from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, detect, pubmed

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "pubmed"
SET, NOTHING, ERROR = (
    (FOLDER / name).read_bytes() for name in ("set.xml", "nothing.xml", "error.xml")
)


def article(inside: str, around: str = "") -> bytes:
    return (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>9</PMID><Article>"
        f"<ArticleTitle>A spring.</ArticleTitle>{inside}</Article>{around}</MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    ).encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return pubmed.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(SET)
    first = read.records[0]
    assert read.listed_on is None
    assert first.title == "Gauges of H2O flow in the gut of Danio rerio."
    assert first.abstract.split("\n\n") == [
        "BACKGROUND",
        "Rivers run at p < 0.05 & more.",
        "RESULTS",
        "Two gauges agree to 10^-3.",
        "They were read.",
    ]
    assert first.authors == ("Ada B Author", "B Berg Jr", "River Gauge Consortium")
    assert first.author_count == 3
    assert first.journal == "Journal of Invented Rivers"
    assert first.published_on == date(2026, 11, 18)
    # Neither the DOI put right later, nor that of a reference, nor a number like the arXiv's.
    assert (first.doi, first.arxiv_id, first.url) == ("10.9999/gauges.1", "", "")
    assert first.keywords == ("gauges", "river flow")
    assert first.withdrawn_on is None


@pytest.mark.parametrize("name", ["ArXiv", "bioRxiv : the preprint server for biology"])
def test_a_preprint_server_is_no_journal(name: str) -> None:
    [record] = parse(article(f"<Journal><Title>{name}</Title></Journal>")).records
    assert record.journal == ""


def test_a_title_in_its_own_language_and_a_retraction() -> None:
    second = parse(SET, date(2026, 11, 20)).records[1]
    assert second.title == "Ein Maß für „Größe“ in Flüssen."
    assert (second.authors, second.author_count) == (("Östen Müller",), None)
    assert second.published_on == date(2026, 11, 3)
    assert second.url == "https://pubmed.ncbi.nlm.nih.gov/90000002/"
    assert second.withdrawn_on == date(2026, 11, 20)


def test_a_preprint_of_the_arxiv() -> None:
    third = parse(SET).records[2]
    assert (third.arxiv_id, third.url, third.published_on) == ("2611.01234", "", date(2026, 11, 1))
    assert third.published_precision == "month"


def test_a_chapter_of_a_book() -> None:
    fourth = parse(SET).records[3]
    assert (fourth.title, fourth.authors) == ("The chapter on springs", ("Cy Cole",))
    assert (fourth.abstract, fourth.published_on) == ("A chapter, told briefly.", date(2026, 10, 1))


def test_what_is_left_out_is_named() -> None:
    assert [(each.entry, each.reason) for each in parse(SET).skipped] == [
        ("PMID 90000005", "it has no title"),
        ("PMID 90000006", "deleted at its source"),
    ]


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("<Year>2026</Year><Month>Nov</Month><Day>3</Day>", date(2026, 11, 3), "day"),
        ("<Year>2026</Year><Month>11</Month><Day>03</Day>", date(2026, 11, 3), "day"),
        ("<Year>2026</Year><Month>Nov</Month>", date(2026, 11, 1), "month"),
        ("<Year>2026</Year><Season>Winter</Season>", date(2026, 12, 1), "season"),
        ("<MedlineDate>2026 Nov-Dec</MedlineDate>", date(2026, 11, 1), "month"),
        ("<MedlineDate>2026 3d Quart</MedlineDate>", date(2026, 1, 1), "year"),
        ("<Year>2026</Year><Month>Feb</Month><Day>30</Day>", date(2026, 2, 1), "month"),
        ("<Year>2026</Year><Month>Frimaire</Month>", date(2026, 1, 1), "year"),
        (f"<Year>{'9' * 30}</Year><Month>1</Month><Day>1</Day>", None, "day"),
        ("<Year>²</Year><Month>1</Month><Day>1</Day>", None, "day"),
    ],
)
def test_dates(written: str, day: date | None, precision: str) -> None:
    data = article(f"<Journal><JournalIssue><PubDate>{written}</PubDate></JournalIssue></Journal>")
    (record,) = parse(data).records
    assert (record.published_on, record.published_precision) == (day, precision)


def test_a_day_online_beats_the_month_of_the_issue() -> None:
    online = "<ArticleDate><Year>2026</Year><Month>11</Month><Day>03</Day></ArticleDate>"
    issue = "<PubDate><Year>2027</Year><Month>Jan</Month></PubDate>"
    data = article(f"<Journal><JournalIssue>{issue}</JournalIssue></Journal>{online}")
    (record,) = parse(data).records
    assert (record.published_on, record.published_precision) == (date(2026, 11, 3), "day")


def test_a_retraction_is_told_by_its_notice_too() -> None:
    note = '<CommentsCorrections RefType="{}"/>'
    for kind, is_retracted in (("RetractionIn", True), ("RetractionOf", False), ("Cites", False)):
        around = f"<CommentsCorrectionsList>{note.format(kind)}</CommentsCorrectionsList>"
        withdrawn_on = parse(article("", around)).records[0].withdrawn_on
        assert (withdrawn_on is not None) is is_retracted


@pytest.mark.parametrize("data", [NOTHING, b"<PubmedArticleSet/>", b"<PubmedBookArticleSet/>"])
def test_nothing_found_is_a_good_page(data: bytes) -> None:
    assert detect(data) == "pubmed"
    assert parse(data) == Page("pubmed", None, ())


def test_only_deletions_are_a_good_page() -> None:
    deleted = "<PMID>1</PMID><PMID>2</PMID>"
    data = f"<PubmedArticleSet><DeleteCitation>{deleted}</DeleteCitation></PubmedArticleSet>"
    read = parse(data.encode())
    assert [each.entry for each in read.skipped] == ["PMID 1", "PMID 2"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (ERROR, "ID list is empty"),
        (b"<eFetchResult/>", "no reason given"),
        (SET[:2000], "cut off"),
        (b"", "empty"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + article(""), "something else|entities"),
        (b"<PubmedArticleSet><PubmedArticle/></PubmedArticleSet>", "it contains no article"),
        (article("").replace(b"A spring.", b""), "it has no title"),
        (b'{"error": "API rate limit exceeded"}', "something else"),
        (b"<html><body>Blocked</body></html>", "a web page"),
    ],
)
def test_what_is_no_set(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    data = bomb + article("").replace(b"A spring.", b"&b;")
    with pytest.raises((BadDump, NotThisFormat)):
        parse(data)


def test_a_title_alone_is_enough() -> None:
    assert titles(parse(article(""))) == ["A spring."]


@pytest.mark.parametrize("data", [SET, NOTHING])
def test_damaged(data: bytes) -> None:
    assert_survives("pubmed", data)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("pubmed", SET, thorough=True)
