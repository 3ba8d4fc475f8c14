"""Answers of DBLP's search for publications: JSON, https://dblp.org/faq/13501473.html.

    {"result": {"hits": {"@total": "1", "hit": [
      {"info": {"authors": {"author": [{"@pid": …, "text": "Ada One 0001"}]}, "title": "….",
                "venue": "J. Rivers", "year": "2026", "doi": …, "ee": …, "url": …}}]}}}

A single author is an object instead of a list. People of one name have a number behind it. There
are no abstracts, and of a date only the year.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import partial

from .entries import json_works
from .entries.json_answers import (
    listed,
    storable_text,
    valid_name,
    valid_names,
    value_at,
    web_address,
)
from .fields.dates import published_parts
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import NOT_A_PAPER, build_page, excerpt, one_line, title_rejection

NAME = "dblp"
_MARKS = (re.compile(r'"result"\s*:\s*\{'), re.compile(r'"hits"\s*:\s*\{'))
_OWN = re.compile(r'"@(?:total|computed|sent|score|code)"\s*:')
_NAMESAKE = re.compile(r"\s+\d{4}$", re.ASCII)
_NO_PAPERS = {
    "Editorship": "a volume of proceedings",
    "Data and Artifacts": "a data set or a program",
}
_REPOSITORY = "corr"
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such an answer, even one without hits."""
    start = peek(data)
    if not json_works.begins_as_json(start):
        return False
    return all(mark.search(start) for mark in _MARKS) and _OWN.search(start) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the hits of an answer, which has no day of its own: only `listed_on` gives one.

    Raises BadDump if the search was not for publications.
    """
    hits, damaged = json_works.find_works(data, _hits)
    results = json_works.read_works(hits, partial(_read, damaged=damaged), "hit")
    return build_page(NAME, listed_on, results, _CURE, is_backfill=True)


def _hits(value: object) -> list[object]:
    found = value_at(value, "result", "hits")
    if not isinstance(found, Mapping):
        raise NotThisFormat(
            "This JSON contains no DBLP hits. Use an address that starts with "
            "https://dblp.org/search/publ/api, with format=json."
        )
    hits = listed(found.get("hit"))
    if hits and not any(value_at(hit, "info", "title") for hit in hits):
        raise BadDump(
            "This DBLP response lists no publications. Search at https://dblp.org/search/publ/api."
        )
    return hits


def _read(hit: Mapping[str, object], place: str, damaged: bool) -> Record | Skipped:
    info = hit.get("info")
    if not isinstance(info, Mapping):
        return Skipped(place, "it is not a hit")
    title = json_works.without_full_stop(json_works.markup_title(info.get("title")))
    entry = excerpt(title or one_line(info.get("key")) or place)
    if what := _NO_PAPERS.get(one_line(info.get("type"))):
        return Skipped(entry, f"{NOT_A_PAPER}{what}")
    if reason := title_rejection(title, "", damaged=damaged):
        return Skipped(entry, reason)
    return _record(info, title)


def _record(info: Mapping[str, object], title: str) -> Record:
    authors = listed(value_at(info, "authors", "author"))
    places = [storable_text(each) for each in listed(info.get("ee"))]
    named = [storable_text(info.get("doi")), *places]
    identifier = next(filter(None, map(arxiv_id, named)), "")
    its_doi = doi(named[0]) or next((doi(each) for each in places if "doi.org/" in each), "")
    addresses = map(web_address, [*places, info.get("url")])
    dated = published_parts(info.get("year"))
    return Record(
        title=title,
        authors=valid_names(map(_name, authors)),
        author_count=len(authors) or None,
        journal=_journal(info),
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url="" if identifier or its_doi else next(filter(None, addresses), ""),
        arxiv_id=identifier,
        doi=its_doi,
    )


def _name(author: object) -> str:
    return _NAMESAKE.sub("", json_works.person_name(author))


def _journal(info: Mapping[str, object]) -> str:
    """Return the journal or conference; CoRR is the arXiv, which is neither."""
    venue = next(filter(None, map(json_works.markup_title, listed(info.get("venue")))), "")
    return "" if venue.lower() == _REPOSITORY else valid_name(venue)
