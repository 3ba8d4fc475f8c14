"""A paper from named fields, however the names are spelled: what `jsonl` and `csv` share.

The names are those that `manage.py papers --json` prints, and what spreadsheets and reference
managers call the same things. Unknown fields are ignored.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from . import ids
from .dates import read_day, utc_day
from .records import Page, Record, Skipped
from .validation import build_page, excerpt, is_storable, one_line, paragraphs, rejection

_NAMES = {
    "title": "title papertitle articletitle documenttitle ti",
    "abstract": "abstract abstractnote abstracttext summary ab",
    "authors": "authors author authornames creators creator au",
    "author_count": "authorcount numberofauthors numauthors nauthors",
    "organization": "organization organisation institution affiliation",
    "published_on": "publishedon published publishedat publicationdate publisheddate pubdate date",
    "url": "url link address uri href paperurl",
    "arxiv_id": "arxivid arxiv eprint arxivnumber",
    "doi": "doi doiurl doilink",
    "upvotes": "upvotes votes likes",
    "comment_count": "commentcount numberofcomments numcomments comments",
    "keywords": "keywords keyword authorkeywords aikeywords tags manualtags",
    "categories": "categories category subjects subject arxivcategories",
    "code_url": "codeurl code codelink github githuburl githubrepo repository",
    "project_url": "projecturl project projectpage projectlink",
    "withdrawn_on": "withdrawnon withdrawnat retractedon",
    "listed_on": "listedon listed listingdate",
    "id": "id identifier",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
_NOT_IN_A_NAME = re.compile(r"[\W_]+")
_LONGEST_NAME = 255
_LONGEST_ADDRESS = 2000
_LARGEST_COUNT = 2**31 - 1
_COUNT = re.compile(r"\d{1,9}(?:\.0)?", re.ASCII)
_YEAR_OR_MONTH = re.compile(r"\d{4}(?:[-/.]\d{1,2})?", re.ASCII)
_NUMBERS = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\.? ([A-Za-z]{3,9})\.?,? (\d{4})", re.ASCII)
_RESOLVER = "doi.org/"  # publishers' own addresses hold more than the DOI
_NOTHING = frozenset({"", "-", "n/a", "na", "nan", "nat", "none", "null", "false"})


class _NoDay(ValueError):
    """A field that should hold a day holds something else."""


@lru_cache(1024)
def field_for_column(name: str) -> str:
    """Return the field that a column of that name holds; "" if it is unknown."""
    return _FIELDS.get(_NOT_IN_A_NAME.sub("", name.casefold()), "")


def known_fields(row: Mapping[str, object]) -> dict[str, object]:
    """Return the known fields of a row.

    Of two columns for one field, the first that is not empty.
    """
    found: dict[str, object] = {}
    for name, value in row.items():
        if (field := field_for_column(name)) and found.get(field) in (None, "", []):
            found[field] = value
    return found


def read_row(row: Mapping[str, object], place: str, *, damaged: bool) -> Record | Skipped:
    """Return the row's record, or why it is left out.

    `place` names a row without a title; `damaged`: bytes of the file were lost.
    """
    fields = known_fields(row)
    title, abstract = one_line(fields.get("title")), paragraphs(fields.get("abstract"))
    reason = rejection(title, abstract, damaged=damaged)
    try:
        return Skipped(excerpt(title or place), reason) if reason else _record(fields, title)
    except _NoDay as wrong:
        return Skipped(excerpt(title), str(wrong))


def build_table_page(
    name: str, results: Sequence[Record | Skipped], listed_on: date | None, cure: str
) -> Page:
    """Return the page of these rows.

    Its day is `listed_on`, else the day that all rows give; if rows differ, the page has none and
    each record keeps its own. Raises BadDump as build_page() does.
    """
    days = {result.listed_on for result in results if isinstance(result, Record)}
    newest = listed_on or max(filter(None, days), default=None)
    if listed_on is None and len(days) != 1:
        return build_page(name, None, results, cure)
    undated = (
        replace(result, listed_on=None) if isinstance(result, Record) else result
        for result in results
    )
    return build_page(name, newest, undated, cure)


def _record(fields: Mapping[str, object], title: str) -> Record:
    authors = _listed(fields.get("authors"), _split_names)
    names = [_text(fields.get(name)) for name in ("arxiv_id", "id", "doi", "url")]
    return Record(
        title=title,
        abstract=paragraphs(fields.get("abstract")),
        authors=authors,
        author_count=_count(fields.get("author_count")) or len(authors) or None,
        organization=_name(fields.get("organization")),
        published_on=_day(fields.get("published_on")),
        url=_address(fields.get("url")),
        arxiv_id=next(filter(None, map(ids.arxiv_id, names)), ""),
        doi=ids.doi(names[2]) or (ids.doi(names[3]) if _RESOLVER in names[3] else ""),
        upvotes=_count(fields.get("upvotes")),
        comment_count=_count(fields.get("comment_count")),
        keywords=_listed(fields.get("keywords"), _split),
        categories=_listed(fields.get("categories"), _split),
        code_url=_address(fields.get("code_url")),
        project_url=_address(fields.get("project_url")),
        withdrawn_on=_day(fields.get("withdrawn_on")),
        listed_on=utc_day(_text(fields.get("listed_on"))),
    )


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _name(value: object) -> str:
    name = _text(value)
    return name if len(name) <= _LONGEST_NAME and is_storable(name) else ""


def _listed(value: object, split: Callable[[str], list[str]]) -> tuple[str, ...]:
    """Return the names in a list, or in a text that holds a list (JSON, or split by `split`)."""
    if isinstance(value, str):
        value = _json_list(value) or split(value)
    names = map(_name, value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(filter(None, names)))


def _json_list(text: str) -> list[object] | None:
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _split(text: str) -> list[str]:
    """Split at semicolons, bars and line ends if there are any, else at commas."""
    parts = re.split(r"[;|\n]", text)
    return parts if len(parts) > 1 else text.split(",")


def _split_names(text: str) -> list[str]:
    """Split as _split() does, but keep “Author, Ada” as one name, and split at “and” too."""
    parts = re.split(r"[;|\n]|\band\b(?=\s)", text)
    if len(parts) == 1 or "," in parts[0]:
        pieces = [piece.strip(" \n") for part in parts for piece in part.split(",")]
        if ";" not in text and all(" " in piece for piece in filter(None, pieces)):
            return pieces
    return parts


def _day(value: object) -> date | None:
    """Return the day in a field; None if it is empty or holds only a year or month.

    Raises _NoDay if it holds anything else.
    """
    text = _text(value)
    if text.casefold() in _NOTHING or _YEAR_OR_MONTH.fullmatch(text):
        return None
    if match := _NUMBERS.fullmatch(text):
        text = "{}-{:0>2}-{:0>2}".format(*match.groups())
    if match := _DAY_FIRST.fullmatch(text):
        text = "{1} {0}, {2}".format(*match.groups())
    written = read_day([text], 0)
    day = written[0].within(None) if written else utc_day(text)
    if day is None:
        raise _NoDay(f"“{excerpt(text)}” is no day: write it like 2026-02-11")
    return day


def _count(value: object) -> int | None:
    if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
        value = int(float(value))
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _address(value: object) -> str:
    address = value.strip() if isinstance(value, str) else ""
    is_one = address.lower().startswith(("http://", "https://")) and is_storable(address)
    is_whole = len(address) <= _LONGEST_ADDRESS and not any(map(str.isspace, address))
    return address if is_one and is_whole else ""
