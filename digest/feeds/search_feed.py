"""The feed of a search, made once for each state of the papers, however often it is polled."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import caches
from django.db.models import Min
from django.utils import timezone

from digest.models import Catalogue, Listing, Paper
from digest.rendering.paper_card import clipped, isolated, plain_date
from digest.search import Query, SearchResult, read_query, search
from digest.search.full_text import has_full_text
from subscriptions.links import address

from .atom import NAME, UNKNOWN_TIME, AtomFeed, tag_uri
from .paper_entries import add_paper, midnight

MOST_PAPERS = 50
_TITLE_LIMIT = 100  # characters
# Raise it with each change of the format that readers should see before the next paper.
_FORMAT_VERSION = 2
_KEPT = 86_400  # seconds
_KEPT_INCOMPLETE = 900  # seconds, of a search that was stopped


@dataclass(frozen=True, slots=True)
class MadeFeed:
    """A feed as it was made from one state of the papers."""

    etag: str
    made_at: datetime
    packed: bytes

    @property
    def content(self) -> bytes:
        return zlib.decompress(self.packed)


def current_etag(text: str, *, only_typed: bool = False) -> str:
    """Return the ETag that the feed of a search has now, in one short query. Nothing is parsed: the
    ETag is of the text as typed. `only_typed`: see Query.

    Weak, because votes and what else changes of a paper may leave the feed as it is.
    """
    now = Catalogue.current()
    state: list[object] = [_FORMAT_VERSION, now.change, now.newest_seq, now.unsearchable_through]
    state.append(settings.KEYWORD_EXPANSIONS)
    if not has_full_text():  # the search has the last days only
        state.append(timezone.now().date())
    return f'W/"{_digest(*state, only_typed, text)}"'


def kept_feed(text: str, etag: str, *, only_typed: bool = False) -> MadeFeed | None:
    """Return the feed of a search if this process has made it with this ETag."""
    kept: MadeFeed | None = caches["feeds"].get(_key(text, only_typed))
    return kept if kept and kept.etag == etag else None


def make_feed(text: str, etag: str, *, only_typed: bool = False) -> MadeFeed:
    """Search, make the feed, and keep it. `etag`: of before the search; `only_typed`: see Query.

    Raises KeywordError if it cannot be searched for.
    """
    query = read_query(text, only_typed=only_typed)
    found = search(query.keyword, most=MOST_PAPERS)
    content = _written(text, query, found)
    made = MadeFeed(etag, timezone.now().replace(microsecond=0), zlib.compress(content))
    lifetime = _KEPT if found.stopped_at is None else _KEPT_INCOMPLETE
    caches["feeds"].set(_key(text, only_typed), made, lifetime)
    return made


def _written(text: str, query: Query, found: SearchResult) -> bytes:
    asked = urlencode({"q": text} | ({"words": "typed"} if query.only_typed else {}))
    feed = AtomFeed(
        f"{isolated(clipped(query.text, _TITLE_LIMIT))} · {NAME}",
        uri=tag_uri(f"search?{asked}"),
        path=f"{address('feed-search')}?{asked}",
        link=f"{address('search')}?{asked}",
        subtitle=" ".join(_said(query, found)),
    )
    papers = Paper.objects.in_bulk(found.paper_ids)
    received = _first_received(found.paper_ids)
    for pk in found.paper_ids:
        if paper := papers.get(pk):
            _add(feed, paper, received.get(pk))
    return feed.writeString("utf-8").encode()


def _add(feed: AtomFeed, paper: Paper, received: datetime | None) -> None:
    """Add a paper, which was published as it was listed, and updated as it came or was withdrawn.

    Papers have no time of their last change, and most changes are of counts.
    """
    day = paper.listed_on or paper.published_on
    published = midnight(day) if day else received
    withdrawn = midnight(paper.withdrawn_at) if paper.withdrawn_at else None
    times = [each for each in (published, received, withdrawn) if each]
    updated = max(times, default=UNKNOWN_TIME)
    add_paper(feed, paper, kind="papers", published=published, updated=updated)


def _first_received(ids: Iterable[int]) -> dict[int, datetime]:
    """Return when each paper came here first."""
    listings = Listing.objects.filter(paper__in=list(ids)).order_by().values_list("paper")
    return dict(listings.annotate(first=Min("dump__received_at")))


def _said(query: Query, found: SearchResult) -> list[str]:
    """Return sentences about the feed: what it is of, and what it may lack."""
    sentences = [f"The newest papers that match “{query.text}”."]
    for keyword in query.keywords:
        sentences += [f"“{keyword.text}”: {note}." for note in keyword.notes]
    if found.days:
        sentences.append(f"Papers of the last {found.days} days.")
    if found.stopped_at and len(found.paper_ids) < MOST_PAPERS:
        day = plain_date(found.stopped_at)
        sentences.append(f"The search stopped at {day}: older papers may be missing.")
    if found.is_filling:
        sentences.append("Older papers are still being added to the search.")
    return sentences


def _key(text: str, only_typed: bool) -> str:
    return f"search-{_digest(only_typed, text)}"


def _digest(*parts: object) -> str:
    return sha256("\n".join(map(str, parts)).encode(errors="replace")).hexdigest()[:32]
