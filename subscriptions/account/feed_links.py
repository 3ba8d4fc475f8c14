"""Making, renewing and revoking the link to the private feed of a subscriber's digests.

It is read-only and never expires, so it must be possible to revoke it: the link signs a serial
number, and only that of the subscriber's newest link works.
"""

from datetime import datetime

from django.db.models import F, QuerySet

from ..links import Purpose, address, token
from ..models import FeedLink, Subscriber

GETS_DIGESTS = (
    Subscriber.Status.ACTIVE,
    Subscriber.Status.PAUSED,
    Subscriber.Status.BOUNCING,
)


def feed_link(subscriber: Subscriber) -> FeedLink:
    """Return the subscriber's link; one that is not stored if they never made one."""
    row = FeedLink.objects.filter(subscriber=subscriber).first()
    row = row or FeedLink(subscriber=subscriber)
    row.subscriber = subscriber
    return row


def feed_address(link: FeedLink) -> str:
    """Return the address of the feed, "" if the link is off."""
    if not link.is_on:
        return ""
    named = f"{link.subscriber_id}-{link.serial}"
    return address("reader-feed", token(Purpose.FEED, named, at=link.made_at))


def make(subscriber: Subscriber, *, seen: int, at: datetime) -> bool:
    """Make a link, which replaces the one before. Return False if `seen` is no longer its serial
    number: somebody else has just made one."""
    FeedLink.objects.bulk_create([FeedLink(subscriber=subscriber)], ignore_conflicts=True)
    since = max(at, subscriber.address_since or at)  # which is rounded up to a whole second
    return bool(_seen(subscriber, seen).update(serial=F("serial") + 1, made_at=since))


def turn_off(subscriber: Subscriber, *, seen: int) -> bool:
    """Revoke the link. Return False if `seen` is no longer its serial number."""
    return bool(_seen(subscriber, seen).update(made_at=None))


def _seen(subscriber: Subscriber, serial: int) -> QuerySet[FeedLink]:
    return FeedLink.objects.filter(subscriber=subscriber, serial=serial)


def find(named: str) -> FeedLink | None:
    """Return the link that a token names, None if it does not work any more.

    Suppressions that an automatic hold may still undo do not count. Raises ValueError for a text
    that no link signs.
    """
    pk, serial = map(int, named.split("-"))
    rows = FeedLink.objects.select_related("subscriber")
    link = rows.filter(subscriber=pk, serial=serial).first()
    if link is None or not link.is_on or link.subscriber.status not in GETS_DIGESTS:
        return None
    if link.subscriber.suppressions.filter(pending_since=None).exists():
        return None
    return link
