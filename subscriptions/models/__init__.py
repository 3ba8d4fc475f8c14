"""Subscribers, what they asked for, and suppressions."""

from digest.mail.mailboxes import email_key
from subscriptions.suppression_key import KeyCheck

from .subscribers import (
    TRENDING_LIMIT,
    TRENDING_USUAL,
    MergedSubscriber,
    Subscriber,
    SubscriberQuerySet,
)
from .subscriptions import LetterRequest, Subscription, SubscriptionQuerySet
from .suppressions import (
    BOUNCE_LASTS,
    Suppression,
    SuppressionQuerySet,
    address_hash,
    address_hashes,
)

__all__ = [
    "BOUNCE_LASTS",
    "TRENDING_LIMIT",
    "TRENDING_USUAL",
    "KeyCheck",
    "LetterRequest",
    "MergedSubscriber",
    "Subscriber",
    "SubscriberQuerySet",
    "Subscription",
    "SubscriptionQuerySet",
    "Suppression",
    "SuppressionQuerySet",
    "address_hash",
    "address_hashes",
    "email_key",
]
