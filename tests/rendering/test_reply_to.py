"""Where an answer to a mail goes: to whom the operator says, whatever mail it is."""

from typing import Any

import pytest

from digest.mail.esp import Provider, as_django_mail
from digest.mail.transport import Envelope
from digest.models import Letter
from digest.rendering.digest_message import compose_digest
from subscriptions.letters.composing import compose_letter
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.mails import digest_of, parsed

pytestmark = pytest.mark.django_db
ANSWERS = "The librarians <desk@library.example>"


def letter(**fields: Any) -> Letter:
    return Letter(nonce="1", not_before=MORNING, expires_at=MORNING, **fields)


def a_digest() -> bytes:
    factories.paper("A robot")
    return compose_digest(digest_of(factories.subscriber("ada@example.org", "robot"))).message


def a_confirmation() -> bytes:
    person = factories.subscriber("ada@example.org")
    confirm = letter(subscriber=person, email_key=person.email_key, purpose="confirm")
    return compose_letter(confirm, MORNING).message


def an_alarm() -> bytes:
    facts = {"unanswered": 1, "tried": 1, "share": "100 %", "limit": "0.01 %"}
    alarm = letter(email="op@example.org", email_key="op@example.org", purpose="alarm", facts=facts)
    return compose_letter(alarm, MORNING).message


@pytest.mark.parametrize("mail", [a_digest, a_confirmation, an_alarm])
def test_every_mail_says_it_once(settings: Any, mail: Any) -> None:
    settings.REPLY_TO = ANSWERS
    assert parsed(mail()).get_all("Reply-To") == [ANSWERS]


def test_it_is_the_senders_address_unless_it_is_set(settings: Any) -> None:
    assert settings.REPLY_TO == settings.MAIL_SENDER
    mail = parsed(a_digest())
    assert f"<{mail['Reply-To']}>" in mail["From"]


def test_a_provider_is_told_it(settings: Any) -> None:
    pytest.importorskip("anymail")
    from anymail.backends.postmark import EmailBackend

    settings.REPLY_TO = ANSWERS
    mail = as_django_mail(Envelope("digest@example.org", "ada@example.org"), a_digest())
    backend = EmailBackend(**dict(Provider.from_url("anymail://postmark?server_token=t").options))
    assert backend.build_message_payload(mail, {}).data["ReplyTo"] == ANSWERS
