"""Pages of the arXiv that list papers, saved as HTML.

    /list/cs.AI/new      <h3>Showing new listings for Friday, 20 November 2026</h3>, then sections
    /list/cs.AI/recent   <h3>Fri, 20 Nov 2026 (showing 25 of 120 entries )</h3>, without abstracts
        <dt><a href="/abs/2611.00001" …>arXiv:2611.00001</a> (cross-list from cs.CL)</dt>
        <dd><div class="list-title">…</div><div class="list-authors">…</div>
            <div class="list-subjects">… (cs.AI)</div><p class="mathjax">the abstract</p></dd>
    /search              <li class="arxiv-result"> with p.title, p.authors, span.abstract-full

Time and memory are linear in the size of the page.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from .entries.arxiv_entry import ArxivEntry, categories_in_brackets, entry_to_record, says_withdrawn
from .entries.columns import build_table_page
from .fields.authors import split_authors
from .fields.dates import published
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import decode, is_html, peek
from .text.html_events import classes, read_html
from .validation import REPLACEMENT, excerpt, one_line

NAME = "arxiv_html"
_MARK = re.compile(
    r"""\bid=["']?dlpage\b|\bclass=["']?(?:arxiv-result|list-title(?: mathjax)?)["'> ]""",
    re.IGNORECASE,
)
_ABSTRACT_PAGE = re.compile(r"(?:https?://(?:[a-z]+\.)?arxiv\.org)?/abs/(?P<id>\S+)", re.IGNORECASE)
_LISTING = {
    "list-title": "title",
    "list-authors": "authors",
    "list-comments": "comments",
    "list-subjects": "subjects",
    "list-journal-ref": "journal",
    "mathjax": "abstract",
}
_SEARCH = {
    "list-title": "label",
    "tag": "tags",
    "title": "title",
    "authors": "authors",
    "abstract-full": "abstract",
    "abstract-short": "",
    "comments": "comments",
    "is-size-7": "submitted",
}
_DESCRIPTOR = re.compile(r"(?:(?:Title|Authors?|Comments|Subjects|Journal-ref):|Submitted) ?", re.I)
_DAY = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]{2,8}),? (?:20)?(\d\d)\b")
_NOT_SHOWN = re.compile(r"\(?(\d{1,4}) additional authors? not shown\)?", re.IGNORECASE)
_REPLACED = re.compile(r"\breplace(?:d\b|ment)", re.IGNORECASE)
_NOTHING = re.compile(r"\bno updates\b|\btotal of 0 entries\b|\bproduced no results\b", re.I)
_HEADINGS = frozenset({"h1", "h2", "h3"})
_LARGEST = 30_000_000
_BLOCKS = frozenset({"div", "p", "dt", "dd"})
_MOST_ENTRIES = 20_000
_CURE = "Open the page, wait until it has loaded, and save it again."


@dataclass(slots=True)
class _Entry:
    """What has been found of one paper, each field in pieces."""

    day: date | None
    is_replaced: bool = False
    is_found_by_search: bool = False
    name: str = ""
    pieces: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        found = one_line("".join(self.pieces.get(name, ())))
        label = _DESCRIPTOR.match(found)
        return found[label.end() :] if label else found


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such a page."""
    text = peek(data)
    return is_html(text) and "arxiv" in text.lower() and _MARK.search(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the page; `listed_on` overrides the days above them.

    Replacements are left out, unless they withdraw the paper. What a search found is backfill. A
    page that says that there is nothing new has no records; any other without papers, or no page of
    the arXiv, raises BadDump.
    """
    if len(data) > _LARGEST:
        raise NotThisFormat(f"This is over {_LARGEST // 1_000_000} MB, too large for a page.")
    decoded = decode(data)
    if not is_html(decoded.text) or not _MARK.search(decoded.text):
        raise NotThisFormat("This is not a listing page of the arXiv. Save that page as HTML.")
    listener = _Listener()
    read_html(decoded.text, listener)
    entries = listener.entries
    if len(entries) > _MOST_ENTRIES:
        raise BadDump(f"The page lists more than {_MOST_ENTRIES:,} papers. Save fewer at once.")
    if not entries and not _NOTHING.search(decoded.text):
        raise BadDump(f"This page of the arXiv lists no papers. {_CURE}")
    results = [_read(each, listed_on or received_on, decoded.damaged) for each in entries]
    is_search = any(each.is_found_by_search for each in entries)
    return build_table_page(
        NAME, results, listed_on, _CURE, damaged=decoded.damaged, is_backfill=is_search
    )


class _Listener:
    """The entries of a page; each <dt> or result of a search starts one."""

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self._heading: list[str] | None = None
        self._section = ""
        self._day: date | None = None
        self._field = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        is_result = "arxiv-result" in classes(attributes)
        if is_result or tag in _HEADINGS or tag == "dt":
            self._end_heading()
        if tag in _HEADINGS:
            self._heading = []
        elif is_result or tag == "dt":
            if len(self.entries) > _MOST_ENTRIES:
                return
            is_replaced = _REPLACED.search(self._section) is not None
            self.entries.append(_Entry(self._day, is_replaced, is_result))
            self._field = "label"
        elif self.entries:
            self._field = _field(tag, attributes, self.entries[-1], self._field)

    def end(self, tag: str) -> None:
        if tag in _BLOCKS and self._field != "label":
            self._field = ""

    def text(self, text: str) -> None:
        if self._heading is not None:
            self._heading.append(text)
        elif self.entries and self._field:
            self.entries[-1].pieces.setdefault(self._field, []).append(text)

    def _end_heading(self) -> None:
        if self._heading is not None:
            self._section = one_line("".join(self._heading))
            self._day = _day(self._section) or self._day
            self._heading = None


def _field(tag: str, attributes: Mapping[str, str], entry: _Entry, current: str) -> str:
    """Return which field the text behind the element's start belongs to; take the paper's id."""
    if tag == "a":
        return _field_in_link(attributes, entry, current)
    if tag == "dd":
        return ""
    is_block = tag in ("div", "p")
    if not is_block and not entry.is_found_by_search:
        return current
    fields = _SEARCH if entry.is_found_by_search else _LISTING
    names = (fields[name] for name in classes(attributes) if name in fields)
    found = next(names, "" if is_block else current)
    # A field begins once: the second one belongs to a paper whose start is lost.
    is_second = is_block and found in entry.pieces and found != "label"
    return "" if is_second else found


def _field_in_link(attributes: Mapping[str, str], entry: _Entry, current: str) -> str:
    named = _ABSTRACT_PAGE.fullmatch(attributes.get("href", "").strip())
    if current == "label" and named and not entry.name:
        entry.name = named["id"]
    is_button = entry.is_found_by_search and "is-size-7" in classes(attributes)
    return "" if is_button else current


def _day(heading: str) -> date | None:
    """Return the day in a heading like `Fri, 20 Nov 2026 (showing 25 of 120 entries )`."""
    found = _DAY.search(heading)
    dated = published(f"{found[1]} {found[2]} 20{found[3]}") if found else None
    return dated.day if dated else None


def _read(entry: _Entry, as_of: date, damaged: bool) -> Record | Skipped:
    title, abstract, comment = map(entry.text, ("title", "abstract", "comments"))
    is_replaced = entry.is_replaced or _REPLACED.search(entry.text("label")) is not None
    if is_replaced and not says_withdrawn(comment, abstract):
        return Skipped(excerpt(title), REPLACEMENT)
    authors = entry.text("authors")
    names = split_authors(_NOT_SHOWN.sub("", authors), spoken_order=True)
    submitted = published(entry.text("submitted").partition(";")[0])
    found = entry_to_record(
        ArxivEntry(
            name=entry.name,
            title=title,
            abstract=abstract,
            authors=names,
            comment=comment,
            categories=_categories(entry),
            published_on=submitted.day if submitted else None,
        ),
        as_of,
        damaged=damaged,
    )
    if isinstance(found, Skipped):
        return found
    hidden = _NOT_SHOWN.search(authors)
    count = len(names) + int(hidden[1]) if hidden else None
    return dataclasses.replace(found, listed_on=entry.day, author_count=count)


def _categories(entry: _Entry) -> tuple[str, ...]:
    return tuple(categories_in_brackets(entry.text("subjects")) or entry.text("tags").split())
