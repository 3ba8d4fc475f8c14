"""The active keywords of people, as typed and as parsed."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.models.database import among
from subscriptions.changes import usable_keywords
from subscriptions.models import Subscription

_PARSED = 1 << 15  # keywords kept: a few kB each, and most people ask for the same few


class ActiveKeywords(NamedTuple):
    """One person's active keywords, in the order they were added.

    subscriptions: as typed -> id of the Subscription. keywords: parsed; one that an older release
    accepted and this one does not is left out (the preferences page shows it and says why).
    """

    subscriptions: dict[str, int]
    keywords: tuple[Keyword, ...]


def active_keywords_of(person_ids: Iterable[int]) -> dict[int, ActiveKeywords]:
    """Map each of these person ids to their active keywords, in one query."""
    rows: dict[int, dict[str, int]] = {person_id: {} for person_id in person_ids}
    found = Subscription.objects.active().filter(among("subscriber_id", rows)).order_by("pk")
    for person_id, text, row in found.values_list("subscriber_id", "text", "pk"):
        rows[person_id][text] = row
    return {
        person_id: ActiveKeywords(ids, tuple(keyword for text in ids for keyword in _parsed(text)))
        for person_id, ids in rows.items()
    }


@lru_cache(_PARSED)
def _parsed(text: str) -> tuple[Keyword, ...]:
    """The parsed keyword; empty if this release cannot read it."""
    return tuple(usable_keywords([text]))
