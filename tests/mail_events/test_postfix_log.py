"""What a mail server's log makes of mails without an answer."""

import pytest
from pytest_django import Settings

from digest.mail_events.reconciliation import apply_relay_log
from digest.models import Digest, Letter
from digest.rendering.digest_headers import message_id_of
from subscriptions.letters.composing import message_id_of as letter_id_of
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import NO_ANSWER, digest_after, person

pytestmark = pytest.mark.django_db


def unanswered_letter() -> Letter:
    return Letter.objects.create(
        email="op@example.org", email_key="op@example.org", purpose="alarm", nonce="1",
        not_before=MORNING, expires_at=MORNING, state="unknown",
    )  # fmt: skip


def took(*message_ids: str) -> list[bytes]:
    """The log of a server that took these."""
    return [
        f"Nov 20 07:00:01 mx postfix/{said}\n".encode()
        for number, message_id in enumerate(message_ids)
        for said in (
            f"cleanup[1]: A{number}: message-id=<{message_id}>",
            f"smtp[2]: A{number}: to=<a@b.example>, relay=mx, dsn=4.0.0, status=deferred (busy)",
        )
    ]


def test_mails_from_before_secret_key_was_changed_are_known(settings: Settings) -> None:
    digest = digest_after(NO_ANSWER)
    log = took(message_id_of(digest))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert message_id_of(digest) not in log[0].decode()
    assert apply_relay_log(log) == (1, 1)


def test_what_the_server_took_was_sent() -> None:
    digest, letter = digest_after(NO_ANSWER), unanswered_letter()
    assert person().confirmed_through_seq == 0
    log = took(message_id_of(digest), "x@elsewhere.example", letter_id_of(letter))
    assert apply_relay_log(log) == (2, 2)
    digest.refresh_from_db()
    assert (digest.state, digest.reply_text) == ("sent", "Found out later: the relay's log.")
    assert digest.sent_at is not None
    assert person().confirmed_through_seq == digest.to_seq
    assert Letter.objects.get().state == "sent"


def test_the_same_log_twice() -> None:
    log = took(message_id_of(digest_after(NO_ANSWER)))
    assert apply_relay_log(log) == (1, 1)
    before = Digest.objects.values().get()
    assert apply_relay_log(log) == (0, 0)
    assert Digest.objects.values().get() == before


def test_what_the_log_does_not_hold_stays_without_an_answer() -> None:
    digest_after(NO_ANSWER)
    unanswered_letter()
    assert apply_relay_log(took("x@elsewhere.example")) == (2, 0)
    assert apply_relay_log([]) == (2, 0)
    assert Digest.objects.get().state == Letter.objects.get().state == "unknown"
    assert person().confirmed_through_seq == 0


@pytest.mark.parametrize("state", ["sending", "failed", "planned", "cancelled"])
def test_other_states_stay(state: str) -> None:
    digest = digest_after(NO_ANSWER)
    Digest.objects.update(state=state)
    assert apply_relay_log(took(message_id_of(digest))) == (0, 0)
    assert Digest.objects.get().state == state


def test_the_mail_of_another_day_or_person_proves_nothing() -> None:
    digest = digest_after(NO_ANSWER)
    digest.kind = "copy"
    copy = message_id_of(digest)
    other = factories.subscriber("bob@example.org")
    digest.kind, digest.subscriber_id = "scheduled", other.pk
    assert apply_relay_log(took(copy, message_id_of(digest))) == (1, 0)
