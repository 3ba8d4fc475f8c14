"""Answers of Europe PMC's search: JSON, https://europepmc.org/RestfulWebService.

    {"hitCount": 1, "nextCursorMark": …, "resultList": {"result": [{"id": …, "source": "MED"}]}}

`resultType=core` has abstracts and whole names, `lite` neither. The source "PPR" is preprints. The
cursor is the fetcher's: only the results of this answer are read.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial

from .entries import json_works
from .entries.json_answers import (
    listed,
    objects_in,
    raise_for_error,
    storable_text,
    unique_names,
    valid_name,
    valid_names,
    value_at,
    web_address,
)
from .fields.authors import turn_abbreviated
from .fields.dates import PublishedOn, published, published_parts
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import NOT_A_PAPER, build_page, excerpt, one_line, title_rejection

NAME = "europepmc"
_MARKS = (
    re.compile(r'"resultList"\s*:\s*\{'),
    re.compile(r'"(?:hitCount|request|result|version|nextCursorMark)"\s*:'),
)
_NO_PAPERS = {"PAT": "a patent"}
_RETRACTED = "retracted publication"
_PAGE = "https://europepmc.org/article/"
_PART_OF_ADDRESS = re.compile(r"[A-Za-z0-9]{1,40}", re.ASCII)
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such an answer, even one without results."""
    start = peek(data)
    return json_works.begins_as_json(start) and all(mark.search(start) for mark in _MARKS)


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the results of an answer, which has no day of its own: only `listed_on` gives one.

    Raises BadDump if it is an error, or lists ids instead of papers.
    """
    found, damaged = json_works.find_works(data, _results)
    read = partial(_read, as_of=listed_on or received_on, damaged=damaged)
    results = json_works.read_works(found, read, "result")
    return build_page(NAME, listed_on, results, _CURE, damaged=damaged, is_backfill=True)


def _results(value: object) -> list[object]:
    results = value_at(value, "resultList", "result")
    if isinstance(results, Mapping):
        results = [results]
    if not isinstance(results, list):
        if value_at(value, "hitCount") == 0:
            return []
        for key in ("errMsg", "errorMessage"):
            if said := excerpt(one_line(value_at(value, key))):
                raise BadDump(f"Europe PMC sent an error instead of papers (“{said}”). Try again.")
        raise_for_error(value, "Europe PMC")
        raise NotThisFormat(
            "This JSON contains no Europe PMC results. Use an address that starts with "
            "https://www.ebi.ac.uk/europepmc/webservices/rest/search, with format=json."
        )
    if results and not any("title" in each for each in objects_in(results)):
        raise BadDump("This Europe PMC response lists ids without titles. Use resultType=core.")
    return results


def _read(result: Mapping[str, object], place: str, as_of: date, damaged: bool) -> Record | Skipped:
    title = json_works.without_full_stop(json_works.markup_title(result.get("title")))
    abstract = json_works.abstract_text(result.get("abstractText"))
    entry = excerpt(title or one_line(result.get("id")) or place)
    if what := _NO_PAPERS.get(one_line(result.get("source"))):
        return Skipped(entry, f"{NOT_A_PAPER}{what}")
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(entry, reason)
    return _record(result, title, abstract, as_of)


def _record(result: Mapping[str, object], title: str, abstract: str, as_of: date) -> Record:
    authors = _authors(result)
    dated = _published_on(result)
    named = storable_text(result.get("doi"))
    identifier, its_doi = arxiv_id(named), doi(named)
    return Record(
        title=title,
        abstract=abstract,
        authors=authors,
        author_count=len(authors) or None,
        organization=valid_name(result.get("affiliation")) if len(authors) == 1 else "",
        journal=valid_name(value_at(result, "journalInfo", "journal", "title"))
        or valid_name(result.get("journalTitle")),
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url="" if identifier or its_doi else next(filter(None, _addresses(result)), ""),
        arxiv_id=identifier,
        doi=its_doi,
        keywords=unique_names(listed(value_at(result, "keywordList", "keyword"))),
        withdrawn_on=as_of if _is_retracted(result) else None,
    )


def _authors(result: Mapping[str, object]) -> tuple[str, ...]:
    """Return the whole names of the list of authors, else those of the line `One A, Two B.`"""
    listed = objects_in(value_at(result, "authorList", "author"))
    if names := valid_names(map(_name, listed)):
        return names
    line = json_works.without_full_stop(storable_text(result.get("authorString")))
    return valid_names(map(turn_abbreviated, line.split(",")))


def _name(author: Mapping[str, object]) -> str:
    """Return the author's name; without a given name Europe PMC has it as in its lines."""
    name = json_works.person_name(author)
    has_parts = author.get("firstName") and author.get("lastName")
    return name if has_parts else turn_abbreviated(name)


def _published_on(result: Mapping[str, object]) -> PublishedOn | None:
    info = result.get("journalInfo")
    return (
        published(result.get("firstPublicationDate"))
        or published(value_at(info, "printPublicationDate"))
        or published(value_at(info, "dateOfPublication"))
        or published_parts(value_at(info, "yearOfPublication"))
        or published_parts(result.get("pubYear"))
    )


def _addresses(result: Mapping[str, object]) -> Iterator[str]:
    """Yield where to read a paper without a DOI: its text, pages before files, then its record."""
    texts = objects_in(value_at(result, "fullTextUrlList", "fullTextUrl"))
    for text in sorted(texts, key=lambda text: text.get("documentStyle") == "pdf"):
        yield web_address(text.get("url"))
    parts = [one_line(result.get(key)) for key in ("source", "id")]
    if all(map(_PART_OF_ADDRESS.fullmatch, parts)):
        yield _PAGE + "/".join(parts)


def _is_retracted(result: Mapping[str, object]) -> bool:
    kinds = listed(value_at(result, "pubTypeList", "pubType") or result.get("pubType"))
    said = (part for kind in kinds for part in one_line(kind).lower().split(";"))
    return any(kind.strip() == _RETRACTED for kind in said)
