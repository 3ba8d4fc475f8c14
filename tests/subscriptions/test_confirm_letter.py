"""The letter with the confirmation link holds nothing that somebody typed."""

import email
from datetime import UTC, datetime, time
from email.message import EmailMessage
from email.policy import default

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.models import Letter
from subscriptions import signup
from subscriptions.letters.composing import compose_letter
from subscriptions.models import Subscriber
from subscriptions.signup import SignUpRequest

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Every form refuses NUL, and PostgreSQL holds none.
TYPED = st.characters(codec="utf-8", exclude_characters="\0")


def letter_for(asked: SignUpRequest) -> bytes:
    signup.request("ada@example.org", asked, at=AT)
    with time_machine.travel(AT, tick=False):
        return compose_letter(Letter.objects.get(), AT).message


def parts(message: bytes) -> tuple[str, str]:
    """The plain text and the HTML."""
    read = email.message_from_bytes(message, _class=EmailMessage, policy=default)
    text, html = (read.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    return text.get_content(), html.get_content()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(TYPED, min_size=1, max_size=40), min_size=3, max_size=3))
def test_it_is_the_same_whatever_is_typed(typed: list[str]) -> None:
    plain = letter_for(SignUpRequest(("robot", "speech", "map")))
    hostile = SignUpRequest(tuple(typed), timezone="".join(typed)[:64], weekly_on=0)
    assert letter_for(hostile) == plain


@pytest.mark.parametrize(
    "typed",
    [
        "click https://evil.example/now",
        "<script>alert(1)</script>",
        "evil\r\nBcc: eve@example.org",
        "{{ link }}",
        "\u202eevil",
    ],
)
def test_hostile_text_and_the_address_stay_out(typed: str) -> None:
    message = letter_for(SignUpRequest((typed,), timezone=typed[:60]))
    assert b"evil" not in message
    for part in (message.decode(), *parts(message)):
        assert typed not in part
        assert "Bcc" not in part
    assert all("ada@example.org" not in part for part in parts(message))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (SignUpRequest(("a", "b", "c")), "3 keywords, daily."),
        (SignUpRequest(("a",), frequency="weekly", weekly_on=3), "1 keyword, weekly."),
        (SignUpRequest(trending_top=10), "trending papers, daily."),
        (
            SignUpRequest(("a", "b"), trending_top=10, frequency="weekdays", send_at=time(5)),
            "2 keywords and trending papers, Monday to Friday.",
        ),
    ],
)
def test_it_says_how_much_was_asked_for(asked: SignUpRequest, said: str) -> None:
    for part in parts(letter_for(asked)):
        assert f"at this address: {said}" in " ".join(part.split())
        assert "Review and confirm" in part


def test_a_letter_after_the_confirmation_says_nothing_of_it() -> None:
    letter_for(SignUpRequest(("robot",)))
    signup.confirm(Subscriber.objects.get().pk, at=AT)
    text, html = parts(compose_letter(Letter.objects.get(), AT).message)
    for part in (text, html):
        assert "at this address." in " ".join(part.split())
        assert "keyword" not in part
