"""Answers of the arXiv's API: Atom, https://info.arxiv.org/help/api/user-manual.html.

An error is an entry like a paper's, and an answer that should hold papers may hold none.
"""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from .entries.arxiv_entry import ArxivEntry, entry_to_record
from .fields.dates import utc_day
from .records import BadDump, NotThisFormat, Page
from .text.decoding import peek
from .text.xml_tree import noted, read_tree, root_name
from .validation import build_page, excerpt, one_line

NAME = "arxiv_atom"
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_MARK = "arxiv.org/api/"
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like an answer of the API, errors included."""
    text = peek(data)
    return root_name(text) == "feed" and _MARK in text


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of an answer; the page's day is `listed_on`, else that of the answer.

    Raises BadDump if the API answered with an error, or without papers although it has some.
    """
    tree = read_tree(data, "feed", ["entry"])
    feed = tree.root
    if feed.tag != f"{_ATOM}feed" or not _is_from_api(feed):
        raise NotThisFormat("This feed is not a response of the arXiv API. Read it as “feed”.")
    entries = feed.findall(f"{_ATOM}entry")
    _refuse_errors(entries)
    day = listed_on or utc_day(feed.findtext(f"{_ATOM}updated"))
    if not entries:
        _refuse_lost_entries(feed)
    as_of, damaged = day or received_on, tree.is_damaged
    results = [entry_to_record(_entry(each), as_of, damaged=damaged) for each in entries]
    page = build_page(NAME, day, [*results, *tree.skipped], _CURE, damaged=damaged)
    return noted(page, tree)


def _is_from_api(feed: Element) -> bool:
    ids = (element.text or "" for element in feed.iter(f"{_ATOM}id"))
    return any(_MARK in text for text in ids)


def _refuse_errors(entries: list[Element]) -> None:
    for entry in entries:
        if "/api/errors" in entry.findtext(f"{_ATOM}id", ""):
            said = excerpt(one_line(entry.findtext(f"{_ATOM}summary"))) or "no reason given"
            raise BadDump(
                f"The arXiv returned an error ({said}). Correct the query and fetch it again."
            )


def _refuse_lost_entries(feed: Element) -> None:
    """Raise BadDump for an empty page in the middle of a list, which the API sends at times."""
    total, start, asked = (
        int(text) if (text := feed.findtext(f"{_SEARCH}{name}", "").strip()).isdecimal() else 0
        for name in ("totalResults", "startIndex", "itemsPerPage")
    )
    if asked and start < total:
        raise BadDump(f"The arXiv reports {total:,} papers but sent none of them. Fetch it again.")


def _entry(entry: Element) -> ArxivEntry:
    return ArxivEntry(
        name=entry.findtext(f"{_ATOM}id", ""),
        title=entry.findtext(f"{_ATOM}title", ""),
        abstract=entry.findtext(f"{_ATOM}summary", ""),
        authors=tuple(name.text or "" for name in entry.iterfind(f"{_ATOM}author/{_ATOM}name")),
        comment=entry.findtext(f"{_ARXIV}comment", ""),
        doi=entry.findtext(f"{_ARXIV}doi", ""),
        categories=tuple(_categories(entry)),
        published_on=utc_day(entry.findtext(f"{_ATOM}published")),
        revised_on=utc_day(entry.findtext(f"{_ATOM}updated")),
    )


def _categories(entry: Element) -> Iterator[str]:
    """The primary one first."""
    for tag in (f"{_ARXIV}primary_category", f"{_ATOM}category"):
        for element in entry.iterfind(tag):
            yield element.get("term", "")
