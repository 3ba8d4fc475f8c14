"""Tables of papers as spreadsheets and reference managers save them (RFC 4180 and similar).

The first row names the columns (see columns); the separator is the one that yields most known
names. Excel's "sep=;" above it and any encoding that decoding knows are understood.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from .columns import build_table_page, field_for_column, read_row
from .decoding import decode, peek
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .validation import excerpt

NAME = "csv"
_CURE = "Save the table again as CSV, in UTF-8."
_SEPARATORS = ",;\t|"
_MOST_ROWS = 20_000
_ENOUGH_FIELDS = 2
_LONGEST_HEADING = 10_000


def looks_like(data: bytes) -> bool:
    """Return whether the first row names a title and another known column."""
    _, known, _ = _heading(peek(data))
    return "title" in known and len(known) >= _ENOUGH_FIELDS


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of this table; the page's day is `listed_on`, or the one that all rows
    give.

    Raises BadDump if most rows are no papers or there are over 20,000, NotThisFormat if no column
    is a title.
    """
    decoded = decode(data)
    separator, known, start = _heading(decoded.text)
    if "title" not in known:
        raise NotThisFormat(
            "The first row names no column “title”: put the columns’ names there, like title, "
            "abstract, authors, url."
        )
    results = list(islice(_read(decoded.text[start:], separator, decoded.damaged), _MOST_ROWS + 1))
    if len(results) > _MOST_ROWS:
        raise BadDump(
            f"The table has more than {_MOST_ROWS:,} rows: split it, or hand it in as JSON, one "
            "object a line, which may have any length."
        )
    return build_table_page(NAME, results, listed_on, _CURE)


def _heading(text: str) -> tuple[str, set[str], int]:
    """Return the separator, the known columns, and the index at which the row that names them
    starts.
    """
    start = 1 if text.startswith("\ufeff") else 0
    start += len(text[start:]) - len(text[start:].lstrip("\r\n"))
    first, _, _ = text[start:].partition("\n")
    separators = _SEPARATORS
    if first.lower().startswith("sep=") and len(first.strip("\r")) == len("sep=;"):
        start += len(first) + 1
        separators = first[4]
        first, _, _ = text[start:].partition("\n")
    fields = {sign: _fields(first[:_LONGEST_HEADING], sign) for sign in separators}
    best = max(separators, key=lambda sign: len(fields[sign]))
    return best, fields[best], start


def _fields(line: str, separator: str) -> set[str]:
    try:
        names = next(csv.reader([line], delimiter=separator), [])
    except (csv.Error, TypeError, ValueError):
        return set()
    return {field_for_column(name) for name in names} - {""}


def _read(text: str, separator: str, damaged: bool) -> Iterator[Record | Skipped]:
    rows = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    names: list[str] = []
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as wrong:
            yield Skipped(f"row {number}", _csv_error(wrong))
            continue
        if not names:
            names = row
        elif any(map(str.strip, row)):
            yield _read_row(names, row, number, damaged)


def _read_row(
    names: Sequence[str], row: Sequence[str], number: int, damaged: bool
) -> Record | Skipped:
    if len(row) != len(names):
        begin = next(filter(str.strip, row))
        reason = f"row {number} has {len(row)} columns where the first row names {len(names)}"
        return Skipped(excerpt(begin.strip()), reason)
    return read_row(dict(_unique_columns(names, row)), f"row {number}", damaged=damaged)


def _unique_columns(names: Sequence[str], row: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the columns, repeated names made unique with spaces, which field_for_column() drops."""
    for place, (name, value) in enumerate(zip(names, row, strict=True)):
        yield name + " " * place, value


def _csv_error(wrong: csv.Error) -> str:
    if "unexpected end" in str(wrong):
        return "the file ends in the middle of it"
    return f"its quotation marks or columns are broken ({wrong})"
