"""Compose letters. They hold no keyword, no name and no other address: until the owner
of the address confirms, anybody may have typed it."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from digest.mail.mime.composer import (
    ComposedMail,
    compose_mail,
    derived_message_id,
    render_templates,
)
from digest.models import AlarmKind, Letter

from ..account.account_links import account_name
from ..links import Purpose, address, confirmation_name, token
from ..models import AddressChange, Subscriber
from ..sign_up_request import SignUpRequest


def compose_letter(letter: Letter, at: datetime) -> ComposedMail:
    """Compose a letter. The lifetime of its link starts now."""
    purpose = Letter.Purpose(letter.purpose)
    subject, text, html = render_templates(purpose.value, _CONTEXTS[purpose](letter))
    return compose_mail(
        sender=settings.MAIL_FROM,
        recipient=letter.address,
        subject=subject,
        text=text,
        html=html,
        message_id=message_id_of(letter),
        date=at,
        headers={
            "Reply-To": settings.REPLY_TO,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )


def message_id_of(letter: Letter, secret: str = "") -> str:
    """Return the Message-ID, which is the same on every attempt under one SECRET_KEY.

    `secret`: the SECRET_KEY of another time.
    """
    key = f"letter:{letter.email_key}:{letter.purpose}:{letter.nonce}"
    return derived_message_id(secret or settings.SECRET_KEY, key, settings.SITE_HOST)


def _subscriber(letter: Letter) -> Subscriber:
    assert letter.subscriber is not None, "the letter is to a subscriber"
    return letter.subscriber


def _change(letter: Letter) -> AddressChange:
    assert letter.address_change is not None, "the letter is about a change of address"
    return letter.address_change


def _linked(
    view: str, purpose: Purpose, named: int | str, at: datetime | None = None
) -> dict[str, object]:
    """The link, whose lifetime starts `at` that time, by default now."""
    return {"link": address(view, token(purpose, named, at=at)), "home_url": address("home")}


def _confirm(letter: Letter) -> dict[str, object]:
    """The link, and how much was asked for; "" if nothing waits for confirmation any more."""
    person = _subscriber(letter)
    asked = SignUpRequest.from_json(person.requested).summary() if person.requested else ""
    return _linked("confirm", Purpose.CONFIRM, confirmation_name(person)) | {"asked": asked}


def _alarm(letter: Letter) -> dict[str, object]:
    """The sentences that the alarm was raised with, and the page about them."""
    return {
        # Letters planned before alarms had kinds hold numbers instead.
        "summary": letter.facts.get("summary", "Mails ended without an answer"),
        "details": letter.facts.get("details", []),
        "is_report": letter.facts.get("kind") == AlarmKind.DAILY,
        "why_url": address("admin:why-nothing"),
        "home_url": address("home"),
    }


_CONTEXTS: dict[Letter.Purpose, Callable[[Letter], dict[str, object]]] = {
    Letter.Purpose.CONFIRM: _confirm,
    Letter.Purpose.PREFERENCES: lambda letter: _linked(
        "preferences", Purpose.PREFERENCES, _subscriber(letter).pk
    ),
    Letter.Purpose.ACCOUNT: lambda letter: _linked(
        "account", Purpose.ACCOUNT, account_name(_subscriber(letter))
    ),
    Letter.Purpose.NEW_ADDRESS: lambda letter: _linked(
        "new-address", Purpose.NEW_ADDRESS, _change(letter).pk
    ),
    Letter.Purpose.ADDRESS_CHANGED: lambda letter: _linked(
        "undo-address", Purpose.UNDO_ADDRESS, _change(letter).pk, _change(letter).confirmed_at
    ),
    Letter.Purpose.ALARM: _alarm,
}
