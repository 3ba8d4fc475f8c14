"""Signing up, confirming, unsubscribing, and undoing an unsubscription."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from digest.limits.letter_pace import earliest_departure
from digest.mail.mailboxes import domain_key
from digest.models import Catalogue, Digest, Letter, State

from .models import Subscriber, Suppression, email_key
from .schedule import Frequency

Status = Subscriber.Status
LETTERS_IN_30_DAYS = 3
LETTER_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SignUpRequest:
    """What a sign-up asks for, validated."""

    keywords: tuple[str, ...] = ()
    timezone: str = "UTC"
    send_at: time = time(7)
    frequency: str = Frequency.DAILY
    weekly_on: int = 0
    trending_top: int = 0

    def to_json(self) -> dict[str, object]:
        return asdict(self) | {
            "keywords": list(self.keywords),
            "send_at": self.send_at.isoformat("minutes"),
            "frequency": str(self.frequency),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        known = stored | {
            "keywords": tuple(stored["keywords"]),
            "send_at": time.fromisoformat(stored["send_at"]),
        }
        return cls(**known)


def request(email: str, asked: SignUpRequest, *, at: datetime, letter: bool = True) -> Subscriber:
    """Store a sign-up, and plan a confirmation letter unless `letter` is False.

    It takes effect when the owner of the address confirms. The newest request of an address counts.
    """
    with transaction.atomic():
        subscriber, created = Subscriber.objects.get_or_create(
            email_key=email_key(email),
            defaults={
                "email": email.strip(),
                "requested": asked.to_json(),
                "requested_at": at,
                "send_at": asked.send_at,
            },
        )
        answered = not created and not subscriber.requested
        if not created:
            same = Subscriber.objects.filter(pk=subscriber.pk)
            same.update(requested=asked.to_json(), requested_at=at)
            # The letter goes to the spelling that was typed last: its owner knows that one.
            if same.filter(status=Status.PENDING).update(email=email.strip()):
                subscriber.email = email.strip()
        if letter:
            _plan_letter(subscriber, Letter.Purpose.CONFIRM, at, answered=answered)
    return subscriber


def send_preferences_link(email: str, *, at: datetime) -> None:
    """Plan a letter with a new preferences link, if the address is a confirmed subscriber's."""
    subscriber = Subscriber.objects.by_email(email).exclude(status=Status.PENDING).first()
    if subscriber:
        _plan_letter(subscriber, Letter.Purpose.PREFERENCES, at)


def _plan_letter(
    subscriber: Subscriber, purpose: Letter.Purpose, at: datetime, *, answered: bool = False
) -> None:
    """Plan a letter. Rate limit: 1 per purpose and day, 3 in 30 days; beyond it nothing is planned.

    The limit does not apply if the last letter was `answered`. Letters to one domain are paced.
    """
    letters = Letter.objects.filter(email_key=subscriber.email_key, purpose=purpose)
    today = letters.filter(not_before__gt=at - timedelta(days=1))
    recent = letters.filter(not_before__gt=at - timedelta(days=30))
    if not answered and (today.exists() or recent.count() >= LETTERS_IN_30_DAYS):
        return
    domain = domain_key(subscriber.email.rpartition("@")[2])[:255]
    turn = earliest_departure(domain, at)
    Letter.objects.get_or_create(
        email_key=subscriber.email_key,
        purpose=purpose,
        # Two requests at the same moment follow the same one, and share a letter.
        nonce=f"{at.date().isoformat()}-{letters.aggregate(last=Max('pk'))['last'] or 0}",
        defaults={
            "subscriber": subscriber,
            "paced_domain": domain,
            "not_before": turn,
            "expires_at": turn + LETTER_LASTS,
        },
    )


class LinkUsed(Exception):
    """The link was used already, or no request waits for confirmation."""


class RequestChanged(Exception):
    """The request to confirm is not the one that the page showed."""


def confirmation_name(subscriber: Subscriber) -> str:
    """Return the text that a confirmation link signs. The next confirmation invalidates it."""
    return f"{subscriber.pk}-{subscriber.confirmations}"


def read_confirmation_name(named: str) -> tuple[int, int]:
    """Return the subscriber's id and the count of confirmations that `confirmation_name` wrote.

    Links mailed before confirmations were counted hold the id alone. Raises ValueError for anything
    else.
    """
    pk, _, confirmations = named.partition("-")
    return int(pk), int(confirmations or 0)


def fingerprint(subscriber: Subscriber) -> str:
    """SHA-256, in hex, of what the confirmation page shows: the address and its request."""
    shown = json.dumps([subscriber.email, subscriber.requested], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()


def is_older_than(subscriber: Subscriber, link_made_at: datetime) -> bool:
    """Whether the newest request is older than a link. Links hold whole seconds."""
    asked_at = subscriber.requested_at
    return asked_at is not None and asked_at.replace(microsecond=0) <= link_made_at


def confirm_shown(subscriber_id: int, confirmations: int, shown: str, *, at: datetime) -> None:
    """Confirm the request that a page has shown.

    `shown` is its `fingerprint`; `confirmations` is the count when the link was mailed. Of
    concurrent calls one confirms. Raises LinkUsed or RequestChanged.
    """
    with transaction.atomic():
        _lock_digests(subscriber_id)
        unused = Subscriber.objects.filter(pk=subscriber_id, confirmations=confirmations)
        if not unused.update(confirmations=F("confirmations") + 1):
            raise LinkUsed
        subscriber = Subscriber.objects.get(pk=subscriber_id)
        if not subscriber.requested:
            raise LinkUsed
        if fingerprint(subscriber) != shown:
            raise RequestChanged
        _confirm(subscriber, at)


def confirm(subscriber_id: int, *, at: datetime) -> Subscriber | None:
    """Confirm the newest request of a subscriber. Returns None if the subscriber is deleted.

    Keywords are added to the existing ones. A subscriber who was not active starts at the newest
    paper. Confirming twice changes nothing more.
    """
    with transaction.atomic():
        _lock_digests(subscriber_id)
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None:
            return None
        subscriber.confirmations += 1
        _confirm(subscriber, at)
    return subscriber


def _lock_digests(subscriber_id: int) -> None:
    """Lock what `_activate` may cancel, before the subscriber (see `DigestQuerySet.lock`)."""
    Digest.objects.filter(subscriber=subscriber_id).active().lock()


def _confirm(subscriber: Subscriber, at: datetime) -> None:
    """Confirm the request of a subscriber whose row is locked."""
    _apply_request(subscriber)
    is_suspended = _is_only_suspended(subscriber)
    if _lift_bounce(subscriber) or is_suspended:
        subscriber.confirmed_at = at
    if is_suspended:
        subscriber.status = Status.ACTIVE
    elif subscriber.status not in (Status.ACTIVE, Status.PAUSED):
        _activate(subscriber, at)
    subscriber.next_due_at = _next_due(subscriber, at)
    subscriber.save()


def _is_only_suspended(subscriber: Subscriber) -> bool:
    """Whether mail is suspended after soft bounces: then the papers still wait for it."""
    bouncing = subscriber.status == Status.BOUNCING
    return bouncing and not subscriber.suppressions.exists()


def _lift_bounce(subscriber: Subscriber) -> bool:
    """Delete a bounce: confirming proves that the address works. Return whether there was one."""
    noted = subscriber.suppressions
    return bool(noted.filter(reason=Suppression.Reason.BOUNCE).delete()[0])


def _next_due(subscriber: Subscriber, at: datetime) -> datetime:
    """When the next digest is due. An overdue digest stays due, so that it is not skipped."""
    due = subscriber.next_due_at
    return due if due is not None and due <= at else subscriber.next_due_after(at)


def _apply_request(subscriber: Subscriber) -> None:
    if not subscriber.requested:
        return
    asked = SignUpRequest.from_json(subscriber.requested)
    for text in asked.keywords:
        subscriber.subscriptions.update_or_create(text=text, defaults={"active": True})
    subscriber.timezone, subscriber.send_at = asked.timezone, asked.send_at
    subscriber.frequency, subscriber.weekly_on = asked.frequency, asked.weekly_on
    # Like a keyword: signing up adds it, and leaves a number that was chosen before alone.
    subscriber.trending_top = subscriber.trending_top or asked.trending_top
    subscriber.requested = {}


def _activate(subscriber: Subscriber, at: datetime) -> None:
    subscriber.status = Status.ACTIVE
    subscriber.confirmed_at = at
    subscriber.paused_until = subscriber.next_due_at = None
    subscriber.confirmed_through_seq = Catalogue.current().newest_seq
    # What was still to be sent belongs to the time before.
    waiting = Digest.objects.filter(subscriber=subscriber, state__in=(State.PLANNED, State.LEASED))
    waiting.update(state=State.CANCELLED, lease_until=None)


def unsubscribe(subscriber_id: int) -> bool:
    """Stop all mail to a subscriber at once; return False if they were unsubscribed already."""
    leaving = Subscriber.objects.filter(pk=subscriber_id).exclude(status=Status.UNSUBSCRIBED)
    return bool(
        leaving.update(status=Status.UNSUBSCRIBED, requested={}, unsubscribed_at=timezone.now())
    )


def undo_unsubscribe(subscriber_id: int, *, at: datetime) -> bool:
    """Undo an unsubscription; return whether there was one.

    The watermark stays, so no paper is missed.
    """
    with transaction.atomic():
        subscriber = (
            Subscriber.objects.select_for_update()
            .filter(pk=subscriber_id, status=Status.UNSUBSCRIBED, confirmed_at__isnull=False)
            .first()
        )
        if subscriber is None:
            return False
        pause = subscriber.paused_until
        subscriber.status = Status.PAUSED if pause and pause > at else Status.ACTIVE
        subscriber.next_due_at = _next_due(subscriber, at)
        subscriber.save()
    return True


def defaults() -> SignUpRequest:
    """The sign-up of a visitor who chooses nothing."""
    return SignUpRequest(timezone=settings.DEFAULT_TIMEZONE, send_at=settings.DEFAULT_SEND_AT)
