"""The project's own interchange, a JSON object a line."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, NotThisFormat, Page, detect, jsonl
from tests.ingest.interchange_paper import PAPER, RECORD

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, full_entry, page


def lines(*papers: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(paper, ensure_ascii=False).encode() + b"\n" for paper in papers)


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return jsonl.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(lines(PAPER))
    assert read == Page("jsonl", date(2026, 11, 20), (RECORD,))
    assert detect(lines(PAPER)) == "jsonl"


def test_names_are_matched_kindly() -> None:
    other = {
        "Paper Title": "One",
        "Summary": "An abstract.",
        "Creators": "Ada Author; Ben Berg",
        "eprint": "arXiv:2509.24002v3",
        "DOI": "https://doi.org/10.1234/One",
        "Publication Date": "3 Nov 2026",
        "Organisation": "River Institute",
        "Votes": "12",
        "tags": "a, b",
        "journal": "nobody knows this column",
    }
    (record,) = parse(lines(other)).records
    assert record.authors == ("Ada Author", "Ben Berg")
    assert (record.arxiv_id, record.doi) == ("2509.24002", "10.1234/one")
    assert (record.published_on, record.upvotes) == (date(2026, 11, 3), 12)
    assert (record.keywords, record.organization) == (("a", "b"), "River Institute")


@pytest.mark.parametrize("name", ["id", "url", "doi"])
def test_an_arxiv_id_wherever_it_stands(name: str) -> None:
    value = {"id": "2509.24002v1", "url": "https://arxiv.org/abs/2509.24002",
             "doi": "10.48550/arXiv.2509.24002"}[name]  # fmt: skip
    (record,) = parse(lines({"title": "One", name: value})).records
    assert (record.arxiv_id, record.doi) == ("2509.24002", "")


def test_a_publishers_address_names_a_doi_as_far_as_its_form_is_known() -> None:
    url = "https://www.example.org/content/10.1101/2026.01.01.700001v1.full.pdf"
    record = parse(lines({"title": "One", "url": url})).records[0]
    assert (record.doi, record.url) == ("10.1101/2026.01.01.700001", url)
    url = "https://www.example.org/content/10.1101/2026.01.01.1v1"
    assert parse(lines({"title": "One", "url": url})).records[0].doi == ""
    url = "https://doi.org/10.1101/2026.01.01.1"
    assert parse(lines({"title": "One", "url": url})).records[0].doi == "10.1101/2026.01.01.1"


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("2026-11-03", date(2026, 11, 3), "day"),
        ("2026-11-03T23:30:00-05:00", date(2026, 11, 4), "day"),
        ("2026/11/3", date(2026, 11, 3), "day"),
        ("Nov 3, 2026", date(2026, 11, 3), "day"),
        ("3. November 2026", date(2026, 11, 3), "day"),
        ("11/13/2026", date(2026, 11, 13), "day"),
        ("Winter 2025/26", date(2025, 12, 1), "season"),
        ("2026-11", date(2026, 11, 1), "month"),
        ("2026", date(2026, 1, 1), "year"),
        (2026, date(2026, 1, 1), "year"),
        ("", None, "day"),
        (None, None, "day"),
        ("N/A", None, "day"),
    ],
)
def test_dates(written: str | int | None, day: date | None, precision: str) -> None:
    read = parse(lines({"title": "One", "published_on": written}))
    (record,) = read.records
    assert (record.published_on, record.published_precision) == (day, precision)
    assert read.notes == ()


def test_the_precision_is_read_back() -> None:
    fields = {"published_on": "2026-11-01", "published_precision": "month"}
    (record,) = parse(lines({"title": "One"} | fields)).records
    assert (record.published_on, record.published_precision) == (date(2026, 11, 1), "month")
    (record,) = parse(lines({"title": "One"} | fields | {"published_precision": "age"})).records
    assert (record.published_on, record.published_precision) == (date(2026, 11, 1), "day")


def test_a_date_that_is_none_loses_the_date_and_is_said() -> None:
    read = parse(lines({"title": "One"}, {"title": "Two", "date": "30 Feb 2026"}))
    assert [record.published_on for record in read.records] == [None, None]
    assert read.notes == (
        "“Two” would be published on “30 Feb 2026”, which is not a date, so it was ignored.",
    )


def test_many_notes_are_counted() -> None:
    read = parse(lines(*({"title": f"No. {at}", "date": "soon"} for at in range(9))))
    assert len(read.records) == 9
    assert read.notes[5:] == ("The same is true of 4 more of its papers.",)


def test_a_withdrawal_on_no_day_is_said() -> None:
    papers = [{"title": "One"}, {"title": "Two"}, {"title": "Three", "withdrawn_on": "once"}]
    (skipped,) = parse(lines(*papers)).skipped
    assert (skipped.entry, skipped.reason) == (
        "Three",
        "“once” is not a date; write it like 2026-02-11",
    )


class TestTheDayOfThePage:
    def test_the_one_that_all_have(self) -> None:
        papers = lines(PAPER, PAPER, {"title": ""}, PAPER)
        assert parse(papers).listed_on == date(2026, 11, 20)
        assert parse(papers, date(2026, 1, 1)).listed_on == date(2026, 1, 1)

    def test_none_where_they_differ(self) -> None:
        assert parse(lines(PAPER, PAPER | {"listed_on": "2026-11-19"})).listed_on is None
        assert parse(lines(PAPER, {"title": "Two"})).listed_on is None


def test_bad_lines_are_named() -> None:
    data = lines(PAPER) + b'{"title": "cut\n' + lines(PAPER) * 5 + b"\n[1]\n" + b'{"title": "\xff"}'
    read = parse(data)
    assert len(read.records) == 6
    assert [each.reason for each in read.skipped] == [
        "it is not a JSON object on one line",
        "it is not a JSON object on one line",
        "it is not UTF-8",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n \n", "empty"),
        (b"Dear all,\nno papers today.", "No line of the file is a paper"),
        (b'{"error": "log in"}', "it has no title"),
        (b'{"title": "One"}\n{"x": 1}\n{"x": 2}\n', "2 of 3"),
        (b'{"title": "T' + b"x" * 501 + b'"}', "more than 500 characters"),
        (b'{"title": "\\ud800"}', "damaged"),
        (b'{"title": ' + b"9" * 5000 + b"}", "No line"),
        (b"[" * 100_000, "No line"),
    ],
)
def test_the_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{\n  "title": "One",\n  "abstract": "Pretty-printed"\n}\n',
        b'{"title": "One"}\n',
        b'{"title": "One", "abstract": "A"}\nand a text follows\n',
        b'{"paper": {"id": "1"}, "title": "One", "abstract": "A"}\n',
        b'{"title": "One", "doi": "x", "authors": [{"name": "Ada"}]}\n',
    ],
)
def test_it_claims_nothing_else(data: bytes) -> None:
    assert not jsonl.looks_like(data)


def test_a_first_line_of_a_hundred_kilobytes() -> None:
    many = PAPER | {"authors": [f"Author Number {number}" for number in range(5000)]}
    assert detect(lines(many)[:65536]) == "jsonl"
    assert parse(lines(many)).records[0].author_count == 2


def test_what_a_shell_makes_of_it() -> None:
    text = lines(PAPER).decode()
    for encoding in ("utf-16", "utf-8-sig"):
        data = text.replace("\n", "\r\n").encode(encoding)
        assert detect(data) == "jsonl"
        assert parse(data).records == (RECORD,)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([*PAPER, "Paper Title", "x"]), inner, max_size=6),
    max_leaves=12,
))  # fmt: skip
def test_any_values(value: Any) -> None:
    data = (
        json.dumps(PAPER).encode() + b"\n" + json.dumps({"title": "One", "authors": value}).encode()
    )
    data += (
        b"\n" + (json.dumps(value | {"title": "Two"}) if isinstance(value, dict) else "").encode()
    )
    for record in parse(data).records:
        assert all(isinstance(name, str) for name in record.authors)


HOSTILE = lines(*(PAPER | {"title": f"Gauges {n}", "doi": "", "arxiv_id": ""} for n in range(12)))


def test_survives() -> None:
    assert_survives("jsonl", HOSTILE)


@pytest.mark.slow
def test_survives_all() -> None:
    assert_survives("jsonl", HOSTILE, thorough=True)


def test_not_this_format() -> None:
    with pytest.raises(NotThisFormat):
        parse(page(full_entry("One")))


def test_papers_of_several_days_keep_theirs() -> None:
    lines = [
        json.dumps({"title": f"Paper {day}", "url": "https://a.example", "listed_on": day})
        for day in ("2026-11-19", "2026-11-20")
    ]
    page = jsonl.parse("\n".join(lines).encode(), date(2026, 11, 21), None)
    assert page.listed_on is None
    assert [str(record.listed_on) for record in page.records] == ["2026-11-19", "2026-11-20"]
    output = jsonl.parse("\n".join(lines).encode(), date(2026, 11, 21), date(2026, 11, 1))
    assert {record.listed_on for record in output.records} == {None}
