"""The cards of a daily-papers page in HTML: title, votes, authors' count and comments.

    <article> … Submitted by … 94 <h3><a href="/papers/2407.21783">Title</a></h3>
              · 533 authors … <a href="/papers/2407.21783#community">5</a> </article>

A saved page may have the whole address in its links. The page is walked once, from its first
element to its last, without recursion: a broken one may be nested a hundred thousand deep.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

from ..identifiers.ids import arxiv_id
from ..records import Record, Skipped
from ..validation import LONGEST_TITLE, excerpt, one_line, title_rejection
from .hf_cards import AUTHORS, read_number
from .hf_paper import iso_day, page_address

_PAPER = re.compile(
    r"(?:https?://huggingface\.co)?/papers/(?P<id>[^/?#]+)(?P<comments>#community)?", re.IGNORECASE
)
_DATED = re.compile(r"/papers/date/(?P<day>\d{4}-\d\d-\d\d)$")
_WITHIN_TITLES = frozenset(
    ("b", "br", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup",
     "u", "wbr")
)  # fmt: skip


@dataclass(slots=True)
class _Card:
    """The fields of a card that have been found so far."""

    name: str = ""
    title: str = ""
    before_title: str = ""
    author_count: int | None = None
    comments: int | None = None
    awaits_comments: bool = False


def read_cards(soup: BeautifulSoup, *, damaged: bool) -> Iterator[Record | Skipped]:
    """Yield the papers of all cards on the page, each without an abstract."""
    for card in _walk(soup.descendants):
        if reason := title_rejection(card.title, "", damaged=damaged):
            yield Skipped(excerpt(card.title or card.name), reason)
        else:
            yield _record(card)


def read_day(soup: BeautifulSoup) -> date | None:
    """Return the page's day: that of its first <time>, else the one in its own address."""
    times = (iso_day(each.get("datetime")) for each in soup.find_all("time"))
    if found := next(filter(None, times), None):
        return found
    addresses = [
        str(each.get("href") or each.get("content"))
        for each in soup.select('link[rel="canonical"], meta[property="og:url"]')
    ]
    dated = (_DATED.search(address) for address in addresses)
    return next((iso_day(match["day"]) for match in dated if match), None)


def _walk(elements: Iterable[PageElement]) -> Iterator[_Card]:
    """Yield the cards that link to a paper; each <article> starts one, wherever it ends."""
    card: _Card | None = None
    for element in elements:
        if isinstance(element, Tag):
            if element.name == "article":
                if card and card.name:
                    yield card
                card = _Card()
            elif card and element.name == "a":
                _take_link(card, element)
        elif card and _is_words(element):
            _take_words(card, one_line(str(element)))
    if card and card.name:
        yield card


def _take_link(card: _Card, link: Tag) -> None:
    named = _PAPER.fullmatch(str(link.get("href")))
    if named and named["comments"]:
        card.awaits_comments = True
    elif named and not card.name and link.parent and link.parent.name == "h3":
        card.name, card.title = named["id"], _text(link)


def _take_words(card: _Card, words: str) -> None:
    if not words:
        return
    if not card.name:
        card.before_title = words
    elif card.awaits_comments:
        card.comments, card.awaits_comments = read_number(words), False
    elif card.author_count is None and (match := AUTHORS.fullmatch(words)):
        card.author_count = read_number(match["count"])


def _text(link: Tag) -> str:
    """Return the words in the link, at most a little more than a title may have, none from below
    it.
    """
    parts: list[str] = []
    length, inside = 0, {id(link)}
    # Tag.descendants looks for its end first, through all that is nested in it.
    for part in link.next_elements:
        if id(part.parent) not in inside or length > LONGEST_TITLE:
            break
        if isinstance(part, Tag):
            if part.name not in _WITHIN_TITLES:  # the link's end is lost
                break
            inside.add(id(part))
        elif _is_words(part):
            parts.append(str(part))
            length += len(one_line(parts[-1]))
    return one_line(" ".join(parts))


def _is_words(part: PageElement) -> bool:
    """Return whether it is text.

    Comments, declarations and scripts are subclasses of NavigableString.
    """
    return type(part) is NavigableString


def _record(card: _Card) -> Record:
    identifier = arxiv_id(card.name)
    return Record(
        title=card.title,
        author_count=card.author_count,
        url=page_address(identifier),
        arxiv_id=identifier,
        upvotes=read_number(card.before_title),
        comment_count=card.comments,
    )
