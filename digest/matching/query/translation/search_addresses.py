"""Addresses of searches, lists and papers, as they are copied from a browser."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from digest.matching.query.keyword import KeywordError

from .arxiv_addresses import read_arxiv
from .dialect import FILTERS, JOURNALS, Dialect
from .notes import Notes
from .services import (
    arxiv_queries,
    pubmed_queries,
    scholar_queries,
    scopus_queries,
    web_of_science_queries,
)
from .single_papers import names_one_paper
from .years import between

Parameters = Mapping[str, str]
_ADDRESS = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,12})(?::\d+)?(?:[/?#]\S*)?", re.I)
_NO_SEARCH = (
    "This is a web address without a search in it. Enter the words or the author that you are "
    "interested in."
)
_MOST_PARAMETERS = 100


def read_address(text: str, notes: Notes) -> tuple[str, Dialect | None] | None:
    """The query that an address of a known service holds, and its language; None for ours.

    Returns None if the text is anything else. Raises KeywordError if the address names one paper,
    or holds no query.
    """
    found = _ADDRESS.fullmatch(text)
    if not found:
        return None
    host = found[1].lower().removeprefix("www.")
    known = next((known for known in _HOSTS if known[0].fullmatch(host)), None)
    if known is None:
        if "://" in text:
            notes.say("an address is looked for as words: {}", text)
        return None
    _, read, dialect = known
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        fields = parse_qs(parts.query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise KeywordError(_NO_SEARCH, 0) from None
    query = read(parts.path, {name: " ".join(values) for name, values in fields.items()}, notes)
    if query is None or not query.strip():
        raise KeywordError(_NO_SEARCH, 0)
    return " ".join(query.split()), dialect


def _doi(path: str, _: Parameters, __: Notes) -> str | None:
    if path.strip("/"):
        raise names_one_paper("This is the address of a paper")
    return None


def _scholar(path: str, fields: Parameters, notes: Notes) -> str | None:
    if "user" in fields:
        raise KeywordError(
            "This is the address of somebody’s profile, which has no name in it. Enter the author, "
            "such as author:Ada Lovelace.",
            0,
        )
    if "cites" in fields or fields.get("q", "").startswith("related:"):
        raise KeywordError(
            "This address asks for papers that cite or resemble another one, which can’t be "
            "searched for. Enter words that they have in common.",
            0,
        )
    terms = [fields.get("q", ""), fields.get("as_q", "")]
    if exact := fields.get("as_epq"):
        terms.append(f'"{exact}"')
    if any_of := fields.get("as_oq", "").split():
        terms.append(f"({' OR '.join(any_of)})")
    terms += [f"-{word}" for word in fields.get("as_eq", "").split()]
    if author := fields.get("as_sauthors"):
        terms.append(author if "author:" in author else f'author:"{author}"')
    if journal := fields.get("as_publication"):
        notes.left_out(journal, JOURNALS)
    query = " ".join(filter(None, terms))
    if query and fields.get("as_occt") == "title":
        query = f"allintitle: {query}"
    return _since(query, fields.get("as_ylo", ""), fields.get("as_yhi", ""), notes)


def _pubmed(path: str, fields: Parameters, notes: Notes) -> str | None:
    if re.search(r"/\d{3,9}\b|/PMC\d{4,9}\b", path):
        raise names_one_paper("This is the address of a PubMed record")
    query, years = fields.get("term", ""), ""
    for name, value in fields.items():
        for each in value.split() if name == "filter" else ():
            if each.startswith("years."):
                years = each.removeprefix("years.")
            else:
                notes.left_out(each, FILTERS)
    first, _, last = years.partition("-")
    return _since(f"({query})" if years else query, first, last, notes)


def _since(query: str, first: str, last: str, notes: Notes) -> str | None:
    """The query from a year on."""
    if not query or not (first or last):
        return query or None
    start = between(first, last, f"{first}–{last}", notes)
    return query if start is None else f"{query} since:{first[:4]}"


def _scopus(_: str, fields: Parameters, __: Notes) -> str | None:
    return fields.get("s")


def _web_of_science(_: str, __: Parameters, ___: Notes) -> str | None:
    raise KeywordError(
        "This address of the Web of Science holds no query. Copy the query itself and paste that.",
        0,
    )


def _semantic_scholar(path: str, fields: Parameters, _: Notes) -> str | None:
    if path.startswith("/paper/"):
        raise names_one_paper("This is the address of a paper at Semantic Scholar")
    return fields.get("q")


def _hugging_face(path: str, fields: Parameters, _: Notes) -> str | None:
    if path.startswith("/papers/") and path[8:9].isdigit():
        raise names_one_paper("This is the address of a paper at Hugging Face")
    return fields.get("q") or fields.get("search")


_Read = Callable[[str, Parameters, Notes], str | None]
_HOSTS: tuple[tuple[re.Pattern[str], _Read, Dialect | None], ...] = (
    (re.compile(r"(?:export\.|xxx\.)?arxiv\.org|alphaxiv\.org"), read_arxiv, arxiv_queries.DIALECT),
    (re.compile(r"scholar\.google(?:\.[a-z]{2,3}){1,2}"), _scholar, scholar_queries.DIALECT),
    (re.compile(r"(?:pubmed\.|pmc\.)?ncbi\.nlm\.nih\.gov"), _pubmed, pubmed_queries.DIALECT),
    (re.compile(r"(?:dx\.)?doi\.org"), _doi, None),
    (re.compile(r"scopus\.com"), _scopus, scopus_queries.DIALECT),
    (re.compile(r"webofscience\.com"), _web_of_science, web_of_science_queries.DIALECT),
    (re.compile(r"semanticscholar\.org"), _semantic_scholar, None),
    (re.compile(r"huggingface\.co"), _hugging_face, None),
)
