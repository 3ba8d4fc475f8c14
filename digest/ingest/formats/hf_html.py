"""A saved page of the daily papers, or of one paper, as HTML.

The site puts a page's data, as JSON, into the attribute data-props of the element whose
data-target is "DailyPapers" (a listing) or "PaperContent" (one paper). Without such an element the
page is read by its cards, which carry no abstract.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from bs4 import BeautifulSoup

from . import hf_html_cards, hf_paper
from .decoding import decode, is_html, peek
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .validation import build_page, excerpt, one_line

NAME = "hf_html"
_MARKS = ("DailyPapers", "PaperContent", "/papers/", "huggingface.co")
_GLANCE = 60_000
_LARGEST = 30_000_000
_CURE = "Open the page, wait until it has loaded, and save it again."


class _Content(NamedTuple):
    day: date | None
    results: Iterable[Record | Skipped]


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a page of that site."""
    text = peek(data)
    return is_html(text) and any(mark in text for mark in _MARKS)


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers on this page; `listed_on` overrides its day, which a single paper's page
    lacks.

    A listing without papers is a page without records. Raises BadDump for any other page.
    """
    if len(data) > _LARGEST:
        raise NotThisFormat(f"A page has no more than {_LARGEST // 1_000_000} MB: this is none.")
    decoded = decode(data)
    if not is_html(decoded.text[:_GLANCE]):
        raise NotThisFormat("This is not a web page: save the listing as HTML.")
    soup = BeautifulSoup(decoded.text, "lxml")
    content = _content(soup, decoded.damaged)
    day = listed_on or content.day
    return build_page(NAME, day, content.results, _CURE)


def _content(soup: BeautifulSoup, damaged: bool) -> _Content:
    if (props := _props(soup, "DailyPapers")) is not None:
        entries = props.get("dailyPapers")
        if not isinstance(entries, list):
            raise BadDump(f"The page's data holds no list of papers. {_CURE}")
        day = hf_paper.iso_day(props.get("date")) or hf_paper.iso_day(props.get("dateString"))
        day = day or hf_paper.listing_day(entries)
        return _Content(day, hf_paper.read_entries(entries, damaged=damaged))
    if (props := _props(soup, "PaperContent")) is not None:
        return _Content(
            hf_paper.listing_day([props]), hf_paper.read_entries([props], damaged=damaged)
        )
    cards = list(hf_html_cards.read_cards(soup, damaged=damaged))
    if not cards:
        raise BadDump(_without_papers(soup))
    return _Content(hf_html_cards.read_day(soup), cards)


def _props(soup: BeautifulSoup, target: str) -> Mapping[str, object] | None:
    """Return the data of the element with that target; None if there is no such element."""
    element = soup.find(True, {"data-target": target})
    if element is None or "data-props" not in element.attrs:
        return None
    try:
        props = json.loads(str(element["data-props"]))
    except (ValueError, RecursionError) as wrong:
        raise BadDump(f"The page's data is broken ({wrong}). {_CURE}") from wrong
    if not isinstance(props, Mapping):
        raise BadDump(f"The page's data is no object. {_CURE}")
    return props


def _without_papers(soup: BeautifulSoup) -> str:
    title = one_line(soup.title.get_text()) if soup.title else ""
    named = f" Its title is “{excerpt(title)}”: was it a log-in or an error page?" if title else ""
    return f"The page holds no papers.{named} {_CURE}"
