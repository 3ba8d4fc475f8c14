"""Webhooks of mail providers: events read by django-anymail and recorded like a message.

Each request is authenticated first, by the provider's signature or, if it has none, by the user and
password that it was given (HTTP Basic, RFC 7617).
"""

import hashlib
import importlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.http import HttpRequest

from digest.mail.inbound.bounce_reports import Bounce, classify_failure
from digest.mail.inbound.reply_codes import Meaning, any_status, basic_code, classify
from digest.mail.inbound.webhook_providers import PROVIDERS
from digest.mail_events import soft_bounces
from digest.mail_events.recording import (
    Kind,
    RecordedEvent,
    ReportedEvent,
    event_about,
    mail_of,
    read_or_unread,
    record,
)
from subscriptions.models import Subscriber

SIGNATURE_LASTS = timedelta(minutes=5)  # as Mailgun advises; before and after this machine's clock
_BOUNCES = {
    Bounce.HARD: Kind.BOUNCE_HARD,
    Bounce.REFUSED: Kind.BOUNCE_REFUSED,
    Bounce.SOFT: Kind.BOUNCE_SOFT,
    Bounce.POLICY: Kind.BOUNCE_POLICY,
}
_SIMPLE = {
    "queued": Kind.ACCEPTED,
    "sent": Kind.ACCEPTED,
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DELAYED,
    "complained": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "autoresponded": Kind.AUTO_REPLY,
    "failed": Kind.BOUNCE_POLICY,
}
# Reasons why a provider did not try to deliver: its own list of earlier events, or its rules.
_REJECTED = {
    "invalid": Kind.BOUNCE_HARD,
    "spam": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "bounced": Kind.BOUNCE_SOFT,
    "timed_out": Kind.BOUNCE_SOFT,
}
# Fields, and their values, by which providers say that the address does not exist.
_HARD: dict[str, tuple[tuple[str, object], ...]] = {
    "brevo": (("event", "hard_bounce"),),
    "mailersend": (("data.type", "hard_bounced"),),
    "mailgun": (("event-data.delivery-status.bounce-type", "hard"),),
    "mailjet": (("hard_bounce", True),),
    "postmark": (("Type", "HardBounce"), ("SuppressionReason", "HardBounce")),
    "sparkpost": (("msys.message_event.bounce_class", "30"),),
}


class TrackingEvent(Protocol):
    """An event as django-anymail gives it (`AnymailTrackingEvent`, which has no types)."""

    event_type: str
    event_id: str | None
    timestamp: datetime | None
    recipient: str | None
    reject_reason: str | None
    description: str | None
    mta_response: str | None
    metadata: Mapping[str, object] | None
    esp_event: object


class Unsigned(Exception):
    """The request does not have the provider's signature or credentials."""


class Unreadable(Exception):
    """The request is authentic, and not in a known form."""


def parse(name: str, request: HttpRequest, at: datetime) -> list[TrackingEvent]:
    """Authenticate and parse a request that a provider of settings.MAIL_WEBHOOKS sent at `at`.

    Raises KeyError if that provider is not configured, Unsigned or Unreadable.
    """
    secret = settings.MAIL_WEBHOOKS[name]
    view, argument = PROVIDERS[name]
    module = importlib.import_module(f"anymail.webhooks.{name}")
    reader = getattr(module, view)(**{argument: secret})
    try:
        reader.run_validators(request)
    except Exception as wrong:  # a wrong signature, or a body in which none can be looked for
        raise Unsigned(type(wrong).__name__) from wrong
    if name == "mailgun" and not _is_fresh(request, at):
        raise Unsigned("The signature is too old or from the future.")
    try:
        return list(reader.parse_events(request))
    except Exception as wrong:  # each provider's reader fails in ways of its own
        raise Unreadable(type(wrong).__name__) from wrong


def _is_fresh(request: HttpRequest, at: datetime) -> bool:
    """Whether Mailgun signed the request within SIGNATURE_LASTS.

    It signs a time and a random token, not the event, so that an intercepted signature would fit
    any event. Within the window, the token is the id under which one event is recorded once.
    """
    if request.content_type == "application/json":
        signed_at = json.loads(request.body)["signature"]["timestamp"]
    else:
        signed_at = request.POST["timestamp"]
    try:
        return abs(at.timestamp() - float(signed_at)) <= SIGNATURE_LASTS.total_seconds()
    except (TypeError, ValueError):
        return False


def record_events(name: str, events: Iterable[TrackingEvent], at: datetime) -> list[RecordedEvent]:
    """Record the events that matter; opens and clicks are ignored.

    An event whose reading fails is recorded as unread. If a recording fails, the others are
    recorded and its exception is raised, so that the provider sends all again: recording twice
    changes nothing.
    """
    found, failure = [], None
    for event in events:
        try:
            found.append(_record_event(name, event, at))
        except Exception as wrong:
            failure = failure or wrong
    if failure:
        raise failure
    return [each for each in found if each is not None]


def _record_event(name: str, event: TrackingEvent, at: datetime) -> RecordedEvent | None:
    digest = hashlib.sha256(_raw(event)).hexdigest()
    reported = read_or_unread(lambda: _reported(name, event, at), digest)
    if reported is None:
        return None
    event_id = str(event.event_id or "")
    if not event_id.isprintable() or not event_id:  # no database takes a NUL
        event_id = digest
    return record(reported, provider=name, event_id=event_id, sha256=digest, at=at)


def _reported(name: str, event: TrackingEvent, at: datetime) -> ReportedEvent | None:
    kind = _kind(name, event)
    if kind is None:
        return None
    status = any_status(_words(event))
    mail = mail_of(str(value) for value in (event.metadata or {}).values())
    if mail is not None:
        return event_about(mail, kind, status)
    # The request is authentic, so its recipient can be trusted.
    person = Subscriber.objects.by_email(event.recipient or "").first()
    if person is None:
        return ReportedEvent(Kind.FORGED, status=status)
    # Without VERP_SENDER events name no mail, but these bounces are counted by mails.
    if kind in (Kind.BOUNCE_SOFT, Kind.BOUNCE_REFUSED) and (
        newest := soft_bounces.newest_sent(person, at)
    ):
        return event_about(newest, kind, status)
    return ReportedEvent(kind, None, person, status)


def _kind(name: str, event: TrackingEvent) -> Kind | None:
    kind = event.event_type
    if kind == "rejected":
        return _REJECTED.get(event.reject_reason or "", Kind.BOUNCE_POLICY)
    if kind == "bounced":
        return _BOUNCES[_bounce(name, event)]
    return _SIMPLE.get(kind)


def _bounce(name: str, event: TrackingEvent) -> Bounce:
    """The kind of bounce by the server's code and text, else by the provider's own field."""
    words = _words(event)
    status = any_status(words)
    if classify(words, basic_code(words), status) != Meaning.UNSPECIFIED:
        return classify_failure(status, words)
    hard = any(_field(event, path) == word for path, word in _HARD.get(name, ()))
    return (
        Bounce.HARD if hard or event.reject_reason == "invalid" else classify_failure(status, words)
    )


def _words(event: TrackingEvent) -> str:
    """The texts that may hold a status code; Mailgun has a field of its own for it too."""
    code = _field(event, "event-data.delivery-status.enhanced-code")
    return f"{code or ''} {event.mta_response or ''} {event.description or ''}"


def _field(event: TrackingEvent, path: str) -> object:
    """The value at a dotted path in the event as the provider sent it; None if there is none."""
    found: object = event.esp_event
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _raw(event: TrackingEvent) -> bytes:
    """The event's own fields as bytes, the same for the same event."""
    try:
        return json.dumps(event.esp_event, sort_keys=True, default=str).encode()
    except (TypeError, ValueError, RecursionError):  # keys of several types, too deep a nest
        return f"{event.timestamp} {event.event_id}".encode(errors="replace")
