"""The private feed of a subscriber's digests: the papers that were sent, each with its reason.

It has no link that changes anything, and is not about who reads it: nothing is recorded.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from digest.models import Digest, DigestEntry, Paper, State
from digest.rendering.paper_card import Card
from subscriptions.account.feed_links import feed_address
from subscriptions.models import FeedLink

from .atom import AtomFeed, tag_uri
from .paper_entries import add_paper

MOST_PAPERS = 50
_MOST_DIGESTS = 100  # that are looked at: notes that nothing matched have no paper
_MOST_ENTRIES = 2 * MOST_PAPERS  # several may be of papers that proved to be one
_AT_A_TIME = 10
_SENT_AT = Coalesce("sent_at", "composed_at")
# Raise it with each change of the format that readers should see before the next digest.
_FORMAT_VERSION = 1


def current_etag(link: FeedLink) -> str:
    """Return the ETag that the feed has now: of its newest digest, in one short query."""
    newest = _sent(link).values_list("pk", _SENT_AT).first()
    text = f"{_FORMAT_VERSION} {link.pk} {link.serial} {newest}"
    return f'W/"{sha256(text.encode()).hexdigest()[:32]}"'


def write_feed(link: FeedLink) -> bytes:
    """Return the feed: the papers of the newest digests, each once."""
    feed = AtomFeed(
        "Your Paper Digest",
        uri=tag_uri(f"digests/{link.pk}"),
        path=feed_address(link),
        link=f"{settings.SITE_URL}/",
        subtitle="The papers of your digests, each with the keyword that brought it.",
    )
    for paper, entry, sent_at in _papers(link):
        reason = Card(paper, entry.keywords, entry.why).reason() if entry.keywords else "Trending"
        add_paper(
            feed, paper, kind="digest-papers", published=sent_at, updated=sent_at, reason=reason
        )
    return feed.writeString("utf-8").encode()


def _sent(link: FeedLink) -> "QuerySet[Digest]":
    """Return the digests that were sent, the last one first. Copies bring nothing new."""
    sent = Digest.objects.filter(subscriber=link.pk, state=State.SENT)
    return sent.exclude(kind=Digest.Kind.COPY).order_by(_SENT_AT.desc(), "-pk")


def _papers(link: FeedLink) -> list[tuple[Paper, DigestEntry, datetime]]:
    """Return the newest MOST_PAPERS papers as they are known now, each with its newest entry."""
    newest = list(islice(_entries(link), _MOST_ENTRIES))
    papers = Paper.objects.by_any_id(entry.paper for entry, _ in newest)
    found: dict[int, tuple[Paper, DigestEntry, datetime]] = {}
    for entry, sent_at in newest:
        if paper := papers.get(entry.paper):
            found.setdefault(paper.pk, (paper, entry, sent_at))
    return list(found.values())[:MOST_PAPERS]


def _entries(link: FeedLink) -> Iterator[tuple[DigestEntry, datetime]]:
    """Yield the entries of the newest digests, in the order of each, with when it was sent."""
    rows = _sent(link).values_list("entries", _SENT_AT)[:_MOST_DIGESTS]
    for entries, sent_at in rows.iterator(_AT_A_TIME):
        for entry in entries:
            yield entry, sent_at
