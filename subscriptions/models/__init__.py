"""Subscribers, what they asked for, and suppressions."""

from digest.mail.mailboxes import email_key
from subscriptions.suppression_key import KeyCheck

from .address_changes import AddressChange
from .erasures import ErasureRequest
from .feed_links import FeedLink
from .imports import SubscriberImport, UnimportedRow
from .profiles import Profile, ProfileQuerySet
from .reader_papers import Rating, SavedPaper
from .subscribers import (
    TRENDING_LIMIT,
    TRENDING_USUAL,
    MergedSubscriber,
    Subscriber,
    SubscriberQuerySet,
)
from .subscriptions import LetterRequest, Subscription, SubscriptionQuerySet, stored_pairs
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
    "AddressChange",
    "ErasureRequest",
    "FeedLink",
    "KeyCheck",
    "LetterRequest",
    "MergedSubscriber",
    "Profile",
    "ProfileQuerySet",
    "Rating",
    "SavedPaper",
    "Subscriber",
    "SubscriberImport",
    "SubscriberQuerySet",
    "Subscription",
    "SubscriptionQuerySet",
    "Suppression",
    "SuppressionQuerySet",
    "UnimportedRow",
    "address_hash",
    "address_hashes",
    "email_key",
    "stored_pairs",
]
