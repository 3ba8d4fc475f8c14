"""Feeds: RSS 2.0, RSS 1.0 and Atom of any journal or server, the arXiv's daily ones among them.

The arXiv says of each entry whether it is new, a cross-list or a replacement
(https://info.arxiv.org/help/rss.html). On weekends its feeds have no entries.
"""

from collections.abc import Iterable
from datetime import date

from .entries.feed_entry import read_entry
from .entries.feed_items import ENTRIES, entries_of, feed_head, is_feed, read_item
from .fields.dates import published
from .fields.plausible_dates import first_plausible, implausibility
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import Text, decode, is_html, peek
from .text.xml_tree import noted, parse_text, root_name
from .validation import build_page

NAME = "feed"
_ROOTS = frozenset({"rss", "feed", "RDF"})
_MOST_ENTRIES = 50_000
_CURE = "Fetch the feed again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a feed."""
    return root_name(peek(data)).rpartition(":")[2] in _ROOTS


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of a feed; the page's day is `listed_on`, else that of its last change.

    Raises BadDump if it is cut off or too long, NotThisFormat if it is no feed.
    """
    decoded = decode(data)
    _refuse_others(data, decoded)
    tree = parse_text(decoded, ENTRIES)
    if not is_feed(tree.root):
        raise NotThisFormat("This is not an RSS or Atom feed. Fetch the feed itself.")
    entries = entries_of(tree.root)
    if len(entries) > _MOST_ENTRIES:
        raise BadDump(f"The feed has more than {_MOST_ENTRIES:,} entries. Split it.")
    head = feed_head(tree.root)
    day = listed_on or first_plausible(map(_day, head.dates), received_on)
    as_of = day or received_on
    damaged = tree.is_damaged
    results = [read_entry(read_item(each, head), head, as_of, damaged) for each in entries]
    if listed_on is None:
        day = _last_change(day, results, received_on)
    page = build_page(NAME, day, [*results, *tree.skipped], _CURE, damaged=damaged)
    return noted(page, tree)


def _refuse_others(data: bytes, decoded: Text) -> None:
    if not looks_like(data):
        kind = "a web page (HTML)" if is_html(decoded.text) else "something else"
        raise NotThisFormat(f"This is not a feed, but {kind}. Fetch the feed itself.")


def _day(text: str) -> date | None:
    found = published(text)
    return found.day if found else None


def _last_change(
    day: date | None, results: Iterable[Record | Skipped], received_on: date
) -> date | None:
    """Return the feed's day, or that of its newest entry if the feed's is older: some are never
    changed.
    """
    if day is None:
        return None
    days = (
        each.published_on
        for each in results
        if isinstance(each, Record) and each.published_on and each.published_precision == "day"
    )
    return max([day, *(each for each in days if not implausibility(each, received_on))])
