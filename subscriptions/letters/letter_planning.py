"""Plan letters, within the limits of each mailbox and of the site."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Max

from digest.limits.letter_pace import earliest_departure
from digest.mail.mailboxes import domain_key
from digest.models import Letter

from ..models import AddressChange, Subscriber

LETTERS_IN_30_DAYS = 3
LETTER_LASTS = timedelta(days=7)
Purpose = Letter.Purpose


class LetterLimit(NamedTuple):
    """At most so many letters of one purpose to one mailbox in that period."""

    letters: int
    period: timedelta


USUAL = (LetterLimit(1, timedelta(days=1)), LetterLimit(LETTERS_IN_30_DAYS, timedelta(days=30)))


def plan_letter(
    subscriber: Subscriber,
    purpose: Letter.Purpose,
    at: datetime,
    *,
    answered: bool = False,
    limits: Sequence[LetterLimit] = USUAL,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Plan a letter to a subscriber. If one of the limits is reached, nothing is planned.

    They do not apply if the last letter was `answered`.
    """
    columns = {"subscriber": subscriber, "facts": facts or {}}
    bounds = () if answered else limits
    _plan(subscriber.email, subscriber.email_key, purpose, at, bounds, columns)


def plan_change_letter(change: AddressChange, purpose: Letter.Purpose, at: datetime) -> None:
    """Plan the letter to the new address of a change, or the notice to the former one.

    The new address gets no more than the usual number of letters; the notice is always planned.
    """
    email, key = change.email, change.email_key
    limits: Sequence[LetterLimit] = USUAL
    if purpose == Purpose.ADDRESS_CHANGED:
        email, key, limits = change.former_email, change.former_email_key, ()
    local, domain = email.rpartition("@")[0], key.rpartition("@")[2]
    columns = {"email": f"{local}@{domain}", "address_change": change}
    _plan(email, key, purpose, at, limits, columns)


def _plan(
    email: str,
    key: str,
    purpose: Letter.Purpose,
    at: datetime,
    limits: Sequence[LetterLimit],
    columns: Mapping[str, object],
) -> None:
    """Plan a letter unless a limit is reached. Letters to one domain are paced."""
    letters = Letter.objects.filter(email_key=key, purpose=purpose)
    for limit in limits:
        if letters.filter(not_before__gt=at - limit.period).count() >= limit.letters:
            return
    domain = domain_key(email.rpartition("@")[2])[:255]
    turn = earliest_departure(domain, at)
    Letter.objects.get_or_create(
        email_key=key,
        purpose=purpose,
        # Two requests at the same moment follow the same one, and share a letter.
        nonce=f"{at.date().isoformat()}-{letters.aggregate(last=Max('pk'))['last'] or 0}",
        defaults={
            **columns,
            "paced_domain": domain,
            "not_before": turn,
            "expires_at": turn + LETTER_LASTS,
        },
    )
