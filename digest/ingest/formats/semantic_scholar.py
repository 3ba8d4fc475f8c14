"""Answers of Semantic Scholar's API: JSON, https://api.semanticscholar.org/api-docs/graph.

    {"total": …, "offset": 0, "next": …, "data": [{"paperId": …, "title": …}]}   a search
    {"total": …, "token": …, "data": […]}                                       a bulk search
    [{…}, null]                      a batch: null for an unknown paper
    {"recommendedPapers": […]}       recommendations
    {"data": [{"citingPaper": {…}}]} citations, or citedPaper: references
    {"paperId": …}                   one paper, or one a line

A paper holds the fields that were asked for; its abstract may be missing for legal reasons.
"""

import re
from collections.abc import Mapping
from datetime import date

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
from .entries.json_works import find_works
from .fields.dates import published, published_parts
from .fields.journals import is_preprint_server
from .identifiers.ids import arxiv_id, doi
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import build_page, excerpt, one_line, paragraphs, title_rejection

NAME = "semantic_scholar"
_PAPER = re.compile(r'"paperId"\s*:\s*(?:"[0-9a-f]{40}"|null)')
_EMPTY = re.compile(
    r'\s*\{\s*"total"\s*:\s*"?0"?\s*,\s*"(?:offset|token)"\s*:\s*(?:"?0"?|null)\s*'
    r'(?:,\s*"data"\s*:\s*\[\s*\]\s*)?\}\s*'
)
_LISTS = ("data", "recommendedPapers")
_WRAPPED = ("citingPaper", "citedPaper")
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such an answer, even one without papers."""
    start = peek(data)
    if not start.lstrip().startswith(("{", "[")):
        return False
    return _PAPER.search(start) is not None or _EMPTY.fullmatch(start) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of an answer, which has no day of its own: only `listed_on` gives one.

    Raises BadDump if it is an error or holds no titles.
    """
    papers, damaged = find_works(data, _papers)
    results = [_read(paper, number, damaged) for number, paper in enumerate(papers, 1)]
    return build_page(NAME, listed_on, results, _CURE, damaged=damaged)


def _papers(answer: object) -> list[object]:
    if isinstance(answer, list):
        return answer
    for key in _LISTS:
        if isinstance(found := value_at(answer, key), list):
            return found
    if value_at(answer, "paperId"):
        return [answer]
    if value_at(answer, "total") in (0, "0"):
        return []
    raise_for_error(answer, "Semantic Scholar")
    raise NotThisFormat(
        "This JSON contains no Semantic Scholar papers. Use an address that starts with "
        "https://api.semanticscholar.org/graph/v1/paper/."
    )


def _read(paper: object, number: int, damaged: bool) -> Record | Skipped:
    if isinstance(paper, Skipped):
        return paper
    for key in _WRAPPED:
        paper = value_at(paper, key) or paper
    if paper is None:
        return Skipped(f"entry {number}", "Semantic Scholar does not know this paper")
    if not isinstance(paper, Mapping) or "paperId" not in paper:
        return Skipped(f"entry {number}", "it is not a paper")
    title, abstract = (strip_markup(paper.get(name)) for name in ("title", "abstract"))
    title, abstract = one_line(title), paragraphs(abstract)
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title or one_line(paper["paperId"]) or f"entry {number}"), reason)
    return _record(paper, title, abstract)


def _record(paper: Mapping[str, object], title: str, abstract: str) -> Record:
    authors = objects_in(paper.get("authors"))
    dated = published(paper.get("publicationDate")) or published_parts(paper.get("year"))
    named = storable_text(value_at(paper, "externalIds", "DOI"))
    # Some papers have the arXiv's DOI and no id.
    identifier = arxiv_id(storable_text(value_at(paper, "externalIds", "ArXiv"))) or arxiv_id(named)
    its_doi = doi(named)
    return Record(
        title=title,
        abstract=abstract,
        authors=valid_names(author.get("name") for author in authors),
        author_count=len(authors) or None,
        journal=_journal(paper),
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url="" if identifier or its_doi else web_address(paper.get("url")),
        arxiv_id=identifier,
        doi=its_doi,
        # Those of the arXiv are finer.
        categories=() if identifier else _fields_of_study(paper),
    )


def _journal(paper: Mapping[str, object]) -> str:
    """Return the journal or conference; preprint servers, which stand there too, are neither."""
    named = valid_name(value_at(paper, "journal", "name")) or valid_name(paper.get("venue"))
    return "" if is_preprint_server(named) else named


def _fields_of_study(paper: Mapping[str, object]) -> tuple[str, ...]:
    given = paper.get("fieldsOfStudy")
    found = (field.get("category") for field in objects_in(paper.get("s2FieldsOfStudy")))
    return unique_names([*(given if isinstance(given, list) else ()), *found])
