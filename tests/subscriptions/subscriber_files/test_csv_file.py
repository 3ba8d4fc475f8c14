"""CSV files as spreadsheets and other people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.subscriber_files.csv_file import (
    NotReadable,
    Row,
    escaped,
    open_csv,
    unescaped,
)

PLAIN = "email,keywords\nada@example.org,robot\n"


def rows(data: bytes | str) -> list[Row]:
    return list(open_csv(data.encode() if isinstance(data, str) else data).rows())


def only(data: bytes | str) -> dict[str, str]:
    (row,) = rows(data)
    return dict(row.cells)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    data = PLAIN.replace(",", delimiter).replace("\n", end)
    assert only(data) == {"email": "ada@example.org", "keywords": "robot"}


@pytest.mark.parametrize(
    ("encoding", "is_noted"), [("utf-8", False), ("utf-8-sig", False), ("cp1252", True)]
)
def test_encodings(encoding: str, is_noted: bool) -> None:
    file = open_csv("E-Mail;Keywords\nada@example.org;Schrödinger’s cat\n".encode(encoding))
    assert [row.cells["keywords"] for row in file.rows()] == ["Schrödinger’s cat"]
    assert ("Windows-1252" in file.note) == is_noted


def test_the_header_in_other_words_and_order() -> None:
    file = open_csv(b" Time  Zone ,Name,E-MAIL ,,weekly_on\nBerlin,Ada,ada@example.org,x,Friday\n")
    assert file.columns == ("timezone", "", "email", "", "day")
    assert file.ignored == ("Name",)
    assert [row.cells for row in file.rows()] == [
        {"timezone": "Berlin", "email": "ada@example.org", "day": "Friday"}
    ]


def test_rows_know_the_line_on_which_they_begin() -> None:
    found = rows('email,keywords\n\na@b.de,"one\ntwo"\n , \nc@d.de\n')
    assert [(row.line, row.cells) for row in found] == [
        (3, {"email": "a@b.de", "keywords": "one\ntwo"}),
        (6, {"email": "c@d.de"}),
    ]


def test_more_cells_than_columns_are_left_out() -> None:
    assert only(f"{PLAIN.strip()},x,y\n") == {"email": "ada@example.org", "keywords": "robot"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"\xff\xfee\x00", "UTF-16"),
        (b"email\nada@example.org\x00\n", "NUL"),
        (b"PK\x03\x04\x00\x00", "NUL"),
        (b"name,keywords\nAda,x\n", "No column is called “email”.*“name”, “keywords”"),
        (b"email,E-Mail\n", "Two columns are called “email”"),
        (b'email,keywords\na@b.de,x\nc@d.de,"never closed\ne@f.de,y\n', "begins on line 3 "),
        (b'email\n"a"b@c.de\n', "begins on line 2 "),
        (b"email,keywords\na@b.de," + b"x" * 1_000_000 + b"\n", "begins on line 2 .*131,072"),
        (b'"email', "begins on line 1 "),
    ],
)
def test_what_is_no_such_file(data: bytes, sentence: str) -> None:
    with pytest.raises(NotReadable, match=sentence):
        rows(data)


def rows_or_sentence(data: bytes) -> list[Row] | str:
    try:
        return rows(data)
    except NotReadable as wrong:
        return str(wrong)


@given(st.binary(max_size=60))
def test_any_bytes_are_rows_or_a_sentence(data: bytes) -> None:
    found = rows_or_sentence(b"email,keywords\n" + data)
    if isinstance(found, str):
        assert found.endswith(".")
    else:
        assert all(row.line > 1 and "email" in row.cells for row in found)


@given(st.text("'=+-@\t\r a"))
def test_no_cell_is_a_formula_and_each_comes_back(text: str) -> None:
    assert not escaped(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("text", ["O'Neill", "'tis", "", "a=b", "'"])
def test_other_apostrophes_stay(text: str) -> None:
    assert escaped(text) == unescaped(text) == text
