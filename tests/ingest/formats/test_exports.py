"""What all exports of reference managers have in common."""

from dataclasses import replace
from datetime import date

import pytest

from digest.ingest.formats import FORMATS, BadDump
from digest.ingest.formats.entries import library_entry
from digest.ingest.formats.entries.library_entry import (
    LibraryEntry,
    most_exact,
    spoken_name,
    to_record,
)
from digest.ingest.formats.entries.library_kinds import kind_of_no_paper
from digest.ingest.formats.records import Record, Skipped

from .damaged_bytes import assert_survives
from .exports import RECEIVED, SAMPLES, read

NAMES = sorted(SAMPLES)
# LaTeX becomes other signs: see test_bibtex.
SOLID = [name for name in NAMES if name != "bibtex"]


@pytest.mark.parametrize("name", NAMES)
def test_the_paper_that_all_samples_hold(name: str) -> None:
    page = read(SAMPLES[name])
    assert (page.format, page.is_backfill, page.listed_on) == (name, True, None)
    record = page.records[0]
    assert record.title.lower() == "gauges that listen to rivers"
    assert record.abstract == "We invent a gauge that listens."
    assert record.authors[0] == "Ada Lamp"
    assert record.doi == "10.1000/rivers.1"
    assert record.journal.lower().startswith("journal of invented rivers")
    assert record.published_on is not None
    assert (record.published_on.year, record.published_on.month) == (2026, 11)
    assert "gauges" in record.keywords


@pytest.mark.parametrize("name", NAMES)
def test_the_operators_day_is_the_pages(name: str) -> None:
    assert FORMATS[name](SAMPLES[name], RECEIVED, date(2026, 11, 1)).listed_on == date(2026, 11, 1)


@pytest.mark.parametrize("name", NAMES)
def test_something_else_is_refused_in_words(name: str) -> None:
    for data in (b"A letter.\n\nYours, Ada", b"<html><body>x</body></html>", b'{"a": 1}'):
        with pytest.raises(BadDump) as caught:
            read(data, name)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "crlf", "cr"])
def test_however_it_was_saved(name: str, encoding: str) -> None:
    text = SAMPLES[name].decode()
    if encoding in ("crlf", "cr"):
        data = text.replace("\n", "\r\n" if encoding == "crlf" else "\r").encode()
    else:
        data = text.encode(encoding)
    assert read(data) == read(SAMPLES[name])


@pytest.mark.parametrize("name", SOLID)
def test_survives(name: str) -> None:
    assert_survives(name, SAMPLES[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SOLID)
def test_survives_all(name: str) -> None:
    assert_survives(name, SAMPLES[name], thorough=True)


@pytest.mark.parametrize("name", NAMES)
def test_too_many_entries(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (library_entry, *map(__import__, ())):
        monkeypatch.setattr(module, "MOST_ENTRIES", 1)
    with pytest.raises(BadDump, match=r"more than 1 entries\. Export it in parts\."):
        read(SAMPLES[name], name)


PAPER = LibraryEntry(title="A <i>gauge</i>", identifiers=["10.1000/g"], dates=["2026"])


def test_a_title_is_enough() -> None:
    assert to_record(LibraryEntry(title=" A  gauge "), "", damaged=False) == Record("A gauge")


def test_an_entry_without_a_title_is_named_by_its_place() -> None:
    found = to_record(replace(PAPER, title=" "), "record 3", damaged=False)
    assert found == Skipped("record 3", "it has no title")


def test_that_there_is_none_is_no_text() -> None:
    entry = replace(
        PAPER, abstract="[No abstract available]", authors=["[No author name available]"]
    )
    found = to_record(entry, "", damaged=False)
    assert isinstance(found, Record)
    assert (found.abstract, found.authors) == ("", ())


def test_an_abstract_that_cannot_be_kept_costs_the_abstract() -> None:
    text = SAMPLES["ris"].decode().replace("that listens.", "x" * 20_001)
    page = read(text)
    assert [record.abstract for record in page.records] == ["", "Floods are long."]
    assert "20,000 characters" in page.skipped[0].reason


def test_mark_up_is_no_text() -> None:
    found = to_record(replace(PAPER, abstract="<p>One.</p><p>Two.</p>"), "", damaged=False)
    assert isinstance(found, Record)
    assert (found.title, found.abstract) == ("A gauge", "One.\n\nTwo.")


@pytest.mark.parametrize(
    ("note", "doi", "arxiv_id"),
    [
        ("arXiv:2611.01234 [cs]", "", "2611.01234"),
        ("Read this\nDOI: 10.1000/noted", "10.1000/noted", ""),
        ("It answers arXiv:2611.01234 and doi: 10.1000/other", "", ""),
    ],
)
def test_identifiers_in_notes(note: str, doi: str, arxiv_id: str) -> None:
    found = to_record(replace(PAPER, identifiers=(), note=note), "", damaged=False)
    assert isinstance(found, Record)
    assert (found.doi, found.arxiv_id) == (doi, arxiv_id)


def test_a_preprint_with_its_id_for_a_journal() -> None:
    found = to_record(replace(PAPER, journal="arXiv preprint arXiv:2611.01234"), "", damaged=False)
    assert isinstance(found, Record)
    assert (found.journal, found.arxiv_id) == ("", "2611.01234")


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("JOUR", ""), ("Journal Article", ""), ("thesis", ""), ("misc", ""), ("", ""),
        ("webpage", "a web page"), ("Web Page", "a web page"), ("ELEC", "a web page"),
        ("software", "a program"), ("DATA", "a data set"), ("post-weblog", "a post"),
        ("attachment", "an attachment"), ("motion_picture", "a recording"),
    ],
)  # fmt: skip
def test_kinds(kind: str, what: str) -> None:
    assert kind_of_no_paper(kind, is_identified=False) == what


def test_a_page_with_an_identifier_is_about_a_paper() -> None:
    assert kind_of_no_paper("webpage", is_identified=True) == ""
    assert kind_of_no_paper("dataset", is_identified=True) == "a data set"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Lamp, Ada", "Ada Lamp"),
        ("Ada Lamp", "Ada Lamp"),
        ("Lamp, A., Jr.", "A. Lamp Jr."),
        ("van Lamp, III, Ada", "Ada van Lamp III"),
        ("World Gauge Organization,", "World Gauge Organization"),
        ("", ""),
    ],
)
def test_names(written: str, spoken: str) -> None:
    assert spoken_name(written) == spoken


@pytest.mark.parametrize(
    ("dates", "day", "precision"),
    [
        (["2026/11/19/"], date(2026, 11, 19), "day"),
        (["2026///"], date(2026, 1, 1), "year"),
        (["2026//"], date(2026, 1, 1), "year"),
        (["2026/11//"], date(2026, 11, 1), "month"),
        (["2026/7/1/Summer"], date(2026, 7, 1), "day"),
        (["2026///Summer"], date(2026, 6, 1), "season"),
        (["2026", "2026 NOV 19"], date(2026, 11, 19), "day"),
        (["2026", "Nov 2026"], date(2026, 11, 1), "month"),
    ],
)
def test_the_most_exact_date_counts(dates: list[str], day: date, precision: str) -> None:
    found = most_exact(dates)
    assert found is not None
    assert (found.day, found.precision) == (day, precision)


def test_nothing_that_is_a_date() -> None:
    assert most_exact(["", "in press", "2026/13/45/"]) is None
