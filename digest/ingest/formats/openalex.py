"""Answers of OpenAlex's API: JSON, https://docs.openalex.org/api-entities/works/work-object.

A list of works is {"meta": {…}, "results": [{…}]}, a single work is its object. An abstract is an
inverted index, {"Despite": [0], "growing": [1], …}: each word with its positions.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from .dates import utc_day
from .decoding import peek
from .ids import arxiv_id, doi
from .json_answers import (
    load_answer,
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
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .validation import build_page, excerpt, one_line, paragraphs, rejection

NAME = "openalex"
_WORK = re.compile(r'\s*\{\s*"id"\s*:\s*"https://openalex\.org/W\d+"')
_WORK_ID = re.compile(r"(?:https?://(?:api\.)?openalex\.org/)?(?:works/)?W\d+", re.IGNORECASE)
_LIST = (re.compile(r'\s*\{\s*"meta"\s*:\s*\{'), re.compile(r'"results"\s*:\s*\['))
_OWN = re.compile(
    r'"https://openalex\.org/|"abstract_inverted_index"\s*:|"db_response_time_ms"\s*:'
)
# What tells a work without its id (the API leaves out what is not selected) from other things.
_OF_WORKS = ("title", "authorships", "abstract_inverted_index", "publication_date")
_LONGEST_INDEX = 100_000
_CURE = "Fetch the answer again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a list of works, or like one work."""
    start = peek(data)
    if _LIST[0].match(start) and _LIST[1].search(start):
        return _OWN.search(start) is not None
    return _WORK.match(start) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the works of an answer, which has no day of its own: only `listed_on` gives one.

    Raises BadDump if it is an error, or lists counts instead of works.
    """
    answer, damaged = load_answer(data)
    works = _works(answer)
    day = listed_on
    results = [
        _read(work, number, day or received_on, damaged) for number, work in enumerate(works, 1)
    ]
    return build_page(NAME, day, results, _CURE)


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
        raise ValueError("its abstract is no index of words")
    for word, found in index.items():
        if not isinstance(found, list):
            raise ValueError("its abstract is no index of words")
        yield word, found


def _works(answer: object) -> list[object]:
    works = value_at(answer, "results")
    if isinstance(works, list):
        if not works and value_at(answer, "group_by"):
            raise BadDump("OpenAlex sent counts instead of works: ask without “group_by”.")
        return works
    if isinstance(answer, Mapping) and _is_work(answer):
        return [answer]
    raise_for_error(answer, "OpenAlex")
    raise NotThisFormat(
        "This JSON is neither a list of OpenAlex's works nor one of them: "
        "ask for an address that begins https://api.openalex.org/works."
    )


def _is_work(work: Mapping[str, object]) -> bool:
    if "id" in work:
        return isinstance(work["id"], str) and _WORK_ID.fullmatch(work["id"]) is not None
    return any(key in work for key in _OF_WORKS)


def _read(work: object, number: int, as_of: date, damaged: bool) -> Record | Skipped:
    if not isinstance(work, Mapping) or not _is_work(work):
        said = valid_name(value_at(work, "display_name")) or f"entry {number}"
        return Skipped(excerpt(said), "it is no work")
    title = one_line(strip_markup(work.get("title"))) or one_line(
        strip_markup(work.get("display_name"))
    )
    entry = excerpt(title or one_line(work.get("id")) or f"entry {number}")
    if work.get("is_paratext") is True:
        return Skipped(entry, "it is no paper but a part of its journal, like a cover")
    try:
        abstract = paragraphs(strip_markup(rebuilt(work.get("abstract_inverted_index"))))
    except ValueError as wrong:
        return Skipped(entry, str(wrong))
    if reason := rejection(title, abstract, damaged=damaged):
        return Skipped(entry, reason)
    return _record(work, title, abstract, as_of)


def _record(work: Mapping[str, object], title: str, abstract: str, as_of: date) -> Record:
    authors = objects_in(work.get("authorships"))
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
        organization=_organization(authors),
        published_on=utc_day(storable_text(work.get("publication_date"))),
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


def _organization(authors: list[Mapping[str, object]]) -> str:
    """Return the institution of the work if all authors have that one and no other, else ""."""
    found = [
        unique_names(
            value_at(place, "display_name") for place in objects_in(author.get("institutions"))
        )
        for author in authors
    ]
    return found[0][0] if found and len(found[0]) == 1 and len(set(found)) == 1 else ""


def _categories(work: Mapping[str, object]) -> tuple[str, ...]:
    topic = work.get("primary_topic")
    return unique_names(value_at(topic, level, "display_name") for level in ("field", "subfield"))
