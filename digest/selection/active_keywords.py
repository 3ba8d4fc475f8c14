"""What people want: the keywords in force, as typed and as understood."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.models.database import among
from subscriptions.changes import usable_keywords
from subscriptions.models import Subscription

_PARSED = 1 << 15  # keywords kept: a few kB each, and most people ask for the same few


class Wanted(NamedTuple):
    """One person's keywords in force, in the order they were added.

    rows: as typed -> the id of the subscription. keywords: parsed; one that an older release
    accepted and this one does not is left out (the preferences page shows it and says why).
    """

    rows: dict[str, int]
    keywords: tuple[Keyword, ...]


def wanted_by(person_ids: Iterable[int]) -> dict[int, Wanted]:
    """Person id -> what they want, for every id asked, in one query."""
    rows: dict[int, dict[str, int]] = {person_id: {} for person_id in person_ids}
    found = Subscription.objects.active().filter(among("subscriber_id", rows)).order_by("pk")
    for person_id, text, row in found.values_list("subscriber_id", "text", "pk"):
        rows[person_id][text] = row
    return {person_id: Wanted(mine, _understood(mine)) for person_id, mine in rows.items()}


def _understood(texts: Iterable[str]) -> tuple[Keyword, ...]:
    return tuple(keyword for text in texts for keyword in _parsed(text))


@lru_cache(_PARSED)
def _parsed(text: str) -> tuple[Keyword, ...]:
    """The keyword, or nothing where this release cannot read it."""
    return tuple(usable_keywords([text]))
