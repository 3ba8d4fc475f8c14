"""Other wordings that are offered for the keywords people have: on their preferences, and once in a
mail. None is ever switched on without them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from digest.expansions.possible_wordings import Wordings
from digest.expansions.resolving import wordings_of
from digest.matching.query import KeywordError
from subscriptions.models import Subscription

CHECKED_EVERY = timedelta(days=7)
BATCH = 500


def check_next_keywords(at: datetime) -> int:
    """Look for other wordings of the keywords that have waited longest; return how many there were.

    Twice, or killed in between, it changes nothing more.
    """
    rows = _waiting(at) if settings.KEYWORD_EXPANSIONS else []
    readable = []
    for row in rows:
        try:
            readable.append((row, row.parsed().typed))
        except KeywordError:
            continue
    found = wordings_of([keyword for _, keyword in readable])
    for (row, _), wordings in zip(readable, found, strict=True):
        _offer(row, wordings)
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).update(wordings_checked_at=at)
    return len(rows)


def _waiting(at: datetime) -> list[Subscription]:
    active = Subscription.objects.active()
    never = list(active.filter(wordings_checked_at=None).order_by("pk")[:BATCH])
    if never:
        return never
    long_ago = active.filter(wordings_checked_at__lt=at - CHECKED_EVERY)
    return list(long_ago.order_by("wordings_checked_at")[:BATCH])


def _offer(row: Subscription, found: Wordings) -> None:
    """Store what is offered for a keyword, unless its owner changes it at the moment."""
    stored = row.wordings
    known = {*stored.pairs, *stored.declined}
    offers = tuple(pair for pair in (*found.usual, *found.offered) if pair not in known)
    if offers == stored.offers:
        return
    changed = {"expansions": replace(stored, offers=offers).to_json()}
    is_new = not set(offers) <= set(stored.offers)
    unchanged = Subscription.objects.filter(pk=row.pk, expansions=row.expansions)
    unchanged.update(**changed, **({"wordings_offered_at": None} if is_new else {}))


def mark_offered(subscription_ids: Iterable[int], at: datetime) -> None:
    """Note that a mail names what is offered for these keywords."""
    if ids := list(subscription_ids):
        Subscription.objects.filter(pk__in=ids).update(wordings_offered_at=at)
