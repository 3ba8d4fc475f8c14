"""Answers of the arXiv's API: papers, errors, empty pages, and hostile XML."""

from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Record, Skipped, arxiv_atom, detect

FIXTURE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "arxiv_atom" / "answer.xml"
DATA = FIXTURE.read_bytes()
RECEIVED = date(2026, 11, 21)
HEAD, FIRST, *REST = DATA.split(b"  <entry>\n")
EMPTY = HEAD + b"</feed>"


def test_every_field() -> None:
    assert detect(DATA) == "arxiv_atom"
    read = arxiv_atom.parse(DATA, RECEIVED)
    assert read.listed_on == date(2026, 11, 20)
    assert read.skipped == (Skipped("http://arxiv.org/abs/2611.00019v1", "it has no title"),)
    first, second = read.records
    assert first == Record(
        title="Tide Tables for Tokens: Attention & the Moon",
        abstract="Attention rises and falls with the moon, for $p < 0.05$.\n\n"
        "A second paragraph says “so what”.",
        authors=("Zoë Ebb", "Noor Flood"),
        published_on=date(2026, 11, 2),
        arxiv_id="2611.00017",
        doi="10.5555/tide.2026.17",
        categories=("cs.CL", "cs.LG"),
    )
    assert (second.arxiv_id, second.withdrawn_on) == ("math/0309136", date(2004, 2, 1))


def test_another_day_can_be_given() -> None:
    assert arxiv_atom.parse(DATA, RECEIVED, date(2020, 1, 1)).listed_on == date(2020, 1, 1)


def test_a_search_without_results_is_a_page() -> None:
    read = arxiv_atom.parse(EMPTY.replace(b"Results>3<", b"Results>0<"), RECEIVED)
    assert (read.records, read.skipped) == ((), ())


@pytest.mark.parametrize("change", [(b"Page>10<", b"Page>0<"), (b"Index>0<", b"Index>3<")])
def test_a_page_that_was_meant_to_be_empty(change: tuple[bytes, bytes]) -> None:
    assert arxiv_atom.parse(EMPTY.replace(*change), RECEIVED).records == ()


def test_papers_that_are_missing_from_the_answer() -> None:
    with pytest.raises(BadDump, match="3 papers but sent none"):
        arxiv_atom.parse(EMPTY, RECEIVED)


def test_an_error() -> None:
    entry = (
        b"<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id>"
        b"<title>Error</title><summary>incorrect id format for abc</summary></entry></feed>"
    )
    data = HEAD.replace(b"/api/AbCdEf", b"/") + entry
    assert detect(data) == "arxiv_atom"
    with pytest.raises(BadDump, match=r"error \(incorrect id format for abc\)"):
        arxiv_atom.parse(data, RECEIVED)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (DATA[:-10], "cut off at line"),
        (DATA.replace(b"</title>", b"", 1), "damaged at line"),
        (DATA.replace(b"UTF-8", b"x-nothing"), "unknown encoding"),
    ],
)
def test_broken_xml(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        arxiv_atom.parse(data, RECEIVED)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        (b"<rss version='2.0'></rss>", "something else"),
        (b"Rate exceeded.", "something else"),
        (DATA.replace(b"arxiv.org/api/", b"example.org/"), "not a response of the arXiv"),
    ],
)
def test_something_else(data: bytes, sentence: str) -> None:
    assert not arxiv_atom.looks_like(data)
    with pytest.raises(NotThisFormat, match=sentence):
        arxiv_atom.parse(data, RECEIVED)


@pytest.mark.parametrize(
    "entity",
    [b'<!ENTITY a "aaaaaaaaaa">', b'<!ENTITY a SYSTEM "file:///etc/passwd">'],
)
def test_entities_are_not_read(entity: bytes) -> None:
    data = DATA.replace(b"<feed", b"<!DOCTYPE feed [" + entity + b"]><feed", 1)
    with pytest.raises(BadDump, match="its own entities"):
        arxiv_atom.parse(data.replace(b"Knots", b"&a;"), RECEIVED)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings(encoding: str) -> None:
    data = DATA.decode().encode(encoding)
    assert detect(data) == "arxiv_atom"
    assert arxiv_atom.parse(data, RECEIVED) == arxiv_atom.parse(DATA, RECEIVED)


def test_a_declared_encoding_is_believed() -> None:
    text = DATA.decode().replace("UTF-8", "iso-8859-1").replace("“", "").replace("”", "")
    first = arxiv_atom.parse(text.encode("latin-1"), RECEIVED).records[0]
    assert first.authors[0] == "Zoë Ebb"
