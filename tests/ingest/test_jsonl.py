"""The project's own interchange: what `papers --json` prints comes back as the same papers."""

import gzip
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.dump import read, receive
from digest.ingest.formats import FORMATS, BadDump, NotThisFormat, Page, Record, detect, jsonl
from digest.models import Dump, Listing, Paper

from .hostile import assert_survives
from .pages import AT, RECEIVED, page, snapshot, stored, whole

PAPER = {
    "id": 7,
    "arxiv_id": "2509.24002",
    "doi": "10.1234/gauges",
    "title": "Gauges of “Paper”",
    "title_key": "gaugesofpaper",
    "abstract": "We read two gauges.\n\nThey agree to within a drop.",
    "authors": ["Ada Author", "Ben Berg"],
    "author_count": 2,
    "organization": "River Institute",
    "published_on": "2026-11-03",
    "listed_on": "2026-11-20",
    "url": "https://example.org/gauges",
    "upvotes": 12,
    "comment_count": 0,
    "keywords": ["gauge"],
    "categories": ["cs.DL"],
    "code_url": "https://example.org/code",
    "project_url": "https://example.org/project",
    "withdrawn_at": "2026-11-19",
    "seq": 3,
    "renumbered": False,
    "former": [],
    "change": 9,
}
RECORD = Record(
    title="Gauges of “Paper”",
    abstract="We read two gauges.\n\nThey agree to within a drop.",
    authors=("Ada Author", "Ben Berg"),
    author_count=2,
    organization="River Institute",
    published_on=date(2026, 11, 3),
    url="https://example.org/gauges",
    arxiv_id="2509.24002",
    doi="10.1234/gauges",
    upvotes=12,
    comment_count=0,
    keywords=("gauge",),
    categories=("cs.DL",),
    code_url="https://example.org/code",
    project_url="https://example.org/project",
    withdrawn_on=date(2026, 11, 19),
)


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


def test_a_publishers_address_is_no_doi() -> None:
    url = "https://www.example.org/content/10.1101/2026.01.01.1v1"
    assert parse(lines({"title": "One", "url": url})).records[0].doi == ""
    url = "https://doi.org/10.1101/2026.01.01.1"
    assert parse(lines({"title": "One", "url": url})).records[0].doi == "10.1101/2026.01.01.1"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-03", date(2026, 11, 3)),
        ("2026-11-03T23:30:00-05:00", date(2026, 11, 4)),
        ("2026/11/3", date(2026, 11, 3)),
        ("Nov 3, 2026", date(2026, 11, 3)),
        ("3. November 2026", date(2026, 11, 3)),
        ("2026", None),
        ("2026-11", None),
        ("", None),
        (None, None),
        ("N/A", None),
    ],
)
def test_days(written: str | None, day: date | None) -> None:
    read = parse(lines({"title": "One", "published_on": written}))
    assert read.records[0].published_on == day


def test_a_day_that_is_none_is_said() -> None:
    papers = [{"title": "One"}, {"title": "Two"}, {"title": "Three", "date": "11/12/2026"}]
    (skipped,) = parse(lines(*papers)).skipped
    assert (skipped.entry, skipped.reason) == (
        "Three",
        "“11/12/2026” is no day: write it like 2026-02-11",
    )


class TestTheDayOfThePage:
    def test_the_one_that_all_have(self) -> None:
        papers = lines(PAPER, PAPER, {"title": ""}, PAPER)
        assert parse(papers).listed_on == date(2026, 11, 20)
        assert parse(papers, date(2026, 1, 1)).listed_on == date(2026, 1, 1)

    def test_none_where_they_differ(self) -> None:
        assert parse(lines(PAPER, PAPER | {"listed_on": "2026-11-19"})).listed_on is None
        assert parse(lines(PAPER, {"title": "Two"})).listed_on is None

    def test_not_one_that_has_not_come(self) -> None:
        with pytest.raises(BadDump, match="has not come"):
            parse(lines(PAPER | {"listed_on": "2027-11-20"}))


def test_bad_lines_are_named() -> None:
    data = lines(PAPER) + b'{"title": "cut\n' + lines(PAPER) * 5 + b"\n[1]\n" + b'{"title": "\xff"}'
    read = parse(data)
    assert len(read.records) == 6
    assert [each.reason for each in read.skipped] == [
        "it is no JSON object on a line of its own",
        "it is no JSON object on a line of its own",
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


@pytest.mark.django_db
class TestThereAndBack:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> None:
        settings.DUMPS_DIR = tmp_path

    def exported(self) -> bytes:
        out = io.StringIO()
        call_command("papers", "--json", stdout=out)
        return out.getvalue().encode()

    def test_the_same_papers(self) -> None:
        stored("one", RECORD, Record(title="Short"), listed_on=date(2026, 11, 20))
        read(receive(page(whole("From a page")), "page.txt", at=AT), at=AT)
        before, data = snapshot(), self.exported()
        Listing.objects.all().delete()
        Paper.objects.all().delete()
        Dump.objects.all().delete()
        dump = read(receive(data, "papers.jsonl", at=AT), at=AT)
        assert (dump.state, dump.format, dump.new) == ("parsed", "jsonl", 3)
        assert snapshot() == before

    def test_into_the_same_catalogue_nothing_changes(self) -> None:
        stored("one", RECORD, Record(title="Short"), listed_on=date(2026, 11, 20))
        before = snapshot()
        dump = read(receive(self.exported(), "papers.jsonl", at=AT), at=AT)
        assert (dump.new, dump.updated, dump.unchanged) == (0, 0, 2)
        assert snapshot() == before


@pytest.mark.slow
@pytest.mark.samples
def test_a_real_file(samples: Path) -> None:
    path = samples / "hf_papers_2024_2025.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no {path.name}")
    data = gzip.decompress(path.read_bytes())
    assert detect(data) == "jsonl"
    expected = [json.loads(line) for line in data.splitlines()]
    found = FORMATS["jsonl"](data, RECEIVED, None)
    assert found.skipped == ()
    for record, each in zip(found.records, expected, strict=True):
        assert record.title == " ".join(each["title"].split())
        assert "".join(record.abstract.split()) == "".join((each["abstract"] or "").split())
        assert record.arxiv_id == each["id"]
        assert record.published_on == date.fromisoformat(each["published_on"])
        assert (record.upvotes, record.comment_count) == (each["upvotes"], each["comments"])
        assert list(record.authors) == list(
            dict.fromkeys(" ".join(a.split()) for a in each["authors"])
        )


def test_not_this_format() -> None:
    with pytest.raises(NotThisFormat):
        parse(page(whole("One")))


def test_papers_of_several_days_keep_theirs() -> None:
    lines = [
        json.dumps({"title": f"Paper {day}", "url": "https://a.example", "listed_on": day})
        for day in ("2026-11-19", "2026-11-20")
    ]
    page = jsonl.parse("\n".join(lines).encode(), date(2026, 11, 21), None)
    assert page.listed_on is None
    assert [str(record.listed_on) for record in page.records] == ["2026-11-19", "2026-11-20"]
    told = jsonl.parse("\n".join(lines).encode(), date(2026, 11, 21), date(2026, 11, 1))
    assert {record.listed_on for record in told.records} == {None}
    with pytest.raises(BadDump, match="has not come"):
        jsonl.parse("\n".join(lines).encode(), date(2026, 11, 1), None)
