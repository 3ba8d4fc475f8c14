"""The project's interchange format: a paper a line, as `manage.py papers --json` prints it.

Each line is a JSON object (RFC 8259) of texts, numbers and lists of texts; see columns for the
names of its fields. A file may have any length: a long one is parsed in parts.
"""

import codecs
import re
from datetime import date

from .entries.column_names import field_for_column
from .entries.columns import build_table_page, read_row
from .records import BadDump, NotThisFormat, Page, Skipped
from .text.decoding import decode, peek
from .text.json_text import json_object, line_objects

NAME = "jsonl"
_CURE = "Write the file again, with one JSON object per line."
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Of a line longer than what is looked at: how the project's own begin.
_OWN = re.compile(r'\{"id": \d+, "arxiv_id": .*"title_key": "')
_ENOUGH_FIELDS = 2


def looks_like(data: bytes) -> bool:
    """Return whether the first line is a flat object with a title and another known field."""
    text = peek(data).lstrip()
    if not text.startswith("{"):
        return False
    line, end, rest = text.partition("\n")
    if not end and _OWN.match(line):
        return True
    found = json_object(line)
    return found is not None and _is_paper(found) and rest.lstrip()[:1] in ("{", "")


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of these lines; the page's day is `listed_on`, else the one that all lines
    give.

    Raises BadDump if most lines are no papers, NotThisFormat if none is an object.
    """
    if data.startswith(_UTF16):  # what some shells make of a program's output
        data = decode(data).text.encode(errors="replace")
    lines = [line for line in data.removeprefix(codecs.BOM_UTF8).split(b"\n") if line.strip()]
    if not lines:
        raise BadDump("The file is empty. Write it again.")
    found = list(line_objects(lines))
    if all(isinstance(each, Skipped) for each in found):
        raise NotThisFormat(
            "No line of the file is a paper. Each must be a JSON object with a title, like "
            "those printed by “manage.py papers --json”."
        )
    results = [
        each if isinstance(each, Skipped) else read_row(each, f"line {number}", damaged=False)
        for number, each in enumerate(found, 1)
    ]
    return build_table_page(NAME, results, listed_on, _CURE)


def _is_paper(found: dict[str, object]) -> bool:
    fields = {field_for_column(name) for name in found} - {""}
    is_flat = not any(isinstance(value, dict) or _has_nested(value) for value in found.values())
    return is_flat and "title" in fields and len(fields) >= _ENOUGH_FIELDS


def _has_nested(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
