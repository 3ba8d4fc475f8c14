"""An operator sends a digest again: the same papers and words, marked as a copy."""

from datetime import datetime, timedelta

from digest.models import Digest, State
from subscriptions.models import Subscriber, Suppression

LASTS = timedelta(days=1)
COPIED = (State.SENT, State.UNKNOWN, State.FAILED)
_TAKEN_OVER = ("from_seq", "to_seq", "papers_read", "entries", "follow_ups")


class NotCopied(Exception):
    """Why there is no copy, in a sentence that names nobody."""


def plan_copy(digest: Digest, at: datetime) -> Digest:
    """Plan a copy of what was frozen for this digest, one a person and (local) day.

    It deals with no paper: the watermark stays, and what was due next is. Raises NotCopied.
    """
    if sentence := _refusal(digest):
        raise NotCopied(sentence)
    copy, created = Digest.objects.get_or_create(
        subscriber=digest.subscriber,
        kind=Digest.Kind.COPY,
        local_date=at.astimezone(digest.subscriber.zone).date(),
        defaults={
            **{name: getattr(digest, name) for name in _TAKEN_OVER},
            "told": _told(digest),
            "composed_at": at,
            "not_before": at,
            "expires_at": at + LASTS,
        },
    )
    if not created:
        raise NotCopied("This person had a copy today already.")
    return copy


def _refusal(digest: Digest) -> str:
    """Why this digest cannot be copied, "" if it can."""
    if digest.kind == Digest.Kind.COPY:
        return "It is a copy itself."
    if digest.state not in COPIED or digest.composed_at is None:
        return "No mail of it was ever tried."
    if digest.subscriber.status != Subscriber.Status.ACTIVE:
        return "The subscriber is not active."
    if Suppression.objects.of(digest.email_key).exists():
        return "The address is suppressed."
    return ""


def _told(digest: Digest) -> dict[str, object]:
    """What the original told, its day, and whether it was a look back."""
    told = digest.told | {"copied_day": digest.local_date.isoformat()}
    if digest.kind == Digest.Kind.SAMPLE:
        told["sample"] = digest.told.get("sample") or {"quiet_week": False}
    return told
