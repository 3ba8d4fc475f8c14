"""Letters: the few mails that are not digests. No keyword and no name of anybody stands in them,
for until the button is pressed anybody may have typed the address."""

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
    """The mail of a letter; a link in it is good from now on."""
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
    """The same on every attempt, under one SECRET_KEY (or the `secret` that it was)."""
    key = f"letter:{letter.email_key}:{letter.purpose}:{letter.nonce}"
    return derived_message_id(secret or settings.SECRET_KEY, key, settings.SITE_HOST)


def _confirm(letter: Letter) -> dict[str, object]:
    return _linked("confirm", Purpose.CONFIRM, confirmation_name(_person(letter)))


def _preferences(letter: Letter) -> dict[str, object]:
    return _linked("preferences", Purpose.PREFERENCES, _person(letter).pk)


def _person(letter: Letter) -> Subscriber:
    assert letter.subscriber is not None, "only alarms go to nobody who subscribed"
    return letter.subscriber


def _linked(view: str, purpose: Purpose, named: int | str) -> dict[str, object]:
    return {"link": address(view, token(purpose, named)), "home_url": address("home")}


def _alarm(letter: Letter) -> dict[str, object]:
    """The sentences of the time it was raised at, and the operators' page about them."""
    return {
        # Letters that were owed before alarms had kinds hold numbers instead.
        "summary": letter.facts.get("summary", "Mails ended without an answer"),
        "details": letter.facts.get("details", []),
        "why_url": address("admin:why-nothing"),
        "home_url": address("home"),
    }


_CONTEXTS = {
    Letter.Purpose.CONFIRM: _confirm,
    Letter.Purpose.PREFERENCES: _preferences,
    Letter.Purpose.ALARM: _alarm,
}
