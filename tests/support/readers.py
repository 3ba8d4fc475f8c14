"""Nine typical readers, and the digest that each gets on the morning of 20 November 2026."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from digest.matching.query import parse
from digest.models import Digest, KeywordVector, vector_key
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

from .history import earlier, entry
from .mails import digest_of
from .papers import EARLIER

_JOINED = MORNING - timedelta(days=49, hours=-5)


def _yesterday(person: Subscriber) -> None:
    earlier(person, 1, to_seq=EARLIER)


def _with_followed_papers(person: Subscriber) -> None:
    """Papers 101 and 103 were sent; the one has code since then, the other a discussion."""
    plain = {"code": False, "comments": 4, "updated": False}
    for days, paper, keyword in [(4, 101, "robot learning"), (2, 103, "diffusion model")]:
        earlier(person, days, entries=[entry(paper, keyword, **plain)])
    _yesterday(person)


def _quiet_week(person: Subscriber) -> None:
    earlier(person, 8, entries=[entry(103, "federated unlearning")])
    for days in range(1, 8):
        earlier(person, days, "sent" if days == 7 else "empty")


def _weeks(person: Subscriber) -> None:
    earlier(person, 7)


def _paused(person: Subscriber) -> None:
    earlier(person, 9)


def _lost(person: Subscriber) -> None:
    earlier(person, 2, to_seq=2)
    earlier(person, 1, "unknown", from_seq=2, to_seq=EARLIER)


def _with_counts(person: Subscriber) -> None:
    """Papers on robot learning have been about what arms do with cloth."""
    words = {"policy": 7, "cloth": 6, "arm": 6, "laundry": 5, "demonstration": 5, "pose": 4}
    KeywordVector.objects.create(
        meaning=vector_key(parse("robot learning").canonical), matches=9, terms=words
    )
    _yesterday(person)


@dataclass(frozen=True)
class Reader:
    """What somebody asked for, what they were sent before, and up to which paper."""

    keywords: tuple[str, ...] = ()
    before: Callable[[Subscriber], None] = _yesterday
    after: int = EARLIER
    fields: dict[str, Any] = field(default_factory=dict)


MANY = ("robot learning", "diffusion model", "fine tuning", "small language model",
        '"retrieval augmented generation"', "title:speech", "-survey")  # fmt: skip
READERS = {
    "one-keyword": Reader(("robot learning",)),
    "many-keywords": Reader(MANY, _with_followed_papers, fields={"trending_top": 2}),
    "weekly": Reader(MANY[:4], _weeks, 0, {"frequency": "weekly", "weekly_on": 4}),
    "text-only": Reader(("fine tuning", "robot"), fields={"body_format": "text"}),
    "quiet": Reader(("federated unlearning", "quantum"), _quiet_week),
    "catch-up": Reader(
        ("robot", "language model"), _paused, 0,
        {"paused_until": MORNING - timedelta(hours=7), "max_papers": 5, "status": "active"},
    ),
    "trending-only": Reader(fields={"trending_top": 5}),
    "after-unknown": Reader(("language model",), _lost, 2, {"abstracts": "full"}),
    "related": Reader(("robot learning", "speech"), _with_counts, fields={"neighbours": True}),
}  # fmt: skip


def stored(name: str) -> Digest:
    """The digest of a reader, frozen; every row has an id that is the same on every database."""
    number, reader = list(READERS).index(name) + 1, READERS[name]
    person = factories.subscriber(
        f"{name}@example.org",
        id=number,
        confirmed_at=_JOINED,
        confirmed_through_seq=reader.after,
        **reader.fields,
    )
    for place, text in enumerate(reader.keywords, 1):
        person.subscriptions.create(id=100 * number + place, text=text)
    reader.before(person)
    return digest_of(person, id=1000 + number)
