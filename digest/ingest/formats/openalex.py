"""Answers of OpenAlex's API: JSON, https://docs.openalex.org/api-entities/works/work-object.

A list of works is {"meta": {…}, "results": [{…}]}, its parts in any order and the first perhaps
missing; works are also read as a list by itself, one by one, and one a line, as the snapshot has
them. An abstract is an inverted index, {"Despite": [0], "growing": [1], …}: each word with its
positions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from .entries import json_works
from .entries.json_answers import (
    objects_in,
    raise_for_error,
    storable_text,
    strip_markup,
    unique_names,
    valid_name,
    valid_names,
    value_at,
    web_address,
)
from .fields.dates import published, published_parts
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import NOT_A_PAPER, build_page, excerpt, one_line, paragraphs, title_rejection

NAME = "openalex"
_WORK_ID = re.compile(r"(?:https?://(?:api\.)?openalex\.org/)?(?:works/)?W\d+", re.IGNORECASE)
_OWN = re.compile(
    r'"id"\s*:\s*"https://openalex\.org/[A-Z]\d+"|"abstract_inverted_index"\s*:'
    r'|"authorships"\s*:|"db_response_time_ms"\s*:'
)
# What tells a work without its id (the API leaves out what is not selected) from other things.
_OF_WORKS = ("title", "authorships", "abstract_inverted_index", "publication_date")
_LONGEST_INDEX = 100_000
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like works, whatever the order of their fields."""
    start = peek(data)
    return json_works.begins_as_json(start) and _OWN.search(start) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the works of an answer, which has no day of its own: only `listed_on` gives one.

    Raises BadDump if it is an error, or lists counts instead of works.
    """
    works, damaged = json_works.find_works(data, _works)
    read = partial(_read, as_of=listed_on or received_on, damaged=damaged)
    results = json_works.read_works(works, read, "work")
    return build_page(NAME, listed_on, results, _CURE, damaged=damaged)


def rebuilt(index: object) -> str:
    """Return the text of an inverted index, {"the": [0, 2], …}; "" if it is None.

    Raises ValueError, with a reason, if no text has this index.
    """
    places: dict[int, str] = {}
    length = 0
    for word, found in _rows(index):
        length += (len(word) + 1) * len(found)
        if length > _LONGEST_INDEX:
            raise ValueError("its abstract is too long")
        for place in found:
            if not isinstance(place, int) or place < 0 or place in places:
                raise ValueError("the words of its abstract cannot be put in order")
            places[place] = word
    return " ".join(places[place] for place in sorted(places))


def _rows(index: object) -> Iterator[tuple[str, list[object]]]:
    if index is None:
        return
    if not isinstance(index, Mapping):
        raise ValueError("its abstract is not an index of words")
    for word, found in index.items():
        if not isinstance(found, list):
            raise ValueError("its abstract is not an index of words")
        yield word, found


def _works(answer: object) -> list[object]:
    works = value_at(answer, "results")
    if isinstance(works, list):
        if not works and value_at(answer, "group_by"):
            raise BadDump("OpenAlex sent counts instead of works. Leave out “group_by”.")
        return works
    if isinstance(answer, list) and any(map(_is_work, objects_in(answer))):
        return answer
    if isinstance(answer, Mapping) and _is_work(answer):
        return [answer]
    raise_for_error(answer, "OpenAlex")
    raise NotThisFormat(
        "This JSON is neither a list of works from OpenAlex nor a single work. Use an address "
        "that starts with https://api.openalex.org/works."
    )


def _is_work(work: Mapping[str, object]) -> bool:
    if "id" in work:
        return isinstance(work["id"], str) and _WORK_ID.fullmatch(work["id"]) is not None
    return any(key in work for key in _OF_WORKS)


def _read(work: Mapping[str, object], place: str, as_of: date, damaged: bool) -> Record | Skipped:
    if not _is_work(work):
        return Skipped(excerpt(valid_name(work.get("display_name")) or place), "it is not a work")
    titles = (json_works.markup_title(work.get(name)) for name in ("title", "display_name"))
    title = next(filter(None, titles), "")
    entry = excerpt(title or one_line(work.get("id")) or place)
    if work.get("is_paratext") is True:
        return Skipped(entry, f"{NOT_A_PAPER}a part of its journal, like a cover")
    words, note = "", ""
    try:
        words = rebuilt(work.get("abstract_inverted_index"))
    except ValueError as wrong:
        note = f"“{entry}”: {wrong}; it was skipped."
    # Libraries that call the API put the text back together.
    abstract = paragraphs(strip_markup(words or work.get("abstract")))
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(entry, reason)
    return replace(_record(work, title, abstract, as_of), note=note)


def _record(work: Mapping[str, object], title: str, abstract: str, as_of: date) -> Record:
    authors = objects_in(work.get("authorships"))
    dated = published(work.get("publication_date")) or published_parts(work.get("publication_year"))
    places = list(_places(work))
    identifier = next(filter(None, map(arxiv_id, places)), "")
    its_doi = next(filter(None, map(doi, places[:2])), "")
    return Record(
        title=title,
        abstract=abstract,
        authors=valid_names(
            valid_name(value_at(each, "author", "display_name")) or each.get("raw_author_name")
            for each in authors
        ),
        # Lists of works hold the first 100 authors of each.
        author_count=None if work.get("is_authors_truncated") is True else len(authors) or None,
        organization=json_works.common_name(map(_institutions, authors)),
        journal=_journal(work),
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url="" if identifier or its_doi else next(filter(None, map(web_address, places[2:])), ""),
        arxiv_id=identifier,
        doi=its_doi,
        keywords=unique_names(
            each.get("display_name") or each.get("keyword")
            for each in objects_in(work.get("keywords"))
        ),
        # Those of the arXiv are finer.
        categories=() if identifier else _categories(work),
        withdrawn_on=as_of if work.get("is_retracted") is True else None,
    )


def _places(work: Mapping[str, object]) -> Iterator[str]:
    """Yield where the work is to be found: its DOI twice, its addresses, its page at OpenAlex."""
    yield storable_text(work.get("doi"))
    yield storable_text(value_at(work, "ids", "doi"))
    for location in (work.get("primary_location"), *objects_in(work.get("locations"))):
        yield storable_text(value_at(location, "landing_page_url"))
        yield storable_text(value_at(location, "pdf_url"))
    yield storable_text(work.get("id"))


def _institutions(author: Mapping[str, object]) -> tuple[str, ...]:
    return unique_names(
        value_at(place, "display_name") for place in objects_in(author.get("institutions"))
    )


def _journal(work: Mapping[str, object]) -> str:
    """Return the journal or conference; repositories are neither."""
    source = value_at(work, "primary_location", "source")
    is_place = value_at(source, "type") in ("journal", "conference", "book series")
    return valid_name(value_at(source, "display_name")) if is_place else ""


def _categories(work: Mapping[str, object]) -> tuple[str, ...]:
    topic = work.get("primary_topic")
    return unique_names(value_at(topic, level, "display_name") for level in ("field", "subfield"))
