"""The cards of a daily-papers page in HTML: title, votes, authors' count and comments.

    <article> … Submitted by … 94 <h3><a href="/papers/2407.21783">Title</a></h3>
              · 533 authors … <a href="/papers/2407.21783#community">5</a> </article>

A saved page may have the whole address in its links.
"""

import re
from collections.abc import Iterator
from datetime import date

from bs4 import BeautifulSoup, Tag

from .entries import fault, one_line, shown
from .hf_cards import read_number
from .hf_paper import day_of, page_address
from .ids import arxiv_id
from .page import Record, Skipped

_PAPER = re.compile(r"(?:https?://huggingface\.co)?/papers/(?P<id>[^/?#]+)", re.IGNORECASE)
_DATED = re.compile(r"/papers/date/(?P<day>\d{4}-\d\d-\d\d)$")
_WORDS = re.compile(r"\S")
_AUTHORS = re.compile(r"(?P<count>\d[\d,]*) authors?", re.ASCII)


def read_cards(soup: BeautifulSoup, *, damaged: bool) -> Iterator[Record | Skipped]:
    """The papers of all cards on the page, each without an abstract."""
    for article in soup.find_all("article"):
        link = article.select_one("h3 a[href]")
        named = _PAPER.fullmatch(str(link["href"])) if link else None
        if link is None or named is None:
            continue
        title = one_line(link.get_text(" "))
        if reason := fault(title, "", damaged=damaged):
            yield Skipped(shown(title or named["id"]), reason)
        else:
            yield _record(article, title, arxiv_id(named["id"]))


def read_day(soup: BeautifulSoup) -> date | None:
    """The page's day: that of its first <time>, or the one in its own address."""
    times = (day_of(each.get("datetime")) for each in soup.find_all("time"))
    if found := next(filter(None, times), None):
        return found
    addresses = [
        str(each.get("href") or each.get("content"))
        for each in soup.select('link[rel="canonical"], meta[property="og:url"]')
    ]
    dated = (_DATED.search(address) for address in addresses)
    return next((day_of(match["day"]) for match in dated if match), None)


def _record(article: Tag, title: str, identifier: str) -> Record:
    comments = article.select_one('a[href$="#community"]')
    authors = _AUTHORS.search(one_line(article.get_text(" ")).replace(title, " "))
    return Record(
        title=title,
        author_count=read_number(authors["count"]) if authors else None,
        url=page_address(identifier),
        arxiv_id=identifier,
        upvotes=_votes(article),
        comment_count=read_number(one_line(comments.get_text())) if comments else None,
    )


def _votes(article: Tag) -> int | None:
    """The number that stands last before the title."""
    title = article.select_one("h3")
    texts = title.find_all_previous(string=_WORDS, limit=1) if title else []
    return read_number(one_line(texts[0])) if texts and article in texts[0].parents else None
