"""Papers in a JSON list, as scripts write them: objects with a title and other known fields.

    [{"title": …, "abstract": …, "authors": ["Ada One", {"name": "Bo Two"}], "url": …}, …]
    {"papers": [{…}], …}        or results, data, items, articles, …
    {"title": …}                one paper, or one a line where `jsonl` does not read it

The names of fields are those of columns. The list may stand beside other fields.
"""

import re
from collections.abc import Mapping
from datetime import date

from .entries.column_names import field_for_column
from .entries.columns import build_table_page, is_row_of_paper, read_row
from .entries.json_works import begins_as_json, first_object, load_values, works_in
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek

NAME = "json_papers"
_LISTS = ("papers", "results", "data", "items", "articles", "records", "entries", "documents",
          "docs", "works", "publications", "preprints", "references")  # fmt: skip
_WRAPPERS = (*_LISTS, "response", "result")
_LIST = re.compile(rf'"(?:{"|".join(_LISTS)})"\s*:\s*\[\s*(?=\{{)', re.IGNORECASE)
_MOST_LISTS = 5
_CURE = "Write the file again."


def looks_like(data: bytes) -> bool:
    """Return whether the first object of a list is one with a title and another known field."""
    text = peek(data).lstrip()
    if not begins_as_json(text):
        return False
    if text.startswith("["):
        return text[1:].lstrip().startswith("{") and _is_paper(first_object(text))
    lists = zip(_LIST.finditer(text), range(_MOST_LISTS), strict=False)
    if any(_is_paper(first_object(text, found.end())) for found, _ in lists):
        return True
    return _is_paper(first_object(text))


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the list; the page's day is `listed_on`, else the one that all give.

    Raises NotThisFormat if there is no list of objects with titles, BadDump if the JSON is broken
    or most of its entries are no papers.
    """
    values, damaged = load_values(data)
    papers = values if len(values) > 1 else _papers(values[0])
    results = [_read(paper, number, damaged) for number, paper in enumerate(papers, 1)]
    return build_table_page(NAME, results, listed_on, _CURE, damaged=damaged)


def _papers(value: object) -> list[object]:
    papers = works_in(value, *_LISTS)
    if papers is None and isinstance(value, Mapping):  # {"data": {"papers": […]}}
        inner = (works_in(value.get(name), *_LISTS) for name in _WRAPPERS)
        papers = next((each for each in inner if each is not None), None)
    if papers is None and isinstance(value, Mapping) and is_row_of_paper(value):
        papers = [value]
    if papers is None or not any(isinstance(each, Mapping) for each in papers):
        raise NotThisFormat(
            "This JSON contains no list of papers. It must be a list of objects with the fields "
            "title, abstract, authors and url."
        )
    if not any(_has_title(each) for each in papers):
        raise BadDump("No object in this JSON list has a title. Name that field “title”.")
    return papers


def _read(paper: object, number: int, damaged: bool) -> Record | Skipped:
    if isinstance(paper, Skipped):
        return paper
    if not isinstance(paper, Mapping):
        return Skipped(f"entry {number}", "it is not an object with fields")
    return read_row(paper, f"entry {number}", damaged=damaged)


def _has_title(paper: object) -> bool:
    return isinstance(paper, Mapping) and "title" in map(field_for_column, paper)


def _is_paper(found: Mapping[str, object] | None) -> bool:
    return found is not None and is_row_of_paper(found)
