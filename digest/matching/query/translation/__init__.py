"""Queries of other services in our language, with notes on what cannot be kept.

What people paste is read as the service reads it where it is one of Google Scholar, PubMed, arXiv,
Scopus or the Web of Science, an address of theirs, or a category. Anything else is not touched.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from digest.matching.query.keyword import KeywordError

from .boolean_parser import read_query
from .categories import with_categories
from .dialect import Dialect, Untranslatable
from .nodes import Node, written
from .notes import Notes
from .search_addresses import read_address
from .services import (
    arxiv_queries,
    pubmed_queries,
    scholar_queries,
    scopus_queries,
    web_of_science_queries,
)
from .single_papers import refuse_single_paper

MAX_QUERY_LENGTH = 8_000  # characters of a text that is translated
_MOST_TURNS = 5
_ENCODED = re.compile(r"%(?:20|22|28|29|3A|5B|2B)|\+(?:AND|OR|ANDNOT|NOT)\+", re.IGNORECASE)
_PARAMETER = re.compile(r"(?:search_query|query|term|q)=")
_HISTORY = re.compile(r"[#(]*#\d+(?:\s+(?:AND|OR|NOT)\s+[(]*#\d+[)]*)*\)*", re.IGNORECASE)
_QUOTES = str.maketrans("“”„", '"""')
# What no text without it is touched for: cheap, because every keyword is asked.
_MAYBE = re.compile(
    r"[:=%\[/#.]|(?<=[A-Za-z])(?<!\bAND)(?<!\bOR)(?<!\bNOT)\s*\(|PUBYEAR|(?i:pmid|pmc)"
    r"|-(?i:ph|th|ex|lat|mat|qc|bio)\b"
)


@dataclass(frozen=True, slots=True)
class Translation:
    """A query in our language, of any length, and clauses on what was not kept."""

    text: str
    notes: tuple[str, ...] = ()


def translate(text: str) -> Translation | None:
    """Translate a pasted query; None if it is no query of another service.

    Raises KeywordError if it names one paper, or if nothing is left to search for.
    """
    if len(text) > MAX_QUERY_LENGTH or not _MAYBE.search(text):
        return None
    notes = Notes()
    read, turns = text, 0
    while (turn := _turn(read, notes)) is not None and turn != read:
        read, turns = turn, turns + 1
        if turns == _MOST_TURNS:
            raise KeywordError("It holds queries inside queries. Paste the innermost one.", 0)
    found = notes.clauses()
    return None if read == text and not found else Translation(read, found)


def _turn(text: str, notes: Notes) -> str | None:
    """The text after one translation; None if there is nothing to translate."""
    text = text.strip()
    if found := read_address(text, notes):
        query, dialect = found
        return _in_our_language(query, dialect, notes, or_else=query) if dialect else query
    refuse_single_paper(text)
    if _HISTORY.fullmatch(text):
        raise KeywordError(
            f"“{text[:40]}” stands for lines of a search history. Paste those lines instead.", 0
        )
    if _ENCODED.search(text):
        decoded = (unquote if " " in text else unquote_plus)(_PARAMETER.sub("", text, count=1))
        return " ".join(decoded.split())
    text = text.translate(_QUOTES)
    for matches, dialect in _DIALECTS:
        if matches(text):
            return _in_our_language(text, dialect, notes, or_else=None)
    return with_categories(text)


def _in_our_language(
    text: str, dialect: Dialect, notes: Notes, *, or_else: str | None
) -> str | None:
    """The query written our way; `or_else` if it is not written as its service wants it."""
    own = Notes()
    try:
        found = written(_read(text, dialect, own))
    except Untranslatable as trouble:
        notes.say(f"not read as a query of {dialect.name} because {trouble}: {{}}", text)
        return or_else
    notes.add(own)
    if not found:
        raise KeywordError(_nothing_left(dialect, notes), 0)
    return found


def _read(text: str, dialect: Dialect, notes: Notes) -> Node | None:
    if dialect is scholar_queries.DIALECT:
        return scholar_queries.read_scholar(text, notes)
    return read_query(text, dialect, notes)


def _nothing_left(dialect: Dialect, notes: Notes) -> str:
    why = "; ".join(notes.clauses())
    return f"Nothing of this query of {dialect.name} is left to search for: {why}. Add a word."


_DIALECTS: tuple[tuple[Callable[[str], bool], Dialect], ...] = (
    (scopus_queries.is_scopus, scopus_queries.DIALECT),
    (web_of_science_queries.is_web_of_science, web_of_science_queries.DIALECT),
    (pubmed_queries.is_pubmed, pubmed_queries.DIALECT),
    (arxiv_queries.is_arxiv, arxiv_queries.DIALECT),
    (scholar_queries.is_scholar, scholar_queries.DIALECT),
)
