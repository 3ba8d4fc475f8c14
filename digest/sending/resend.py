"""Copies: an operator sends a digest again, with the same contents, marked as a copy."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from digest.models import Digest, DigestFacts, DigestQuerySet, State
from digest.models.digest_contents import LookBack
from subscriptions.models import Subscriber, Suppression, address_hashes

LASTS = timedelta(days=1)
COPIED = (State.SENT, State.UNKNOWN, State.FAILED)
_TAKEN_OVER = ("from_seq", "to_seq", "papers_read", "entries", "follow_ups")


class NotCopied(Exception):
    """The reason why there is no copy, in a sentence without personal data."""


def plan_copy(digest: Digest, at: datetime) -> Digest:
    """Plan a copy of a digest's frozen contents, due at `at`.

    The watermark and the next digest are not changed. Raises NotCopied if the digest cannot be
    copied, or its subscriber had a copy on the same local date.
    """
    if sentence := _refusal(digest):
        raise NotCopied(sentence)
    values = _values(digest, at)
    key = {name: values.pop(name) for name in ("subscriber", "kind", "local_date")}
    copy, created = Digest.objects.get_or_create(**key, defaults=values)
    if not created:
        raise NotCopied("This person already got a copy today.")
    return copy


def plan_copies(digests: DigestQuerySet, at: datetime) -> int:
    """Plan copies of these digests, skipping those that `plan_copy` refuses; returns how many."""
    rows = list(digests.select_related("subscriber"))
    hashes = {row.pk: set(address_hashes(row.email_key, row.address)) for row in rows}
    suppressed = Suppression.objects.with_hashes(set().union(*hashes.values()))
    stopped = set(suppressed.values_list("address_hash", flat=True))
    wanted = [row for row in rows if not _unfit(row) and not hashes[row.pk] & stopped]
    todays = Digest.objects.filter(
        kind=Digest.Kind.COPY, subscriber__in=[digest.subscriber_id for digest in wanted]
    )
    before = todays.count()
    Digest.objects.bulk_create((Digest(**_values(d, at)) for d in wanted), ignore_conflicts=True)
    return todays.count() - before


def _values(digest: Digest, at: datetime) -> dict[str, Any]:
    return {
        "subscriber": digest.subscriber,
        "kind": Digest.Kind.COPY,
        "local_date": at.astimezone(digest.subscriber.zone).date(),
        **{name: getattr(digest, name) for name in _TAKEN_OVER},
        "facts": _copied_facts(digest),
        "composed_at": at,
        "not_before": at,
        "expires_at": at + LASTS,
    }


def _refusal(digest: Digest) -> str:
    """The reason why this digest cannot be copied, "" if it can."""
    if sentence := _unfit(digest):
        return sentence
    if digest.subscriber.suppressions.exists():
        return "The address is suppressed."
    return ""


def _unfit(digest: Digest) -> str:
    """The same, without regard to suppressions."""
    if digest.kind == Digest.Kind.COPY:
        return "It is a copy itself."
    if digest.pruned:
        return "Its contents are no longer kept."
    if digest.state not in COPIED or digest.composed_at is None:
        return "No e-mail was ever sent for it."
    if digest.subscriber.status != Subscriber.Status.ACTIVE:
        return "The subscriber is not active."
    return ""


def _copied_facts(digest: Digest) -> DigestFacts:
    """The facts of the original, its day, and whether it was a sample."""
    sample = digest.facts.sample
    if digest.kind == Digest.Kind.SAMPLE:
        sample = sample or LookBack()
    return replace(digest.facts, copied_day=digest.local_date, sample=sample, offer=None)
