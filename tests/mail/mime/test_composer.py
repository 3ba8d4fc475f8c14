"""Every mail is well-formed, whatever titles and keywords contain."""

from binascii import a2b_qp
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP, default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.mime.composer import (
    ComposedMail,
    assemble_mail,
    compose_mail,
    derived_message_id,
    header_text,
    render_templates,
)
from digest.mail.mime.header_fields import header_field, text_field
from digest.mail.mime.quoted_printable import encode_piece

LINK = "https://digest.example.org/unsubscribe/" + "1" * 150 + "/"


def mail(subject: str = "Hello", text: str = "Hello\n", html: str = "<p>Hello</p>") -> ComposedMail:
    return compose_mail(
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


@settings(max_examples=50)
@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=2000))
def test_any_text_makes_a_legal_mail(subject: str, text: str, html: str) -> None:
    composed = mail(subject, text, html).message
    assert all(len(line) <= 998 for line in composed.split(b"\r\n"))
    assert b"\n" not in composed.replace(b"\r\n", b"")
    assert composed.isascii()
    parsed = message_from_bytes(composed, policy=default)
    expected = {
        "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "Precedence",
        "Content-Type", "MIME-Version",
    }  # fmt: skip
    expected |= set() if html else {"Content-Transfer-Encoding"}
    assert set(parsed.keys()) == expected
    assert len(parsed.keys()) == len(expected)
    assert parsed.is_multipart() is bool(html)


@given(st.text())
def test_header_text_is_one_short_line(value: str) -> None:
    safe = header_text(value)
    assert len(safe) <= 200
    assert safe == " ".join(safe.split())
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in safe)


@pytest.mark.parametrize("address", ["", "ada", "ada@x\r\nBcc: eve@example.org", "a b@c d"])
def test_an_address_that_cannot_stand_in_a_header(address: str) -> None:
    with pytest.raises(ValueError):
        compose_mail(
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
    assert derived_message_id("s", "digest:1", "h") == derived_message_id("s", "digest:1", "h")
    assert len({derived_message_id(s, k, "h") for s in "ab" for k in ("1", "2")}) == 4


def test_plain_text_alone() -> None:
    composed = mail(html="", text="Schrödinger\n")
    parsed = message_from_bytes(composed.message, policy=default)
    assert parsed.get_content_type() == "text/plain"
    assert parsed.get_content().rstrip() == "Schrödinger"


@pytest.mark.parametrize(
    ("text", "encoding"), [("Schrödinger " * 20, "quoted-printable"), ("深層学習" * 20, "base64")]
)
def test_the_shorter_encoding_is_taken(text: str, encoding: str) -> None:
    parsed = message_from_bytes(mail(text=text, html=text).message, policy=default)
    for kind in ("plain", "html"):
        body = parsed.get_body((kind,))
        assert body is not None
        assert body["Content-Transfer-Encoding"] == encoding
        assert body.get_content().rstrip("\r\n") == text


def test_no_header_changes_the_writing_direction() -> None:
    assert header_text("a\u202eb\u2066c\ud800d") == "a b c d"


def test_the_text_part_is_for_people() -> None:
    _, text, _ = render_templates(
        "confirm", {"link": "https://a.example/" + "x" * 90, "home_url": "b"}
    )
    assert all(len(line) <= 76 or "https://" in line for line in text.splitlines())
    assert text == text.strip() + "\n"
    assert "\n\n\n" not in text


HOSTILE = st.one_of(
    st.text(
        st.sampled_from("ab =.\n<&é深🤖\u202e\x07_?-") | st.characters(codec="utf-8"), max_size=300
    ),
    st.sampled_from(
        [".\n.", "From a\n", "--=_0", "=2E", "a \n \n", "x" * 2_000, "深層" * 99, "مطبخ"]
    ),
)


@pytest.mark.slow
@given(HOSTILE, HOSTILE, HOSTILE)
def test_an_assembled_mail_is_what_the_email_package_would_make(
    subject: str, text: str, html: str
) -> None:
    parts = [b"".join([encode_piece(each), encode_piece("\n")]) for each in (text, html)]
    heads = [text_field("Subject", subject), header_field("Message-ID", "<abc@example.org>")]
    made = assemble_mail(heads, message_id="abc@example.org", text=parts[0], html=parts[1]).message
    assert made.isascii()
    headers, _, content = made.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in headers.split(b"\r\n"))
    assert all(len(line) <= 76 for line in content.split(b"\r\n"))
    assert not {10, 13} & set(made.replace(b"\r\n", b""))
    read = message_from_bytes(made, policy=SMTP)
    again = message_from_bytes(read.as_bytes(), policy=SMTP)
    assert again.as_bytes() == read.as_bytes()
    for mail in (read, again):
        assert not any(entity.defects for entity in mail.walk())
        assert mail["Subject"] == header_text(subject)
        assert [found.get_content() for found in mail.iter_parts()] == [
            a2b_qp(encoded).decode() for encoded in parts
        ]
    assert ComposedMail(made).text == a2b_qp(parts[0]).decode().replace("\r\n", "\n")


def test_plain_text_alone_is_assembled() -> None:
    made = assemble_mail(
        [header_field("X", "y")], message_id="a", text=encode_piece("é\n"), html=b""
    )
    assert made.message.startswith(b"X: y\r\nMIME-Version: 1.0\r\nContent-Type: text/plain")
    assert (made.text, made.html) == ("é\n", "")
