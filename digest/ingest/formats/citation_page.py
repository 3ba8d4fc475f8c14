"""The page of one paper, at the arXiv or a publisher's, that describes itself to search engines.

    <meta name="citation_title" content="…">  citation_author (one each), citation_doi,
    citation_publication_date, citation_journal_title, citation_abstract, …

https://scholar.google.com/intl/en/scholar/inclusion.html#indexing has the names. Where the abstract
is not among them, Dublin Core's `dc.description` and the arXiv's `blockquote.abstract` are asked.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from .entries import json_works
from .entries.arxiv_entry import arxiv_categories, categories_in_brackets, says_withdrawn
from .entries.json_answers import unique_names, valid_name, valid_names, web_address
from .entries.library_entry import most_exact
from .fields.authors import split_authors
from .fields.dates import PublishedOn
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import decode, is_html, peek
from .text.html_events import classes, read_html
from .validation import build_page, excerpt, one_line, paragraphs, title_rejection

NAME = "citation_page"
_TITLE = re.compile(r"""<meta\s[^<>]{0,500}?["']?citation_title\b""", re.IGNORECASE)
# Pages of the daily-papers site carry their data in these elements; its reader knows more.
_OF_OTHERS = re.compile(r"""data-target=["']?(?:DailyPapers|PaperContent)\b""")
_BLOCKS = frozenset({"blockquote", "td"})
_SHOWN = frozenset({"abstract", "comments", "subjects"})  # classes on pages of the arXiv
_JOURNALS = ("citation_journal_title", "citation_conference_title", "citation_inbook_title")
_ABSTRACTS = ("citation_abstract", "dcterms.abstract", "dc.description.abstract", "dc.description")
_ADDRESSES = ("citation_abstract_html_url", "citation_public_url", "citation_fulltext_html_url",
              "og:url")  # fmt: skip
# At the arXiv citation_online_date is that of the newest version.
_DATES = ("citation_date", "citation_publication_date", "citation_online_date", "citation_year",
          "dc.date", "dcterms.issued")  # fmt: skip
_ONLINE_FIRST = ("citation_online_date", *_DATES)
_DESCRIPTOR = re.compile(r"\A\s*Abstract:?\s*", re.IGNORECASE)
_LARGEST = 30_000_000
_CURE = "Open the page, wait until it has loaded, and save it again."


class _Listener:
    """What a page says of itself: its <meta> elements, its link, and texts that are shown.

    `meta` has the contents by their names in lower case.
    """

    def __init__(self) -> None:
        self.meta: dict[str, list[str]] = {}
        self.canonical = ""
        self._shown: dict[str, list[str]] = {}
        self._field = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "meta":
            name = attributes.get("name") or attributes.get("property") or ""
            content = attributes.get("content", "")
            self.meta.setdefault(name.strip().lower(), []).append(content)
        elif tag == "link" and attributes.get("rel", "").lower() == "canonical":
            self.canonical = self.canonical or attributes.get("href", "")
        elif tag in _BLOCKS:
            found = next((name for name in classes(attributes) if name in _SHOWN), "")
            self._field = "" if found in self._shown else found

    def end(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._field = ""

    def text(self, text: str) -> None:
        if self._field:
            self._shown.setdefault(self._field, []).append(text)

    def first(self, *names: str) -> str:
        """Return the content of the first of these <meta> elements that has one."""
        return next(
            (text for name in names for text in self.meta.get(name, ()) if text.strip()), ""
        )

    def shown(self, name: str) -> str:
        """Return the text of the first <blockquote> or <td> of that class."""
        return "".join(self._shown.get(name, ()))


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a page with such a description."""
    text = peek(data)
    is_page = is_html(text) and _TITLE.search(text) is not None
    return is_page and _OF_OTHERS.search(text) is None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the page's one paper; only `listed_on` gives a day.

    Raises BadDump if it has no title.
    """
    if len(data) > _LARGEST:
        raise NotThisFormat(f"This is over {_LARGEST // 1_000_000} MB, too large for a page.")
    decoded = decode(data)
    if not is_html(decoded.text):
        raise NotThisFormat("This is not a web page. Save the paper's page as HTML.")
    page = _Listener()
    read_html(decoded.text, page)
    if "citation_title" not in page.meta:
        raise NotThisFormat("This page does not describe a paper. Save the paper's own page.")
    result = _read(page, listed_on or received_on, decoded.damaged)
    if isinstance(result, Skipped):
        raise BadDump(f"The page's paper cannot be read: {result.reason}. {_CURE}")
    return build_page(NAME, listed_on, [result], _CURE, damaged=decoded.damaged)


def _read(page: _Listener, as_of: date, damaged: bool) -> Record | Skipped:
    title = json_works.markup_title(page.first("citation_title"))
    abstract = json_works.abstract_text(page.first(*_ABSTRACTS)) or _shown_abstract(page)
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title), reason)
    identifier = arxiv_id(page.first("citation_arxiv_id")) or arxiv_id(page.first("citation_doi"))
    its_doi = next(filter(None, map(doi, _identifiers(page))), "")
    authors = tuple(_authors(page))
    dated = _published_on(page, is_arxiv=bool(identifier))
    comment = one_line(page.shown("comments")) if identifier else ""
    return Record(
        title=title,
        abstract=abstract,
        authors=authors,
        author_count=len(authors) or None,
        journal=valid_name(page.first(*_JOURNALS)),
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url="" if identifier or its_doi else _address(page),
        arxiv_id=identifier,
        doi=its_doi,
        keywords=unique_names(_keywords(page)),
        categories=arxiv_categories(categories_in_brackets(page.shown("subjects"))),
        withdrawn_on=as_of if identifier and says_withdrawn(comment, abstract) else None,
    )


def _identifiers(page: _Listener) -> Iterator[str]:
    for name in ("citation_doi", "dc.identifier", "dc.identifier.doi", "prism.doi"):
        yield from page.meta.get(name, ())


def _authors(page: _Listener) -> Iterator[str]:
    for author in page.meta.get("citation_author", ()):
        yield from valid_names(split_authors(author))
    if "citation_author" not in page.meta:
        for line in page.meta.get("citation_authors", []) or page.meta.get("dc.creator", []):
            yield from valid_names(split_authors(line))


def _keywords(page: _Listener) -> Iterator[str]:
    for line in page.meta.get("citation_keywords", ()):
        yield from line.split(";") if ";" in line else line.split(",")


def _published_on(page: _Listener, *, is_arxiv: bool) -> PublishedOn | None:
    return most_exact(map(page.first, _DATES if is_arxiv else _ONLINE_FIRST))


def _address(page: _Listener) -> str:
    candidates = (page.canonical, *(page.first(name) for name in _ADDRESSES))
    return next(filter(None, map(web_address, candidates)), "")


def _shown_abstract(page: _Listener) -> str:
    return paragraphs(_DESCRIPTOR.sub("", page.shown("abstract"), count=1))
