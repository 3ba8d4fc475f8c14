"""Tagged exports of Web of Science, EndNote and PubMed."""

from datetime import date

import pytest

from digest.ingest.formats import endnote, nbib, wos

from .exports import SAMPLES, read, read_one


def test_every_field_of_web_of_science() -> None:
    page = read(SAMPLES["wos"])
    article, paper = page.records
    assert article.title == "Gauges that listen to rivers"
    assert article.authors == ("Ada Lamp", "Bo Wick")
    assert article.keywords == ("gauges", "sound", "WATER", "FLOODS")
    assert (article.published_on, article.published_precision) == (date(2026, 11, 19), "day")
    assert (paper.authors, paper.journal) == (("B Wick",), "PROCEEDINGS OF AN INVENTED CONFERENCE")
    assert (paper.published_on, paper.published_precision) == (date(2025, 9, 1), "season")
    assert page.skipped[0].entry == "Apparatus for listening to rivers"
    assert page.skipped[0].reason == "not a paper but a patent"


@pytest.mark.parametrize(
    ("issue", "day", "precision"),
    [
        ("PD NOV-DEC\nPY 2026\n", date(2026, 11, 1), "month"),
        ("PD WIN\nPY 2025\n", date(2025, 12, 1), "season"),
        ("PY 2026\n", date(2026, 1, 1), "year"),
        ("EA NOV 2026\nPY 2026\n", date(2026, 11, 1), "month"),
    ],
)
def test_issues_of_web_of_science(issue: str, day: date, precision: str) -> None:
    record = read_one(f"FN Clarivate\nVR 1.0\nPT J\nTI One\n{issue}ER\n\nEF")
    assert (record.published_on, record.published_precision) == (day, precision)


def test_groups_of_web_of_science_and_a_record_that_is_cut() -> None:
    text = "FN Clarivate\nVR 1.0\nPT J\nAU Lamp, A\nCA Group of Rivers\nTI One\nAB Gau"
    record = read_one(text)
    assert (record.authors, record.abstract) == (("A Lamp", "Group of Rivers"), "Gau")


def test_every_field_of_endnote() -> None:
    page = read(SAMPLES["endnote"])
    article, chapter = page.records
    assert article.authors == ("Ada Lamp", "Bo Wick")
    assert article.keywords == ("gauges", "sound of water")
    assert article.url == "https://example.org/rivers/1"
    assert (article.published_on, article.published_precision) == (date(2026, 11, 19), "day")
    assert (chapter.title, chapter.journal) == ("Floods are long", "A book of floods")
    assert page.skipped[0].reason == "not a paper but a web page"


def test_refer_without_kinds() -> None:
    text = "%A Ada Lamp\n%T One\n%D 2026\n\n%T Two\n%A Bo Wick\n%X Lines\nand lines.\n"
    one, two = read(text).records
    assert (one.title, one.authors) == ("One", ("Ada Lamp",))
    assert (two.title, two.authors, two.abstract) == ("Two", ("Bo Wick",), "Lines and lines.")


def test_an_abstract_of_endnote_with_paragraphs() -> None:
    record = read_one("%0 Thesis\n%T One\n%X First.\n\nSecond, 5\n%-free.\n")
    assert record.abstract == "First.\n\nSecond, 5 %-free."


def test_every_field_of_pubmed() -> None:
    page = read(SAMPLES["nbib"])
    one, two = page.records
    assert one.title == "Gauges that listen to rivers"
    assert one.authors == ("Ada Lamp", "Bo Wick")
    assert one.keywords == ("gauges", "Rivers")
    assert one.url == "https://pubmed.ncbi.nlm.nih.gov/49000011/"
    assert (one.journal, one.published_on) == ("Journal of invented rivers", date(2026, 11, 19))
    assert (two.title, two.authors) == ("Floods are long", ("Group of Invented Floods",))
    assert (two.published_on, two.published_precision) == (date(2025, 11, 1), "month")
    assert two.withdrawn_on == date(2026, 11, 29)
    assert one.withdrawn_on is None


def test_a_pii_is_no_doi() -> None:
    text = "PMID- 1\nTI  - One.\nLID - 10.1000/other [pii]\nAID - 10.1000/one [doi]\n"
    assert read_one(text).doi == "10.1000/one"


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        (["Lamp AB", "Wick B"], ("AB Lamp", "B Wick")),
        (["Lamp A"], ("A Lamp",)),
        (["van den Lamp AB 3rd"], ("AB van den Lamp 3rd",)),
        (["LI X", "Wick"], ("X LI", "Wick")),
    ],
)
def test_a_record_of_pubmed_with_initials_only(
    written: list[str], authors: tuple[str, ...]
) -> None:
    text = "PMID- 1\nTI  - One.\n" + "".join(f"AU  - {name}\n" for name in written)
    assert read_one(text).authors == authors


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (wos, "PT J\tAU\tTI\n"),
        (wos, "FN is how a file begins\nbut VR comes next"),
        (wos, "PT\tAU\tTI\nJ\tLamp, A\tOne\n"),
        (endnote, "%PDF-1.7\n%T x\n"),
        (endnote, "% a comment\n%T LaTeX\n"),
        (endnote, "%A Lamp\n%D 2026\n"),
        (nbib, "PMID- 1\n"),
        (nbib, "She cited PMID- 1\nTI  - as one does\n"),
    ],
)
def test_they_claim_nothing_else(module: object, text: str) -> None:
    assert not module.looks_like(text.encode())  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "FN x\nVR 1\nPT J\nTI x\nAU " + "   a\n" * 100_000,
        "FN x\nVR 1\nPT J\nTI x\nAB " + "   a\n" * 500_000,
        "%T x\n%A y\n" + "\n" * 1_000_000,
        "%T x\n%A y\n%K " + " " * 1_000_000,
        "PMID- 1\nTI  - x\nAB  - " + "      a\n" * 200_000,
        "PMID- 1\nTI  - x\nLID - " + "x" * 1_000_000,
    ],
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    assert read_one(text).title == "x"
