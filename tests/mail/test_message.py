"""What leaves the house is a well-formed mail, whatever stands in titles and keywords."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.message import ComposedMail, build, derived_id, header_text

LINK = "https://digest.example.org/unsubscribe/" + "1" * 150 + "/"


def mail(subject: str = "Hello", text: str = "Hello\n", html: str = "<p>Hello</p>") -> ComposedMail:
    return build(
        sender="Paper Digest <digest@example.org>",
        recipient="ada@example.org",
        subject=subject,
        text=text,
        html=html,
        message_id="abc@example.org",
        date=datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
        headers={"List-Unsubscribe": f"<{LINK}>", "Precedence": "bulk"},
    )


def test_parts_and_headers() -> None:
    parsed = message_from_bytes(mail().message, policy=default)
    assert parsed["Message-ID"] == "<abc@example.org>"
    assert parsed["Date"].datetime == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_a_long_link_stays_whole_in_its_header() -> None:
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in mail().message


@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=2000))
def test_any_text_makes_a_legal_mail(subject: str, text: str, html: str) -> None:
    composed = mail(subject, text, html).message
    assert all(len(line) <= 998 for line in composed.split(b"\r\n"))
    assert b"\n" not in composed.replace(b"\r\n", b"")
    assert composed.isascii()
    parsed = message_from_bytes(composed, policy=default)
    assert set(parsed.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "Precedence",
        "Content-Type", "MIME-Version",
    }  # fmt: skip
    assert len(parsed.keys()) == 9


@given(st.text())
def test_header_text_is_one_short_line(value: str) -> None:
    safe = header_text(value)
    assert len(safe) <= 200
    assert safe == " ".join(safe.split())
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in safe)


@pytest.mark.parametrize("address", ["", "ada", "ada@x\r\nBcc: eve@example.org", "a b@c d"])
def test_an_address_that_cannot_stand_in_a_header(address: str) -> None:
    with pytest.raises(ValueError):
        build(
            sender="digest@example.org",
            recipient=address,
            subject="",
            text="",
            html="",
            message_id="x@y",
            date=datetime(2026, 11, 20, tzinfo=UTC),
            headers={},
        )


def test_a_message_id_is_the_same_on_every_attempt() -> None:
    assert derived_id("s", "digest:1", "h") == derived_id("s", "digest:1", "h")
    assert len({derived_id(s, k, "h") for s in "ab" for k in ("1", "2")}) == 4
