"""Addresses of arXiv: papers, listings, authors, and its three ways to search."""

import re
from collections.abc import Mapping

from .categories import known_category
from .dialect import JOURNALS, NUMBERS
from .notes import Notes
from .single_papers import names_one_paper
from .years import between

_PAPER = re.compile(r"/(?:abs|pdf|html|format|e-print|ps|src|overview)/\S+")
_LISTING = re.compile(r"/(?:list|archive|year|catchup)/([\w.-]+)(?:/.*)?")
_AUTHOR = re.compile(r"/a/([a-z_]+?)_(\d+)(?:\.\w+)?")
_SEARCH = re.compile(r"/(?:search|find)(?:/([\w-]+))?/?.*")
_FIELDS = {
    "all": "", "full_text": "", "title": "ti:", "author": "au:", "authors": "au:",
    "abstract": "abs:", "cross_list_category": "cat:", "primary_classification": "cat:",
}  # fmt: skip
_MOST_TERMS = 20


def read_arxiv(path: str, fields: Mapping[str, str], notes: Notes) -> str | None:
    """The query that an address of arXiv holds; None if there is none.

    Raises KeywordError if it names one paper.
    """
    if _PAPER.fullmatch(path):
        raise names_one_paper("This is the address of a paper at arXiv")
    if listing := _LISTING.fullmatch(path):
        name = known_category(listing[1])
        return f"category:{name}" if name else None
    if author := _AUTHOR.fullmatch(path):
        return f"author:{author[1].replace('_', ' ')}"
    if path.startswith("/api/query"):
        if "id_list" in fields and "search_query" not in fields:
            raise names_one_paper("This address lists papers of arXiv by number")
        return fields.get("search_query")
    return _search(path, fields, notes) if _SEARCH.fullmatch(path) else None


def _search(path: str, fields: Mapping[str, str], notes: Notes) -> str | None:
    """The query of the search form, or of the advanced one."""
    terms = []
    if "query" in fields:
        terms.append(_term(fields["query"], fields.get("searchtype", "all"), notes))
    for number in range(_MOST_TERMS):
        if typed := fields.get(f"terms-{number}-term"):
            term = _term(typed, fields.get(f"terms-{number}-field", "all"), notes)
            operator = fields.get(f"terms-{number}-operator", "AND").upper()
            is_operator = operator in ("AND", "OR", "NOT")
            terms += [operator if is_operator else "AND", term] if any(terms) and term else [term]
    query = " ".join(filter(None, terms))
    archive = _SEARCH.fullmatch(path)
    name = known_category(archive[1]) if archive and archive[1] else None
    if query and name:
        query = f"({query}) AND cat:{name}"
    first, last = (
        fields.get("date-from_date") or fields.get("date-year", ""),
        fields.get("date-to_date", ""),
    )
    if query and (first or last) and between(first, last, f"{first}–{last}", notes):
        query = f"({query}) AND since:{first[:4]}"
    return query


def _term(typed: str, kind: str, notes: Notes) -> str:
    if kind not in _FIELDS:
        notes.left_out(typed, JOURNALS if kind == "journal_ref" else NUMBERS)
        return ""
    field = _FIELDS[kind]
    return f"{field}({typed})" if field and " " in typed.strip() else f"{field}{typed}"
