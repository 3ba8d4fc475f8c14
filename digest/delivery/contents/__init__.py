"""What digests hold and tell: papers with reasons, news of earlier ones, and why it is quiet.

All of it is worked out once, for a whole batch, and frozen in each digest's row, in the form
described at `Contents`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digest.delivery.wanted import Wanted, wanted_by
from digest.matching.query import Keyword
from digest.models import Digest
from subscriptions.models import Subscriber

from .draft import Draft, drafts_of
from .source import sources
from .window import SAMPLE_DAYS, of_last_days

__all__ = [
    "SAMPLE_DAYS",
    "Contents",
    "contents",
    "contents_of",
    "keywords_of",
    "of_last_days",
]


@dataclass(frozen=True, slots=True)
class Contents:
    """The papers of (after, through] that one person gets; `read` is how many there were.

    entries: [{"paper", "keywords", "why", "code", "comments", "updated"}], best first; without
    keywords: trending. follow_ups: [{"paper", "fact", "sent_on"}], at most three.
    told: since, catch_up, doubtful_day, papers_matched, source, quiet, trending_of, sample,
    by_day and by_keyword; days are ISO dates. "change", where it is there: the follow-ups of all
    that became of papers until then are told. A database may change the order of the keys.
    """

    after: int
    through: int
    read: int
    entries: list[dict[str, Any]]
    follow_ups: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


def contents_of(
    digests: Sequence[Digest], wanted: Mapping[int, Wanted], at: datetime
) -> list[Contents]:
    """What each of these digests holds if they are composed at that time, in their order.

    `wanted` has an entry for each of their subscribers, who are loaded. The number of queries
    does not grow with that of ordinary digests; samples, quiet notices and what follows a long
    silence take a few each.
    """
    if not digests:
        return []
    drafts = drafts_of(digests, wanted, at)
    reads = [draft.read for draft in drafts]
    raw = sources(digests, [draft.past for draft in drafts], reads)
    return [_contents(draft, source) for draft, source in zip(drafts, raw, strict=True)]


def contents(digest: Digest, at: datetime) -> Contents:
    """What this digest holds if it is composed at that time."""
    return contents_of([digest], wanted_by([digest.subscriber_id]), at)[0]


def keywords_of(subscriber: Subscriber) -> tuple[Keyword, ...]:
    """A person's keywords in force, those that this release can read."""
    return wanted_by([subscriber.pk])[subscriber.pk].keywords


def _contents(draft: Draft, source: dict[str, Any]) -> Contents:
    return Contents(
        after=draft.window.after,
        through=draft.window.through,
        read=draft.read,
        entries=draft.entries,
        follow_ups=draft.follow_ups,
        told=draft.told() | {"source": source},
    )
