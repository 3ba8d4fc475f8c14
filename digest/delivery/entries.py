"""What a digest holds: the papers of its window that match, best first, with the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digest import corpus
from digest.matching.index import PaperIndex
from digest.matching.keywords import Keyword, KeywordError, parse
from digest.matching.rank import rank, select, trending
from digest.models import Catalogue, Digest, Dump, Paper, PaperQuerySet, State
from subscriptions.models import Subscriber

SAMPLE_DAYS = 7
REMEMBERED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Contents:
    """The papers of (after, through] that one person gets; `read` is how many there were."""

    after: int
    through: int
    read: int
    entries: list[dict[str, Any]]


def keywords_of(subscriber: Subscriber) -> tuple[Keyword, ...]:
    """A person's keywords in force. One that an older release accepted and this one does not
    is left out here; the preferences page shows it with the sentence that says why."""
    found = []
    for text in subscriber.active_keywords():
        try:
            found.append(parse(text))
        except KeywordError:
            continue
    return tuple(found)


def scheduled_contents(subscriber: Subscriber, today: date) -> Contents:
    """Everything numbered since the person's watermark."""
    after = subscriber.confirmed_through_seq
    through = max(Catalogue.current().newest_seq, after)
    index, within = corpus.index_for(after, through)
    return _contents(subscriber, index, within, after, through, today)


def sample_contents(subscriber: Subscriber, today: date) -> Contents:
    """The last 7 days up to the watermark; the newest listing if nothing was listed in them."""
    through = subscriber.confirmed_through_seq
    papers = of_last_days(through, today)
    if not papers.exists():
        papers = _of_newest_listing(through)
    index, within = corpus.whole(papers)
    return _contents(subscriber, index, within, 0, through, today)


def of_last_days(through: int, today: date) -> PaperQuerySet:
    """The numbered papers up to `through` that were listed in the last 7 days."""
    start = today - timedelta(days=SAMPLE_DAYS)
    return Paper.objects.between(0, through).listed_from(start)


def _of_newest_listing(through: int) -> PaperQuerySet:
    known = Paper.objects.between(0, through)
    dump = Dump.objects.newest_listing()
    return known.filter(listings__dump=dump) if dump else known.none()


def contents(digest: Digest, at: datetime) -> Contents:
    """What this digest holds if it is composed at that time."""
    subscriber = digest.subscriber
    today = at.astimezone(subscriber.zone).date()
    if digest.kind == Digest.Kind.SAMPLE:
        return sample_contents(subscriber, today)
    return scheduled_contents(subscriber, today)


def _contents(
    subscriber: Subscriber,
    index: PaperIndex,
    within: int,
    after: int,
    through: int,
    today: date,
) -> Contents:
    gone = _not_to_send(subscriber, after, through)
    within &= ~index.mask(set(index.ids(within)) & gone)
    entries = _matches(index, keywords_of(subscriber), within, today)
    entries += _trending(index, within, subscriber.trending_top, entries, today)
    return Contents(after, through, within.bit_count(), entries)


def _matches(
    index: PaperIndex, keywords: Sequence[Keyword], within: int, today: date
) -> list[dict[str, Any]]:
    hits = select(index, keywords, within)
    return [
        {
            "paper": match.paper_id,
            "keywords": [keyword.text for keyword in match.keywords],
            "why": match.why,
        }
        for match in rank(index, hits, today=today)
    ]


def _trending(
    index: PaperIndex, within: int, top: int, above: list[dict[str, Any]], today: date
) -> list[dict[str, Any]]:
    """The most discussed papers that are not above already; `keywords` is empty for them."""
    if not top:
        return []
    shown = index.mask(entry["paper"] for entry in above)
    return [
        {"paper": paper_id, "keywords": [], "why": "much discussed"}
        for paper_id in trending(index, within & ~shown, top, today=today)
    ]


def _not_to_send(subscriber: Subscriber, after: int, through: int) -> set[int]:
    """Withdrawn papers, and papers numbered anew that this person was sent before."""
    window = Paper.objects.between(after, through)
    withdrawn = set(window.filter(withdrawn_at__isnull=False).values_list("pk", flat=True))
    renumbered = set(window.filter(renumbered=True).values_list("pk", flat=True))
    if renumbered:
        renumbered &= _sent_lately(subscriber)
    return withdrawn | renumbered


def _sent_lately(subscriber: Subscriber) -> set[int]:
    newest = subscriber.digests.order_by("-local_date").first()
    if newest is None:
        return set()
    sent = subscriber.digests.filter(
        state=State.SENT, local_date__gt=newest.local_date - REMEMBERED
    )
    return {entry["paper"] for digest in sent for entry in digest.entries}
