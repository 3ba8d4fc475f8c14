"""Letters: transactional mail. They hold no keyword and no name: until the owner of the address
confirms, anybody may have typed it."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from digest.mail.mime.composer import (
    ComposedMail,
    compose_mail,
    derived_message_id,
    render_templates,
)
from digest.models import Letter

from .links import Purpose, address, token
from .models import Subscriber
from .signup import confirmation_name


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
    assert letter.subscriber is not None, "only alarms have no subscriber"
    return letter.subscriber


def _linked(view: str, purpose: Purpose, named: int | str) -> dict[str, object]:
    return {"link": address(view, token(purpose, named)), "home_url": address("home")}


def _alarm(letter: Letter) -> dict[str, object]:
    """The sentences that the alarm was raised with, and the page about them."""
    return {
        # Letters planned before alarms had kinds hold numbers instead.
        "summary": letter.facts.get("summary", "Mails ended without an answer"),
        "details": letter.facts.get("details", []),
        "why_url": address("admin:why-nothing"),
        "home_url": address("home"),
    }


_CONTEXTS: dict[Letter.Purpose, Callable[[Letter], dict[str, object]]] = {
    Letter.Purpose.CONFIRM: lambda letter: _linked(
        "confirm", Purpose.CONFIRM, confirmation_name(_subscriber(letter))
    ),
    Letter.Purpose.PREFERENCES: lambda letter: _linked(
        "preferences", Purpose.PREFERENCES, _subscriber(letter).pk
    ),
    Letter.Purpose.ALARM: _alarm,
}
