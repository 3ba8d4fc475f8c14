"""What stands above the first paper of a copied page: whether it is that page, and its day."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ..fields.dates import WrittenDay, read_day, utc_day
from .hf_visible import Line

_MARKS = frozenset(
    ("dailypapers", "trendingpapers", "byakandtheresearchcommunity",
     "dailypapers-huggingface", "trendingpapers-huggingface",
     "gettrendingpapersinyouremailinbox!", "gettrendingpapersinyouremailinboxonceaday!")
)  # fmt: skip
_TRENDING = frozenset({"trendingpapers", "trendingpapers-huggingface"})
_HOST = r"https?://(?:www\.)?(?:huggingface\.co|hf\.co|huggingface\.ac\.cn)/papers"
# The page's own address, as clippers and readers write it above what they copied.
_ITSELF = re.compile(
    r"[^\w<>]{0,6}[\w() -]{0,30}(?:url|source|address|link|from)[\w()\s:*\"'<\[-]{0,30}"
    rf"(?P<address>{_HOST}(?:/(?:date|week|month|trending)(?:/[\w-]{{1,12}})?)?)"
    r"(?:[?#][^\s\"'>)\]]{0,300})?[\"'>)\]*]{0,3}(?:\s.{0,80})?\s?",
    re.IGNORECASE,
)
_DATED = re.compile(r"/date/(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)$", re.ASCII)
_OF_A_PERIOD = re.compile(r"/(?:week|month|trending)(?:/|$)")
_CAPTURED = re.compile(
    r"\W{0,4}(?:retrieved|captured|exported|created|saved|clipped|accessed|date|fetched|published"
    r" time)\b[^\d]{0,30}(?P<day>20\d\d-\d\d-\d\d)",
    re.IGNORECASE | re.ASCII,
)
# The page leads to the day before and the day after.
_NEIGHBOUR = re.compile(r"/papers/date/(?P<day>20\d\d-\d\d-\d\d)$", re.ASCII)
_MOST_LINES = 400


_LISTING = re.compile(
    r"/papers(?:/(?:date|week|month|trending)(?:/[\w-]{1,12})?)?/?(?:[?#].*)?", re.IGNORECASE
)


def is_listing(title: str, addresses: Iterable[str]) -> bool:
    """Return whether a page of this title and these addresses is a listing of the site's papers."""
    if re.fullmatch(r"(?:daily|trending|weekly|monthly)? ?papers\b.{0,60}", title, re.IGNORECASE):
        return True
    paths = (address[:500].partition("://")[2] for address in addresses)
    return any(_LISTING.fullmatch(path[path.find("/") :]) for path in paths if "/" in path)


@dataclass(frozen=True, slots=True)
class Preamble:
    """`is_known`: it has what this page always shows, or its address.

    `is_undated`: the page is that of a week, of a month or of what is trending, and has no day.
    """

    is_known: bool = False
    day: WrittenDay | None = None
    is_undated: bool = False
    captured_on: date | None = None  # as a clipper says, or soon after a day that it leads to


def read_preamble(lines: Sequence[Line]) -> Preamble:
    """Return what the lines above the first title say."""
    is_known, is_trending, day, address = False, False, None, ""
    captured_on = None
    texts = [line.text for line in lines[-_MOST_LINES:]]
    for at, line in enumerate(lines[-_MOST_LINES:]):
        plain = line.text.replace(" ", "").casefold() if len(line.text) < 100 else ""
        is_known = is_known or plain in _MARKS
        # A link of that name stands on the daily page too.
        is_trending = is_trending or (plain in _TRENDING and not line.address)
        if found := read_day([line.text], 0) or read_day(texts, at):
            day = found[0]
        elif not address and (match := _ITSELF.fullmatch(f"{line.text} {line.address}"[:600])):
            address = match["address"]
        elif captured_on is None and (match := _CAPTURED.match(line.text)):
            captured_on = utc_day(match["day"])
        elif captured_on is None and (match := _NEIGHBOUR.search(line.address)):
            neighbour = utc_day(match["day"])
            captured_on = neighbour + timedelta(days=7) if neighbour else None
    if dated := _DATED.search(address):
        named = WrittenDay(int(dated["month"]), int(dated["day"]), int(dated["year"]))
        day = named if day is None or day.year is None else day
    return Preamble(
        is_known or bool(address),
        day,
        day is None and (is_trending or _OF_A_PERIOD.search(address) is not None),
        captured_on,
    )
