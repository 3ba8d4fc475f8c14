"""Feeds: RSS 2.0, RSS 1.0 and Atom of any journal or server, the arXiv's daily ones among them.

The arXiv says of each entry whether it is new, a cross-list or a replacement
(https://info.arxiv.org/help/rss.html). On weekends its feeds have no entries.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html.entities import html5
from typing import NamedTuple

import feedparser

from . import feed_entry
from .decoding import Text, decode, is_html, peek
from .plausible_dates import first_plausible
from .records import BadDump, NotThisFormat, Page
from .validation import build_page
from .xml_tree import check_well_formed, root_name

NAME = "feed"
_ROOTS = frozenset({"rss", "feed", "RDF"})
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|RDF)\s*>")
_EMPTY = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF)\b[^<>]*/>\s*\Z")
# Not those of XML itself, nor numbers.
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?P<name>\w+;)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff]")
_TAIL = 4096
_MOST_ENTRIES = 50_000
_CURE = "Fetch the feed again."
# What decode() gives is UTF-8, whatever the declaration says (RFC 7303, 3: the header decides).
_HEADERS = {"content-type": "application/xml; charset=utf-8"}


class _Feed(NamedTuple):
    """What feedparser finds: the feed's version, empty if it is none, its head and its entries."""

    version: object
    head: Mapping[str, object]
    entries: Sequence[Mapping[str, object]]


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a feed."""
    return root_name(peek(data)).rpartition(":")[2] in _ROOTS


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of a feed; the page's day is `listed_on`, else that of its last change.

    Raises BadDump if it is cut off or too long, NotThisFormat if it is no feed.
    """
    decoded = decode(data)
    _refuse_others(data, decoded)
    found = _parsed(decoded)
    if not found.version:
        raise NotThisFormat("This is not a feed in RSS or Atom: fetch the feed itself.")
    if len(found.entries) > _MOST_ENTRIES:
        raise BadDump(f"The feed has more than {_MOST_ENTRIES:,} entries: split it.")
    day = listed_on or first_plausible(_days(found.head), received_on)
    as_of = day or received_on
    damaged = decoded.damaged or _CONTROL.search(decoded.text) is not None
    results = [feed_entry.read_entry(entry, as_of, damaged=damaged) for entry in found.entries]
    return build_page(NAME, day, results, _CURE)


def _refuse_others(data: bytes, decoded: Text) -> None:
    if not looks_like(data):
        kind = "a web page (HTML)" if is_html(decoded.text) else "something else"
        raise NotThisFormat(f"This is not a feed, but {kind}: fetch the feed itself.")
    end = decoded.text[-_TAIL:]
    if not (_END.search(end.encode(errors="replace")) or _EMPTY.search(end)):
        raise BadDump(f"The feed is cut off: its last line is missing. {_CURE}")


def _parsed(decoded: Text) -> _Feed:
    """Return the feed as feedparser reads it, repaired first if it is not well-formed XML.

    HTML entities become letters, bare ampersands are escaped, control characters replaced. What is
    still not well-formed is refused: feedparser would go on by guessing, slowly, and take one
    entry's text for another's.
    """
    try:
        check_well_formed(decoded.text)
    except BadDump:
        text = decoded.text.replace("\f", " ")
        mended = _CONTROL.sub("\ufffd", _AMPERSAND.sub(_letter, text))
        check_well_formed(mended)
        return _feedparser(mended)
    return _feedparser(decoded.text)


def _feedparser(text: str) -> _Feed:
    # From a stream: a bare string might be taken for an address or a path, and opened.
    found = feedparser.parse(
        io.BytesIO(text.encode(errors="replace")),
        response_headers=_HEADERS,
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    return _Feed(found.get("version"), found.feed, found.entries)


def _letter(match: re.Match[str]) -> str:
    name = match["name"] or ""
    return html5.get(name) or match[0].replace("&", "&amp;", 1)


def _days(head: Mapping[str, object]) -> Iterator[date | None]:
    # Asked for a change that is not there, feedparser answers with another date, and a warning.
    names = (name for name in ("updated_parsed", "published_parsed") if name in head)
    return (feed_entry.struct_time_day(head[name]) for name in names)
