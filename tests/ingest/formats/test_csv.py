"""Tables of papers: any separator, any encoding, columns by any sensible name."""

import csv as tables
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, NotThisFormat, Page, csv, detect
from digest.ingest.formats.text.markup import plain_text
from tests.ingest.interchange_paper import PAPER, RECORD

from .damaged_bytes import assert_survives
from .listing_pages import LONG, RECEIVED, full_entry, page

NAMES = ["title", "abstract", "authors", "url"]
ROWS = [
    [
        "Gauges, and “Paper”",
        'It says "so"; or not.',
        "Ada Author; Ben Berg",
        "https://example.org/1",
    ],
    ["Über Pegel", "Zwei Zeilen,\neine Aussage.", "Zoë Gelb", "https://example.org/2"],
    ["A tab\there | a bar", "Words.", "Ada Author and Ben Berg", "https://example.org/3"],
]


def table(
    rows: list[list[str]], names: list[str] = NAMES, *, separator: str = ",", end: str = "\r\n"
) -> str:
    out = io.StringIO()
    tables.writer(out, delimiter=separator, lineterminator=end).writerows([names, *rows])
    return out.getvalue()


def parse(data: bytes | str, listed_on: date | None = None) -> Page:
    return csv.parse(data.encode() if isinstance(data, str) else data, RECEIVED, listed_on)


@pytest.mark.parametrize("separator", ",;\t|")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_however_it_was_saved(separator: str, encoding: str, end: str) -> None:
    text = table(ROWS, separator=separator, end=end)
    data = text.encode(encoding) if encoding != "utf-16-le" else ("\ufeff" + text).encode(encoding)
    assert detect(data) == "csv"
    found = parse(data)
    assert found.skipped == ()
    assert [record.title for record in found.records] == [" ".join(row[0].split()) for row in ROWS]
    assert [record.url for record in found.records] == [row[3] for row in ROWS]
    assert found.records[1].abstract == "Zwei Zeilen, eine Aussage."
    assert [record.authors for record in found.records] == [
        ("Ada Author", "Ben Berg"), ("Zoë Gelb",), ("Ada Author", "Ben Berg"),
    ]  # fmt: skip


def test_every_field_of_the_interchange() -> None:
    row = {name: "; ".join(value) if isinstance(value, list) else str(value)
           for name, value in PAPER.items()}  # fmt: skip
    found = parse(table([list(row.values())], list(row)))
    assert found == Page("csv", date(2026, 11, 20), (RECORD,))


def test_what_a_spreadsheet_puts_above_it() -> None:
    data = "sep=;\r\n" + table(ROWS, separator=";")
    assert detect(data.encode()) == "csv"
    assert len(parse(data).records) == 3


def test_a_reference_managers_columns() -> None:
    names = ["Key", "Item Type", "Publication Year", "Author", "Title", "DOI", "Url",
             "Abstract Note", "Date", "Manual Tags", "Date Added"]  # fmt: skip
    row = ["K", "preprint", "2026", "Author, Ada; Berg, Ben", "One", "10.1/X", "https://e.org",
           LONG, "2026-11", "gauge; river", "2026-11-20 10:00:00"]  # fmt: skip
    (record,) = parse(table([[*row[:5], "10.1234/X", *row[6:]]], names)).records
    assert record.authors == ("Ada Author", "Ben Berg")
    assert (record.doi, record.abstract) == ("10.1234/x", LONG)
    assert (record.published_on, record.published_precision) == (date(2026, 11, 1), "month")
    assert record.keywords == ("gauge", "river")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("", ()),
        ("Ada Author", ("Ada Author",)),
        ("Author, Ada", ("Ada Author",)),
        ("Ada Author, Ben Berg", ("Ada Author", "Ben Berg")),
        ("Ada Author, Ben Berg and Cy Cold", ("Ada Author", "Ben Berg", "Cy Cold")),
        ("Ada Author, Ben Berg, and Cy Cold", ("Ada Author", "Ben Berg", "Cy Cold")),
        ("Author, Ada and Berg, Ben", ("Ada Author", "Ben Berg")),
        ("Author, Ada; Berg, Ben", ("Ada Author", "Ben Berg")),
        ("Ada Author|Ben Berg", ("Ada Author", "Ben Berg")),
        ("Ada Author\nBen Berg", ("Ada Author", "Ben Berg")),
        ('["Ada Author", "Ben Berg"]', ("Ada Author", "Ben Berg")),
        ("Sandy Anderson", ("Sandy Anderson",)),
    ],
)
def test_authors(written: str, names: tuple[str, ...]) -> None:
    assert parse(table([["One", "", written, ""]])).records[0].authors == names


@pytest.mark.parametrize(
    ("written", "count"), [("12", 12), ("12.0", 12), ("", None), ("-1", None), ("a few", None)]
)
def test_counts(written: str, count: int | None) -> None:
    assert parse(table([["One", written]], ["title", "upvotes"])).records[0].upvotes == count


def test_rows_that_do_not_fit_are_named() -> None:
    lines = table(ROWS).splitlines(keepends=True)
    found = parse(
        "".join([*lines, "Four,one too few,x\r\n", 'Five,"x" y,,\r\n', ",,,\r\n", "\r\n"])
    )
    assert len(found.records) == 3
    assert [(each.entry, each.reason) for each in found.skipped] == [
        ("Four", "row 5 has 3 columns, but the first row names 4"),
        ("row 6", "its quotation marks or columns are broken (',' expected after '\"')"),
    ]


def test_a_file_that_ends_within_quotes() -> None:
    found = parse(table(ROWS) + 'Four,"A sentence that is cut o')
    assert len(found.records) == 3
    assert found.skipped[0].reason == "the file ends in the middle of it"


def test_of_two_columns_the_first_that_holds_something() -> None:
    names = ["title", "link", "url", "Title"]
    (record,) = parse(table([["One", "", "https://e.org", "Other"]], names)).records
    assert (record.title, record.url) == ("One", "https://e.org")


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (b"", BadDump, "empty"),
        (b"a,b\n1,2\n", NotThisFormat, "no column “title”"),
        (b"title,abstract\n,x\n,y\n", BadDump, "it has no title"),
        (b"title,withdrawn_on\nOne,one day\n", BadDump, "write it like 2026-02-11"),
        (b'title,url\n"' + b"x" * 200_000 + b'",y\n', BadDump, "larger than field limit"),
    ],
)
def test_the_sentence(data: bytes, error: type[BadDump], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        parse(data)


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "_MOST_ROWS", 2)
    assert len(parse("title,url\n" + "One,x\n" * 2).records) == 2
    with pytest.raises(BadDump, match=r"more than 2 rows.*JSON"):
        parse("title,url\n" + "One,x\n" * 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"title\nOne\n",
        b"Title, a novel by nobody\n\nIt was a day.\n",
        b"a,b,c\n1,2,3\n",
        b'{"title": "One", "url": "x"}',
        page(full_entry("One")),
    ],
)
def test_it_claims_nothing_else(data: bytes) -> None:
    assert not csv.looks_like(data)


def test_an_empty_table_is_a_page_without_papers() -> None:
    assert parse(table([])).records == ()


def test_a_line_separator_is_no_line_end() -> None:
    (record,) = parse("title,url\nOne\u2028and two,\n").records
    assert record.title == "One and two"


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=15)


@given(st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=5), st.sampled_from(",;\t|"))
def test_any_cells(rows: list[list[str]], separator: str) -> None:
    try:
        found = parse(table(rows, separator=separator))
    except BadDump as wrong:
        sentence = str(wrong)
        assert sentence.endswith(".")
        return
    titles = {" ".join(plain_text(row[0], is_html=False).split()) for row in rows}
    assert all(record.title in titles for record in found.records)


PLAIN = [[cell.replace('"', "") for cell in row] for row in ROWS]  # doubled, they are not the bytes
HOSTILE = {
    "comma": table(PLAIN * 6).encode(),
    "tab": table(PLAIN * 6, separator="\t").encode("utf-8-sig"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_survives(name: str) -> None:
    assert_survives("csv", HOSTILE[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_survives_all(name: str) -> None:
    assert_survives("csv", HOSTILE[name], thorough=True)
