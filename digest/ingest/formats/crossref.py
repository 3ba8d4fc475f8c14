"""Works in Crossref's JSON: https://api.crossref.org/swagger-ui/index.html, `/works`.

    {"status": "ok", "message-type": "work-list", "message": {"items": [{"DOI": …}, …]}}
    {"status": "ok", "message-type": "work", "message": {"DOI": …}}
    {"items": [{…}]}        a file of the yearly public data
    [{…}], or one work a line

Titles and journals are lists; abstracts are JATS. `relation` names other works, never this one.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial

from .entries import json_works
from .entries.json_answers import (
    listed,
    objects_in,
    storable_text,
    unique_names,
    valid_name,
    valid_names,
    value_at,
    web_address,
)
from .fields.dates import PublishedOn
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import NOT_A_PAPER, build_page, excerpt, one_line, title_rejection

NAME = "crossref"
_ANSWER = re.compile(r'"message-type"\s*:\s*"work(?:-list)?"')
_DOI = re.compile(r'"DOI"\s*:\s*"')
# Reference managers have the same names of fields, but no lists there and none of the counts.
_OWN = re.compile(
    r'"(?:title|container-title)"\s*:\s*\[|"(?:is-referenced-by-count|reference-count)"\s*:'
)
# https://api.crossref.org/types: what is no paper.
_NO_PAPERS = {
    "component": "a part of a paper, like a figure",
    "journal": "a journal",
    "journal-issue": "an issue of a journal",
    "journal-volume": "a volume of a journal",
    "peer-review": "a review of a paper",
    "grant": "a grant",
    "proceedings": "a volume of proceedings",
    "proceedings-series": "a series of proceedings",
    "book-series": "a series of books",
    "book-set": "a set of books",
    "report-series": "a series of reports",
    "database": "a database",
}
_RETRACTIONS = frozenset({"retraction", "withdrawal", "removal"})
# The first that is there counts; one of the others may say the same more exactly.
_DATES = ("published", "published-online", "posted", "published-print", "issued")
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like an answer with works, or like works alone."""
    start = peek(data)
    if not json_works.begins_as_json(start):
        return False
    if _ANSWER.search(start):
        return True
    return _DOI.search(start) is not None and _OWN.search(start) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the works, which have no day of their own: only `listed_on` gives one.

    Raises BadDump if the answer is an error or about something else than works.
    """
    works, damaged = json_works.find_works(data, _works)
    read = partial(_read, as_of=listed_on or received_on, damaged=damaged)
    results = json_works.read_works(works, read, "work")
    return build_page(NAME, listed_on, results, _CURE, damaged=damaged, is_backfill=True)


def _works(value: object) -> list[object]:
    message = value_at(value, "message")
    if value_at(value, "status") == "failed" or isinstance(message, list):
        raise BadDump(f"Crossref sent an error instead of works ({_error(message)}). Try again.")
    kind = one_line(value_at(value, "message-type"))
    if kind not in ("", "work", "work-list"):
        raise BadDump(
            f"This is a “{excerpt(kind)}” of Crossref, which lists no papers. Use an address "
            "with /works in it."
        )
    inner = message if isinstance(message, Mapping) else value
    works = json_works.works_in(inner, "items")
    if works is not None:
        return works
    if isinstance(inner, Mapping) and "DOI" in inner:
        return [inner]
    raise NotThisFormat(
        "This JSON is neither a list of works from Crossref nor a single work. Use an address "
        "that starts with https://api.crossref.org/works."
    )


def _error(message: object) -> str:
    said = (one_line(each.get("message")) for each in objects_in(message))
    return f"“{excerpt(next(filter(None, said), one_line(message) or 'no reason given'))}”"


def _read(work: Mapping[str, object], place: str, as_of: date, damaged: bool) -> Record | Skipped:
    title, abstract = _title(work), json_works.abstract_text(work.get("abstract"))
    entry = excerpt(title or one_line(work.get("DOI")) or place)
    if what := _NO_PAPERS.get(one_line(work.get("type"))):
        return Skipped(entry, f"{NOT_A_PAPER}{what}")
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(entry, reason)
    return _record(work, title, abstract, as_of)


def _record(work: Mapping[str, object], title: str, abstract: str, as_of: date) -> Record:
    authors = _authors(work)
    published = _published_on(work)
    named = storable_text(work.get("DOI"))
    identifier, its_doi = arxiv_id(named), doi(named)
    return Record(
        title=title,
        abstract=abstract,
        authors=valid_names(map(json_works.person_name, authors)),
        author_count=len(authors) or None,
        organization=json_works.common_name(
            unique_names(place.get("name") for place in objects_in(author.get("affiliation")))
            for author in authors
        ),
        journal=valid_name(_first_title(work.get("container-title"))),
        published_on=published.day if published else None,
        published_precision=published.precision if published else "day",
        url="" if identifier or its_doi else web_address(work.get("URL")),
        arxiv_id=identifier,
        doi=its_doi,
        categories=unique_names(listed(work.get("subject"))),
        withdrawn_on=_withdrawn_on(work, as_of),
    )


def _first_title(value: object) -> str:
    return next(filter(None, map(json_works.markup_title, listed(value))), "")


def _title(work: Mapping[str, object]) -> str:
    """Return the title with its subtitle, unless that is a part of it already."""
    title, subtitle = _first_title(work.get("title")), _first_title(work.get("subtitle"))
    if not title or not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title} {subtitle}" if title.endswith((":", "?", "!")) else f"{title}: {subtitle}"


def _authors(work: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the authors, the one whose `sequence` is "first" before the others."""
    return sorted(
        objects_in(work.get("author")), key=lambda author: author.get("sequence") != "first"
    )


def _published_on(work: Mapping[str, object]) -> PublishedOn | None:
    """Return the date of publication, as exact as the work gives it."""
    dates = (json_works.date_of_parts(work.get(name)) for name in _DATES)
    given = [each for each in dates if each]
    within = (each for each in given if _says_more(each, given[0]))
    return next(within, given[0] if given else None)


def _says_more(exact: PublishedOn, rough: PublishedOn) -> bool:
    """Return whether a date lies in the year or month of another one that says no more."""
    if exact.day.year != rough.day.year or exact.precision == rough.precision:
        return False
    is_in_month = exact.precision == "day" and exact.day.month == rough.day.month
    return rough.precision == "year" or (rough.precision == "month" and is_in_month)


def _withdrawn_on(work: Mapping[str, object], as_of: date) -> date | None:
    """Return the day of the newest notice that takes the work back."""
    return max(_retractions(work, as_of), default=None)


def _retractions(work: Mapping[str, object], as_of: date) -> Iterator[date]:
    for notice in objects_in(work.get("updated-by")):
        if one_line(notice.get("type")).lower() in _RETRACTIONS:
            said = json_works.date_of_parts(notice.get("updated"))
            yield said.day if said else as_of
