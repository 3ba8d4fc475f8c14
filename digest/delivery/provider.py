"""What a mail provider tells over HTTP, read by django-anymail and recorded like a message.

Each request is checked first: by the provider's signature, or, where it has none, by the user and
password that were given to it (HTTP Basic, RFC 7617).
"""

import hashlib
import importlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from digest.delivery.events import Kind, Recorded, Told, find, record
from digest.mail.reports import Bounce, meaning, status_in
from digest.mail.webhooks import KNOWN
from subscriptions.models import Subscriber

_BOUNCES = {
    Bounce.HARD: Kind.BOUNCE_HARD,
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
# Why a provider did not even try: its own list of earlier events, or its rules.
_REJECTED = {
    "invalid": Kind.BOUNCE_HARD,
    "spam": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "bounced": Kind.BOUNCE_SOFT,
    "timed_out": Kind.BOUNCE_SOFT,
}


class Unsigned(Exception):
    """The request is not the provider's."""


class Unreadable(Exception):
    """The request is the provider's, and not in any form that is known."""


def parse(name: str, request: HttpRequest) -> list[Any]:
    """The events (anymail's) of a request by a provider of settings.MAIL_WEBHOOKS.

    KeyError: that provider is not set up here. Raises Unsigned or Unreadable.
    """
    secret = settings.MAIL_WEBHOOKS[name]
    view, argument = KNOWN[name]
    module = importlib.import_module(f"anymail.webhooks.{name}")
    reader = getattr(module, view)(**{argument: secret})
    try:
        reader.run_validators(request)
    except Exception as wrong:  # a wrong signature, or a body in which none can be looked for
        raise Unsigned(type(wrong).__name__) from wrong
    try:
        return list(reader.parse_events(request))
    except Exception as wrong:  # each provider's reader fails in ways of its own
        raise Unreadable(type(wrong).__name__) from wrong


def record_events(name: str, events: Iterable[Any], at: datetime) -> list[Recorded]:
    """Record what is of use among them; opens and clicks are nobody's business."""
    found = []
    for event in events:
        if (told := _told(event)) is not None:
            raw = _raw(event)
            digest = hashlib.sha256(raw).hexdigest()
            event_id = str(event.event_id or digest)
            found.append(record(told, provider=name, event_id=event_id, sha256=digest, at=at))
    return found


def _told(event: Any) -> Told | None:
    kind = _kind(event)
    if kind is None:
        return None
    status = status_in(_words(event))
    mail = find(str(value) for value in (event.metadata or {}).values())
    if mail is not None:
        return Told(kind, mail, mail.subscriber, status)
    # The provider has signed it, so that the recipient is whom it says.
    person = Subscriber.objects.by_email(event.recipient or "").first()
    return Told(kind, None, person, status) if person else Told(Kind.FORGED, status=status)


def _kind(event: Any) -> Kind | None:
    kind, reason = event.event_type, event.reject_reason
    if kind == "rejected":
        return _REJECTED.get(reason, Kind.BOUNCE_POLICY)
    if kind == "bounced":
        status = status_in(_words(event))
        if reason == "invalid" and not status:
            return Kind.BOUNCE_HARD
        return _BOUNCES[meaning(status)]
    return _SIMPLE.get(kind)


def _words(event: Any) -> str:
    return f"{event.mta_response or ''} {event.description or ''}"


def _raw(event: Any) -> bytes:
    """The event's own fields, the same bytes for the same event."""
    return json.dumps(event.esp_event, sort_keys=True, default=str).encode()
