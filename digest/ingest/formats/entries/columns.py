"""A paper from named fields: what `csv`, `jsonl` and `json_papers` share.

See column_names for the names. Unknown fields are ignored.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ..fields.authors import split_authors
from ..fields.date_words import period_of
from ..fields.dates import PublishedOn, utc_day
from ..fields.keywords import split_keywords
from ..identifiers import ids
from ..records import Page, Precision, Record, Skipped
from ..text.markup import plain_text
from ..validation import (
    NOT_A_PAPER,
    build_page,
    excerpt,
    one_line,
    paragraphs,
    short_summary,
    title_rejection,
)
from .column_names import field_for_column
from .json_answers import valid_name, web_address
from .json_works import person_name
from .library_entry import most_exact, noted_identifiers, stated
from .library_kinds import kind_of_no_paper

_LARGEST_COUNT = 2**31 - 1
_MOST_KEYWORDS = 100
# Kinds of articles in a search, in a library something else.
_ARTICLES = frozenset({"note", "letter", "review"})
_PUBMED, _PMID = "https://pubmed.ncbi.nlm.nih.gov/{}/", re.compile(r"\d{1,9}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}(?:\.0)?", re.ASCII)
_PERIODS: dict[str, Precision] = {"month": "month", "season": "season", "year": "year"}
_NOTHING = frozenset({"", "-", "n/a", "na", "nan", "nat", "none", "null", "false"})


# Fields of other formats, whose own readers know more.
_OF_OTHERS = frozenset(
    {"paper", "paperId", "submittedOnDailyAt", "discussionId", "authorships", "authors_parsed",
     "abstract_inverted_index", "issued"}
)  # fmt: skip
_ENOUGH_FIELDS = 2


class _NoDay(ValueError):
    """A field that should hold a day holds something else."""


def is_row_of_paper(row: Mapping[str, object]) -> bool:
    """Return whether the fields of a JSON object are a paper's, and of no other format.

    It has a title, which is a text, and one more known field.
    """
    fields = {field_for_column(name): value for name, value in row.items()}
    authors = fields.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else None
    is_of_others = not _OF_OTHERS.isdisjoint(row) or (isinstance(first, Mapping) and "_id" in first)
    has_title = isinstance(fields.get("title"), str)
    return has_title and len(fields.keys() - {""}) >= _ENOUGH_FIELDS and not is_of_others


def known_fields(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the values of fields, each with its name, "" for an unknown one.

    Of two values for one field, the first that is not empty.
    """
    found: dict[str, object] = {}
    for field, value in pairs:
        if field and found.get(field) in (None, "", []):
            found[field] = value
    return found


def read_row(row: Mapping[str, object], place: str, *, damaged: bool) -> Record | Skipped:
    """Return the record of a JSON object, or why it is left out; see read_fields()."""
    fields = known_fields((field_for_column(name), value) for name, value in row.items())
    return read_fields(fields, place, damaged=damaged)


def read_fields(
    fields: Mapping[str, object],
    place: str,
    *,
    damaged: bool,
    as_of: date | None = None,
    is_export: bool = False,
) -> Record | Skipped:
    """Return the record of a row's fields, or why it is left out.

    `place` names a row without a title; `damaged`: bytes of the file were lost; `as_of`: the day of
    a retraction that has none. In an export, a date that cannot be read costs the date only.
    """
    title, abstract = (stated(_plain(fields.get(name))) for name in ("title", "abstract"))
    title, abstract = one_line(title), paragraphs(abstract)
    reason = title_rejection(title, abstract, damaged=damaged)
    try:
        record = None if reason else _record(fields, title, abstract)
    except _NoDay as wrong:
        if not is_export:
            return Skipped(excerpt(title), str(wrong))
        record = _record({**fields, "withdrawn_on": ""}, title, abstract)
    is_identified = record is not None and bool(record.doi or record.arxiv_id)
    if is_export and (what := kind_of_no_paper(_kind(fields), is_identified=is_identified)):
        return Skipped(excerpt(title or place), NOT_A_PAPER + what)
    if record is None:
        return Skipped(excerpt(title or place), reason)
    if as_of and _text(fields.get("is_retracted")).casefold() == "true":
        record = replace(record, withdrawn_on=as_of)
    return record


def build_table_page(
    name: str,
    results: Sequence[Record | Skipped],
    listed_on: date | None,
    cure: str,
    *,
    damaged: bool = False,
    is_backfill: bool = False,
) -> Page:
    """Return the page of these rows; `damaged` and `is_backfill`: see build_page().

    Its day is `listed_on`, else the day that all rows give; if rows differ, the page has none and
    each record keeps its own. Raises BadDump as build_page() does.
    """
    days = {result.listed_on for result in results if isinstance(result, Record)}
    newest = listed_on or max(filter(None, days), default=None)
    if listed_on is None and len(days) != 1:
        newest = None
    else:
        results = [
            replace(result, listed_on=None) if isinstance(result, Record) else result
            for result in results
        ]
    return build_page(name, newest, results, cure, damaged=damaged, is_backfill=is_backfill)


def _record(fields: Mapping[str, object], title: str, abstract: str) -> Record:
    authors = _listed(fields.get("authors"), _split_authors)
    names = [_text(fields.get(name)) for name in ("arxiv_id", "id", "doi", "url")]
    names += noted_identifiers(str(fields.get("note") or ""))
    when = _published(fields)
    return Record(
        title=title,
        abstract=abstract,
        authors=authors,
        author_count=_count(fields.get("author_count")) or len(authors) or None,
        organization=valid_name(fields.get("organization")),
        journal=valid_name(_plain(fields.get("journal"))),
        published_on=when.day if when else None,
        published_precision=when.precision if when else "day",
        note="" if when else _unread_date(fields, title),
        url=_url(fields),
        arxiv_id=next(filter(None, map(ids.arxiv_id, names)), ""),
        doi=next(filter(None, map(ids.doi, names[2:])), ""),
        upvotes=_count(fields.get("upvotes")),
        comment_count=_count(fields.get("comment_count")),
        keywords=_keywords(fields),
        categories=_listed(fields.get("categories"), split_keywords),
        code_url=web_address(fields.get("code_url")),
        project_url=web_address(fields.get("project_url")),
        ai_summary=short_summary(fields.get("ai_summary")),
        withdrawn_on=_day(fields.get("withdrawn_on")),
        listed_on=utc_day(_text(fields.get("listed_on"))),
    )


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _listed(value: object, split: Callable[[str], list[str]]) -> tuple[str, ...]:
    """Return the names in a list, or in a text that holds a list (JSON, or split by `split`).

    A name may be an object with the name or its parts.
    """
    if isinstance(value, str):
        value = _json_list(value) or split(value)
    names = map(person_name, value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(filter(None, names)))


def _json_list(text: str) -> list[object] | None:
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _split_authors(text: str) -> list[str]:
    return list(split_authors(stated(text)))


def _keywords(fields: Mapping[str, object]) -> tuple[str, ...]:
    own, more = (
        _listed(fields.get(name), split_keywords) for name in ("keywords", "more_keywords")
    )
    return tuple(dict.fromkeys(own + more))[:_MOST_KEYWORDS] if more else own


def _published(fields: Mapping[str, object]) -> PublishedOn | None:
    """Return the date of publication, as exact as it is given; None if none can be read.

    `published_precision` is what the project's own export writes beside the first day.
    """
    text, issue = (_as_text(fields.get(name)) for name in ("published_on", "issue"))
    year = _as_text(fields.get("year"))
    found = most_exact([text, f"{issue or text} {year}", year])
    precision = _text(fields.get("published_precision"))
    if found and found.precision == "day" and precision in _PERIODS:
        return PublishedOn(period_of(found.day, precision), _PERIODS[precision])
    return found


def _unread_date(fields: Mapping[str, object], title: str) -> str:
    """Return the note on a date that is given and is none; "" if there is none."""
    text = _text(fields.get("published_on"))
    if text.casefold() in _NOTHING:
        return ""
    return (
        f"“{excerpt(title)}” would be published on “{excerpt(text)}”, which is not a date, so it "
        "was ignored."
    )


def _day(value: object) -> date | None:
    """Return the day in a field, the first of its month or year; None if it is empty.

    Raises _NoDay if it holds anything else.
    """
    text = _as_text(value)
    if text.casefold() in _NOTHING:
        return None
    if found := most_exact([text]):
        return found.day
    raise _NoDay(f"“{excerpt(text)}” is not a date; write it like 2026-02-11")


def _as_text(value: object) -> str:
    """Return the text, or a year as JSON has it; "" if the value is neither."""
    return str(value) if isinstance(value, int) and value is not True else _text(value)


def _kind(fields: Mapping[str, object]) -> str:
    """Return what the row is: a reference manager's word, else that of a search."""
    kind = _text(fields.get("publication_kind"))
    if kind == "P":  # Web of Science's letter
        return "patent"
    return _text(fields.get("kind")) or ("" if kind.casefold() in _ARTICLES else kind)


def _url(fields: Mapping[str, object]) -> str:
    address = web_address(fields.get("url")) or web_address(fields.get("page"))
    number = _text(fields.get("pmid"))
    return address or (_PUBMED.format(number) if _PMID.fullmatch(number) else "")


def _plain(value: object) -> str:
    return plain_text(value, is_html=False) if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
        value = int(float(value))
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None
