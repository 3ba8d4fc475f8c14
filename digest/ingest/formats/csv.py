"""Tables of papers as spreadsheets and reference managers save them (RFC 4180 and similar).

The first row names the columns (see columns); the separator is the one that yields most known
names. Excel's "sep=;" above it and any encoding that decoding knows are understood.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

from .entries.column_names import Columns, read_columns
from .entries.columns import build_table_page, known_fields, read_fields
from .entries.library_entry import beginning
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import decode
from .validation import excerpt

NAME = "csv"
_CURE = "Save the table again as CSV, in UTF-8."
_SEPARATORS = ",;\t|"
_MOST_ROWS = 100_000
_ENOUGH_FIELDS = 2
_LONGEST_HEADING = 20_000
# Lines that an exporter writes above the names of columns (Dimensions: what was asked, and when).
_MOST_LINES_ABOVE = 3


class _Heading(NamedTuple):
    """The row that names the columns: its separator, what they hold, and where it starts."""

    separator: str
    columns: Columns
    start: int

    @property
    def known(self) -> set[str]:
        return set(self.columns.fields) - {""}

    @property
    def is_of_papers(self) -> bool:
        return "title" in self.known and len(self.known) >= _ENOUGH_FIELDS


def looks_like(data: bytes) -> bool:
    """Return whether the first row names a title and another known column."""
    return _heading(beginning(data)).is_of_papers


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of this table; the page's day is `listed_on`, or the one that all rows
    give. An export of a search or of a reference manager is backfill.

    Raises BadDump if most rows are no papers or there are over 100,000, NotThisFormat if no column
    is a title.
    """
    decoded = decode(data)
    heading = _heading(decoded.text)
    if "title" not in heading.known:
        raise NotThisFormat(
            "The first row has no column “title”. It must contain column names, like title, "
            "abstract, authors, url."
        )
    read = _Reader(heading.columns, decoded.damaged, listed_on or received_on)
    rows = _rows(decoded.text[heading.start :], heading)
    results = [read.row(row, number) for number, row in islice(rows, _MOST_ROWS + 1)]
    if len(results) > _MOST_ROWS:
        raise BadDump(
            f"The table has more than {_MOST_ROWS:,} rows. Split it, or submit it as JSON with "
            "one object per line, which may have any length."
        )
    is_export = heading.columns.is_export
    return build_table_page(
        NAME, results, listed_on, _CURE, damaged=decoded.damaged, is_backfill=is_export
    )


def _heading(text: str) -> _Heading:
    """Return the row that names the columns: the first, or in an export one of the next."""
    start = 1 if text.startswith("\ufeff") else 0
    found = _heading_at(text, start)
    first = found
    for _ in range(_MOST_LINES_ABOVE):
        if found.is_of_papers and (found is first or found.columns.is_export):
            return found
        start = text.find("\n", found.start) + 1
        if not start:
            break
        found = _heading_at(text, start)
    return first


def _heading_at(text: str, start: int) -> _Heading:
    start += len(text[start:]) - len(text[start:].lstrip("\r\n"))
    first, _, _ = text[start:].partition("\n")
    separators = _SEPARATORS
    if first.lower().startswith("sep=") and len(first.strip("\r")) == len("sep=;"):
        start += len(first) + 1
        separators = first[4]
        first, _, _ = text[start:].partition("\n")
    found = [_Heading(sign, _columns(first[:_LONGEST_HEADING], sign), start) for sign in separators]
    return max(found, key=lambda heading: len(heading.known))


def _columns(line: str, separator: str) -> Columns:
    try:
        names = next(csv.reader([line], delimiter=separator), [])
    except (csv.Error, TypeError, ValueError):
        names = []
    return read_columns(tuple(names))


def _rows(text: str, heading: _Heading) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Yield the rows below the heading that are not empty, with their numbers."""
    file, separator = io.StringIO(text), heading.separator
    if heading.columns.is_quoted:
        rows = csv.reader(file, delimiter=separator, strict=True)
    else:
        rows = csv.reader(file, delimiter=separator, strict=True, quoting=csv.QUOTE_NONE)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as wrong:
            yield number, wrong
            continue
        if number > 1 and any(map(str.strip, row)):
            yield number, row


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes records of rows; `as_of` is the day of a retraction that has none."""

    columns: Columns
    damaged: bool
    as_of: date

    def row(self, row: list[str] | csv.Error, number: int) -> Record | Skipped:
        place = f"row {number}"
        if isinstance(row, csv.Error):
            return Skipped(place, _csv_error(row))
        columns = len(self.columns.fields)
        if self.columns.is_export and not any(row[columns:]):
            row = [*row[:columns], *[""] * (columns - len(row))]  # tabs at the end come and go
        if len(row) != columns:
            begin = next(filter(str.strip, row))
            reason = f"{place} has {len(row)} columns, but the first row names {columns}"
            return Skipped(excerpt(begin.strip()), reason)
        fields = known_fields((self.columns.fields[at], row[at]) for at in self.columns.order)
        return read_fields(
            fields,
            place,
            damaged=self.damaged,
            as_of=self.as_of,
            is_export=self.columns.is_export,
        )


def _csv_error(wrong: csv.Error) -> str:
    if "unexpected end" in str(wrong):
        return "the file ends in the middle of it"
    return f"its quotation marks or columns are broken ({wrong})"
