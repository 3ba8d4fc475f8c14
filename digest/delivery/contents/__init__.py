"""What a digest holds and tells: papers with reasons, news of earlier ones, and why it is quiet.

All of it is worked out once and frozen in the digest's row, in the form described at `Contents`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digest.matching.keywords import Keyword
from digest.models import Digest
from subscriptions.changes import usable
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency

from .catch_up import catch_up
from .entries import Entry, by_day, by_keyword, matches, much_discussed
from .follow_ups import follow_ups
from .past import Past, past_of
from .quiet import quiet
from .source import source
from .window import SAMPLE_DAYS, Window, look_back, of_last_days, window_of

__all__ = ["SAMPLE_DAYS", "Contents", "contents", "fill", "keywords_of", "of_last_days"]


@dataclass(frozen=True, slots=True)
class Contents:
    """The papers of (after, through] that one person gets; `read` is how many there were.

    entries: [{"paper", "keywords", "why", "code", "comments", "updated"}], best first; without
    keywords: much discussed. follow_ups: [{"paper", "fact", "sent_on"}], at most three.
    told: since, catch_up, doubtful_day, papers_matched, source, quiet, trending_of, sample,
    by_day and by_keyword; days are ISO dates. A database may change the order of the keys.
    """

    after: int
    through: int
    read: int
    entries: list[dict[str, Any]]
    follow_ups: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


def contents(digest: Digest, at: datetime) -> Contents:
    """What this digest holds if it is composed at that time."""
    person = digest.subscriber
    today = at.astimezone(person.zone).date()
    window, keywords = window_of(digest, today), keywords_of(person)
    past = past_of(digest, window.after)
    before = _sent_before(digest, past)
    _leave_out(window, past.papers)
    entries = matches(window, keywords, today)
    matched = len(entries)
    entries += much_discussed(window, person.trending_top, entries, before, today)
    return Contents(
        after=window.after,
        through=window.through,
        read=window.bits.bit_count(),
        entries=entries,
        follow_ups=follow_ups(digest, past, (entry["paper"] for entry in entries)),
        told=_period(digest, past, at)
        | _counts(digest, window, keywords, entries[:matched])
        | {
            "source": source(digest, past, window.bits.bit_count()),
            "quiet": None if entries else quiet(digest, window, keywords),
            "sample": look_back(digest, window),
        },
    )


def keywords_of(subscriber: Subscriber) -> tuple[Keyword, ...]:
    """A person's keywords in force. One that an older release accepted and this one does not
    is left out here; the preferences page shows it with the sentence that says why."""
    return tuple(usable(subscriber.active_keywords()))


def fill(digest: Digest, found: Contents, at: datetime) -> None:
    """Put what was found on the (unsaved) digest."""
    digest.from_seq, digest.to_seq = found.after, found.through
    digest.entries, digest.papers_read, digest.composed_at = found.entries, found.read, at
    digest.follow_ups, digest.told = found.follow_ups, found.told


def _leave_out(window: Window, sent: set[int]) -> None:
    """Withdrawn papers, and papers numbered anew that this person was sent before, under this
    number or as another paper that proved to be the same."""
    window.leave_out_withdrawn()
    again = {
        pk
        for pk, paper in window.standing.items()
        if paper.renumbered and not sent.isdisjoint((pk, *paper.former))
    }
    window.leave_out(again)


def _sent_before(digest: Digest, past: Past) -> set[int]:
    """What the much discussed must not repeat; a sample is asked for as a look back, and may."""
    return set() if digest.kind == Digest.Kind.SAMPLE else past.papers


def _period(digest: Digest, past: Past, at: datetime) -> dict[str, Any]:
    return {
        "since": past.since.isoformat() if past.since else None,
        "catch_up": catch_up(digest, past, at),
        "doubtful_day": past.doubtful.isoformat() if past.doubtful else None,
    }


def _counts(
    digest: Digest, window: Window, keywords: Sequence[Keyword], matched: Sequence[Entry]
) -> dict[str, Any]:
    """The hits as numbers; those by day and keyword are for who reads a week at a time."""
    weekly = digest.subscriber.frequency == Frequency.WEEKLY
    return {
        "papers_matched": len(matched),
        "trending_of": digest.subscriber.trending_top,
        "by_day": by_day(matched, window.index) if weekly else {},
        "by_keyword": by_keyword(matched, keywords) if weekly else {},
    }
