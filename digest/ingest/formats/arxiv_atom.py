"""Answers of the arXiv's API: Atom, https://info.arxiv.org/help/api/user-manual.html.

An error is an entry like a paper's, and an answer that should hold papers may hold none.
"""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from .arxiv_entry import ArxivEntry, entry_to_record
from .dates import utc_day
from .decoding import peek
from .records import BadDump, NotThisFormat, Page
from .validation import build_page, excerpt, one_line
from .xml_tree import read_tree, root_name

NAME = "arxiv_atom"
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_MARK = "arxiv.org/api/"
_CURE = "Fetch the answer again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like an answer of the API, errors included."""
    text = peek(data)
    return root_name(text) == "feed" and _MARK in text


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of an answer; the page's day is `listed_on`, else that of the answer.

    Raises BadDump if the API answered with an error, or without papers although it has some.
    """
    feed = read_tree(data, "feed")
    if feed.tag != f"{_ATOM}feed" or not _is_from_api(feed):
        raise NotThisFormat("This feed is not an answer of the arXiv's API: read it as “feed”.")
    entries = feed.findall(f"{_ATOM}entry")
    _refuse_errors(entries)
    day = listed_on or utc_day(feed.findtext(f"{_ATOM}updated"))
    if not entries:
        _refuse_lost_entries(feed)
    results = [entry_to_record(_entry(entry), day or received_on) for entry in entries]
    return build_page(NAME, day, results, _CURE)


def _is_from_api(feed: Element) -> bool:
    ids = (element.text or "" for element in feed.iter(f"{_ATOM}id"))
    return any(_MARK in text for text in ids)


def _refuse_errors(entries: list[Element]) -> None:
    for entry in entries:
        if "/api/errors" in entry.findtext(f"{_ATOM}id", ""):
            said = excerpt(one_line(entry.findtext(f"{_ATOM}summary"))) or "no reason given"
            raise BadDump(
                f"The arXiv answered with an error ({said}): correct the query and fetch again."
            )


def _refuse_lost_entries(feed: Element) -> None:
    """Raise BadDump for an empty page in the middle of a list, which the API sends at times."""
    total, start, asked = (
        int(text) if (text := feed.findtext(f"{_SEARCH}{name}", "").strip()).isdecimal() else 0
        for name in ("totalResults", "startIndex", "itemsPerPage")
    )
    if asked and start < total:
        raise BadDump(
            f"The arXiv says that it has {total:,} papers, but sent none of them: fetch it again."
        )


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
