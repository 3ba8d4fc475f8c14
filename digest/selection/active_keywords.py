"""The active keywords of people, as typed and as parsed."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from digest.matching.query import Keyword, KeywordError, Pair, parse
from digest.models import DigestEntry
from digest.models.database import among
from digest.models.digest_contents import WordingOffer
from subscriptions.models import Subscription, stored_pairs

_NAMED = 3  # wordings that a mail names
_PARSED = 1 << 15  # keywords kept: a few kB each, and most people ask for the same few


class ActiveKeywords(NamedTuple):
    """One person's active keywords, in the subscriber's order.

    subscriptions: as typed -> id of the Subscription. keywords: parsed; one that an older release
    accepted and this one does not is left out (the preferences page shows it and says why). offer:
    other wordings of the first keyword with some that no mail has named.
    """

    subscriptions: dict[str, int]
    keywords: tuple[Keyword, ...]
    offer: WordingOffer | None = None


def active_keywords_of(person_ids: Iterable[int]) -> dict[int, ActiveKeywords]:
    """Map each of these person ids to their active keywords, in one query."""
    rows: dict[int, dict[str, int]] = {person_id: {} for person_id in person_ids}
    found = (
        Subscription.objects.active()
        .filter(among("subscriber_id", rows))
        .order_by("position", "pk")
    )
    keywords: dict[int, list[Keyword]] = {person_id: [] for person_id in rows}
    offers: dict[int, WordingOffer] = {}
    columns = found.values_list("subscriber_id", "text", "pk", "expansions", "wordings_offered_at")
    for person_id, text, row, expansions, offered_at in columns:
        rows[person_id][text] = row
        keywords[person_id] += usable_keyword(text, stored_pairs(expansions))
        others = expansions.get("offers") if settings.KEYWORD_EXPANSIONS else None
        if offered_at is None and others:
            names = tuple(dict.fromkeys(Pair(*pair).shown for pair in others))[:_NAMED]
            offers.setdefault(person_id, WordingOffer(row, text, names))
    return {
        person_id: ActiveKeywords(ids, tuple(keywords[person_id]), offers.get(person_id))
        for person_id, ids in rows.items()
    }


def distinct_keywords(rows: "QuerySet[Subscription]", most: int) -> Iterator[Keyword]:
    """The keywords of these rows, those of equal text and wordings once; at most so many."""
    stored = rows.order_by("text").values_list("text", "expansions").distinct()[:most]
    for text, expansions in stored.iterator():
        yield from usable_keyword(text, stored_pairs(expansions))


@lru_cache(_PARSED)
def usable_keyword(text: str, pairs: tuple[Pair, ...]) -> tuple[Keyword, ...]:
    """The parsed keyword with its other wordings; empty if this release cannot read it."""
    try:
        return (parse(text, pairs),)
    except KeywordError:
        return ()


def keywords_that_hit(entry: DigestEntry) -> list[Keyword]:
    """The keywords that an entry names, with the wordings they had then; without those that this
    release cannot read."""
    return [
        keyword
        for text, wordings in entry.wordings()
        for keyword in usable_keyword(text, tuple(Pair(*each) for each in wordings))
    ]
