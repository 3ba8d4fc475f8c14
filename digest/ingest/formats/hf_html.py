"""A saved page of the daily papers, or of one paper, as HTML.

The site puts a page's data, as JSON, into the attribute data-props of the element whose
data-target is "DailyPapers" (a listing) or "PaperContent" (one paper). Without such an element the
page is read by its cards, which carry no abstract, and without those by its visible lines.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from bs4 import BeautifulSoup

from .daily_page import hf_html_cards, hf_paper
from .daily_page.hf_html_lines import HtmlLines
from .daily_page.hf_linked import linked_record, paper_of, read_linked, title_places
from .daily_page.hf_preamble import is_listing, read_preamble
from .fields.titles import refuse_wrong_titles
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import decode, is_html, peek
from .validation import build_page, excerpt, one_line

NAME = "hf_html"
# Its data, a relative link to a paper, or the page's own name or address; other sites' pages link
# to this one too.
_MARKS = re.compile(
    r"""data-target=["']?(?:DailyPapers|PaperContent)\b|href=["']?/papers/\d"""
    r"|<title>[^<]{0,200}\bHugging Face\b[^<]{0,100}</title>"
    r"|https?://(?:www\.)?(?:huggingface\.co|hf\.co)/papers[^\s<]{0,300}\s+saved date:"
    r"""|<(?:link|meta)\s[^<>]{0,200}["']https?://(?:www\.)?huggingface\.(?:co|ac\.cn)"""
    r"""/papers\b[^<>]{0,300}>""",
    re.IGNORECASE,
)
_GLANCE = 60_000
_LARGEST = 30_000_000
_CURE = "Open the page, wait until it has loaded, and save it again."


class _Content(NamedTuple):
    day: date | None
    results: Iterable[Record | Skipped]


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a page of that site."""
    text = peek(data)
    return is_html(text) and _MARKS.search(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers on this page; `listed_on` overrides its day, which a single paper's page
    lacks.

    A listing without papers is a page without records. Raises BadDump for any other page.
    """
    if len(data) > _LARGEST:
        raise NotThisFormat(f"This is over {_LARGEST // 1_000_000} MB, too large for a page.")
    decoded = decode(data)
    if not is_html(decoded.text[:_GLANCE]):
        raise NotThisFormat("This is not a web page. Save the listing as HTML.")
    soup = BeautifulSoup(decoded.text, "lxml")
    content = _content(soup, decoded.text, decoded.damaged)
    day = listed_on or content.day
    results = refuse_wrong_titles(content.results)
    return build_page(NAME, day, results, _CURE, damaged=decoded.damaged)


def _content(soup: BeautifulSoup, text: str, damaged: bool) -> _Content:
    if (props := _props(soup, "DailyPapers")) is not None:
        entries = props.get("dailyPapers")
        if not isinstance(entries, list):
            raise BadDump(f"The page's data contains no list of papers. {_CURE}")
        day = hf_paper.iso_day(props.get("date")) or hf_paper.iso_day(props.get("dateString"))
        day = day or hf_paper.listing_day(entries)
        return _Content(day, hf_paper.read_entries(entries, damaged=damaged))
    if (props := _props(soup, "PaperContent")) is not None:
        return _Content(
            hf_paper.listing_day([props]), hf_paper.read_entries([props], damaged=damaged)
        )
    cards = list(hf_html_cards.read_cards(soup, damaged=damaged))
    if not cards:
        return _visible_content(soup, text, damaged)
    return _Content(hf_html_cards.read_day(soup), cards)


def _visible_content(soup: BeautifulSoup, text: str, damaged: bool) -> _Content:
    """Return the papers of a copy without the page's own elements.

    Raises BadDump if it is no listing of the site or has no papers.
    """
    page = HtmlLines(text)
    if not is_listing(page.title, page.addresses):
        raise BadDump(_without_papers(soup))
    places = [at for at in title_places(page.lines) if paper_of(page.lines[at])]
    entries = [each for each in read_linked(page.lines, places) if each.abstract or each.has_meta]
    if not entries:
        raise BadDump(_without_papers(soup))
    preamble = read_preamble(page.lines[: places[0]])
    day = hf_html_cards.read_day(soup)
    if day is None and preamble.day:
        day = preamble.day.within(None)
    return _Content(day, [linked_record(entry, day, damaged) for entry in entries])


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
        raise BadDump(f"The page's data is not an object. {_CURE}")
    return props


def _without_papers(soup: BeautifulSoup) -> str:
    title = one_line(soup.title.get_text()) if soup.title else ""
    named = f" Its title is “{excerpt(title)}”: was it a log-in or an error page?" if title else ""
    return f"The page contains no papers.{named} {_CURE}"
