"""Signing up, and confirming."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import F

from digest.matching.query import MAX_KEYWORDS
from digest.models import Catalogue, Digest, Letter, State

from .changes import meaning_key, merge_keywords, resolve_wordings
from .letters.letter_planning import plan_letter
from .models import Subscriber, Suppression, email_key
from .pause_days import keep_day_of_pause
from .schedule import Schedule
from .sign_up_request import SignUpRequest as SignUpRequest

Status = Subscriber.Status


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
            plan_letter(subscriber, Letter.Purpose.CONFIRM, at, answered=answered)
    return subscriber


def send_preferences_link(email: str, *, at: datetime) -> None:
    """Plan a letter with a new preferences link, if the address is a confirmed subscriber's."""
    subscriber = Subscriber.objects.by_email(email).exclude(status=Status.PENDING).first()
    if subscriber:
        plan_letter(subscriber, Letter.Purpose.PREFERENCES, at)


class LinkUsed(Exception):
    """The link was used already, or no request waits for confirmation."""


class RequestChanged(Exception):
    """The request to confirm is not the one that the page showed."""


def fingerprint(subscriber: Subscriber) -> str:
    """SHA-256, in hex, of what the confirmation page shows: the address, its request, and the
    schedule that the subscriber has, where that can be kept."""
    kept = asdict(subscriber.schedule) if has_schedule(subscriber) else None
    shown = json.dumps([subscriber.email, subscriber.requested, kept], sort_keys=True, default=str)
    return hashlib.sha256(shown.encode()).hexdigest()


def has_schedule(subscriber: Subscriber) -> bool:
    """Whether digests come to the subscriber, or will again, on a schedule of their own.

    One who comes back after unsubscribing starts anew, with the schedule of the sign-up.
    """
    starts_anew = subscriber.status in (Status.PENDING, Status.UNSUBSCRIBED)
    return subscriber.confirmed_at is not None and not starts_anew


def other_schedule(subscriber: Subscriber, asked: SignUpRequest) -> Schedule | None:
    """Return the schedule that was asked for if it is another than the subscriber has."""
    is_other = has_schedule(subscriber) and not asked.schedule.same_as(subscriber.schedule)
    return asked.schedule if is_other else None


def without_room(keywords: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return those of the texts that a list of keywords has no room for: the last ones.

    Those that the list has already, in any spelling, take none.
    """
    found = {meaning_key(text) for text in keywords}
    left_out: list[str] = []
    for text in texts:
        if (key := meaning_key(text)) in found:
            continue
        if len(found) < MAX_KEYWORDS:
            found.add(key)
        else:
            left_out.append(text)
    return left_out


def is_older_than(subscriber: Subscriber, link_made_at: datetime) -> bool:
    """Whether the newest request is older than a link. Links hold whole seconds."""
    asked_at = subscriber.requested_at
    return asked_at is not None and asked_at.replace(microsecond=0) <= link_made_at


def confirm_shown(
    subscriber_id: int,
    confirmations: int,
    shown: str,
    *,
    at: datetime,
    takes_schedule: bool = False,
) -> None:
    """Confirm the request that a page has shown.

    `shown` is its `fingerprint`; `confirmations` is the count when the link was mailed;
    `takes_schedule`: see `confirm`. Of concurrent calls one confirms. Raises LinkUsed or
    RequestChanged.
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
        _confirm(subscriber, at, takes_schedule)


def confirm(subscriber_id: int, *, at: datetime, takes_schedule: bool = False) -> Subscriber | None:
    """Confirm the newest request of a subscriber. Returns None if the subscriber is deleted.

    Keywords are added to the existing ones, as far as there is room. A schedule that the subscriber
    has is replaced only if `takes_schedule`. A subscriber who was not active starts at the newest
    paper. Confirming twice changes nothing more.
    """
    with transaction.atomic():
        _lock_digests(subscriber_id)
        subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if subscriber is None:
            return None
        subscriber.confirmations += 1
        _confirm(subscriber, at, takes_schedule)
    return subscriber


def _lock_digests(subscriber_id: int) -> None:
    """Lock what `_activate` may cancel, before the subscriber (see `DigestQuerySet.lock`)."""
    Digest.objects.filter(subscriber=subscriber_id).active().lock()


def _confirm(subscriber: Subscriber, at: datetime, takes_schedule: bool) -> None:
    """Confirm the request of a subscriber whose row is locked."""
    if subscriber.requested:
        _apply_request(subscriber, takes_schedule)
    is_suspended = _is_only_suspended(subscriber)
    if _lift_bounce(subscriber) or is_suspended:
        subscriber.confirmed_at = at
    if is_suspended:
        subscriber.status = Status.ACTIVE
    elif subscriber.status not in (Status.ACTIVE, Status.PAUSED):
        _activate(subscriber, at)
    subscriber.next_due_at = subscriber.next_due_or_overdue(at)
    subscriber.save()


def _is_only_suspended(subscriber: Subscriber) -> bool:
    """Whether mail is suspended after soft bounces: then the papers still wait for it."""
    bouncing = subscriber.status == Status.BOUNCING
    return bouncing and not subscriber.suppressions.exists()


def _lift_bounce(subscriber: Subscriber) -> bool:
    """Delete a bounce: confirming proves that the address works. Return whether there was one."""
    noted = subscriber.suppressions
    return bool(noted.filter(reason=Suppression.Reason.BOUNCE).delete()[0])


def _apply_request(subscriber: Subscriber, takes_schedule: bool) -> None:
    asked = SignUpRequest.from_json(subscriber.requested)
    left_out = without_room(subscriber.active_keywords(), asked.keywords)
    added = [text for text in asked.keywords if text not in left_out]
    wordings = resolve_wordings([text for text in added if text not in asked.expansions])
    merge_keywords(subscriber, added, wordings | asked.wordings)
    if takes_schedule or not has_schedule(subscriber):
        former = subscriber.zone
        for name, value in asdict(asked.schedule).items():
            setattr(subscriber, name, value)
        keep_day_of_pause(subscriber, former)
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
