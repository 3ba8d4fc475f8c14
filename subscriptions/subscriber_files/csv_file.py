"""CSV as spreadsheets write it: encodings, delimiters, and cells that are safe to open there."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import _csv

COLUMNS = ("email", "keywords", "timezone", "time", "frequency", "day", "trending", "status")
_SPELLINGS = {
    "email": ("email", "e-mail", "mail", "address", "e-mail address", "email address"),
    "keywords": ("keywords", "keyword"),
    "timezone": ("timezone", "time zone", "zone"),
    "time": ("time", "send_at", "delivery time"),
    "frequency": ("frequency", "how often"),
    "day": ("day", "weekly_on"),
    "trending": ("trending", "trending_top", "trending papers"),
    "status": ("status",),
}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_DELIMITERS = ",;\t"
_LONGEST_HEADER = 10_000  # characters
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# What a spreadsheet may take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTE = "'"


class NotReadable(ValueError):
    """The file is not CSV with a column of addresses; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: the line on which it begins, and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file whose first line has been read. `ignored`: columns that mean nothing here; `note`: a
    sentence on the encoding, "" if it is UTF-8."""

    data: bytes
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    note: str

    def rows(self) -> Iterator[Row]:
        """Yield the rows after the header. Raises NotReadable where a row cannot be read."""
        reader = _reader(_text(self.data, self.encoding), self.delimiter)
        next(_cells(reader))
        before = reader.line_num
        for cells in _cells(reader):
            line, before = before + 1, reader.line_num
            if not any(map(str.strip, cells)):
                continue
            named = zip(self.columns, map(unescaped, cells), strict=False)
            yield Row(line, {name: text.strip() for name, text in named if name})


def open_csv(data: bytes) -> CsvFile:
    """Return the file with its columns. Raises NotReadable."""
    encoding, note = _encoding(data)
    head = _text(data, encoding).read(_LONGEST_HEADER)
    if not head.strip():
        raise NotReadable("The file is empty.")
    first = head.lstrip("\r\n").splitlines()[0]
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(_cells(_reader(_text(data, encoding), delimiter)), [])
    columns = tuple(_NAMES.get(" ".join(cell.lower().split()), "") for cell in header)
    if "email" not in columns:
        shown = ", ".join(f"“{cell[:30]}”" for cell in header[:8])
        raise NotReadable(
            f"No column is called “email”. The first line has to name the columns; it has {shown}."
        )
    if twice := next((name for name in columns if name and columns.count(name) > 1), ""):
        raise NotReadable(f"Two columns are called “{twice}”. Remove one of them.")
    ignored = tuple(cell[:30] for cell, name in zip(header, columns, strict=True) if not name)
    return CsvFile(data, encoding, delimiter, columns, tuple(filter(str.strip, ignored)), note)


def escaped(text: str) -> str:
    """Return a cell that a spreadsheet takes for text: with an apostrophe in front if need be."""
    return f"{_QUOTE}{text}" if text.startswith(_FORMULA) or _is_escaped(text) else text


def unescaped(text: str) -> str:
    """Return what `escaped` was given."""
    return text[1:] if _is_escaped(text) else text


def _is_escaped(text: str) -> bool:
    return text.startswith(_QUOTE) and text[1:].startswith((*_FORMULA, _QUOTE))


def _encoding(data: bytes) -> tuple[str, str]:
    if data.startswith(_UTF16):
        raise NotReadable("The file is UTF-16. Save it as “CSV UTF-8”.")
    if b"\x00" in data:
        raise NotReadable("The file has NUL characters, so it is no CSV file. Save it as CSV.")
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252", (
            "The file is not UTF-8 and was read as Windows-1252. Check names and keywords with "
            "accents, or save it as “CSV UTF-8”."
        )
    return "utf-8-sig", ""


def _text(data: bytes, encoding: str) -> io.TextIOWrapper:
    errors = "replace" if encoding == "cp1252" else "strict"
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors=errors, newline="")


def _reader(text: io.TextIOWrapper, delimiter: str) -> "_csv.Reader":
    return csv.reader(text, delimiter=delimiter, strict=True)


def _cells(reader: "_csv.Reader") -> Iterator[list[str]]:
    begun = reader.line_num
    try:
        for cells in reader:
            yield cells
            begun = reader.line_num
    except csv.Error as wrong:
        raise NotReadable(
            f"The row that begins on line {begun + 1:,} cannot be read: a quotation mark is not "
            "closed or stands in the wrong place, or a cell has more than 131,072 characters. "
            "Correct it and upload the file again."
        ) from wrong
