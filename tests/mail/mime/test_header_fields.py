"""Header fields hold what they were given, and no value gets out of its field."""

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.mime.header_fields import address_field, header_field, header_text, text_field

WORDS = st.text(
    st.sampled_from("ab 深é—=?_\r\n\u202e🤖") | st.characters(codec="utf-8"), max_size=120
)


@given(WORDS)
def test_any_subject_is_read_as_it_was_meant(subject: str) -> None:
    found = text_field("Subject", subject)
    assert found.isascii()
    lines = found.removesuffix(b"\r\n").split(b"\r\n")
    assert all(line.startswith(b" ") for line in lines[1:])
    assert all(len(line) <= 76 or b"=?utf-8" not in line for line in lines)
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    read = message_from_bytes(found + b"\r\n", policy=default)
    assert read.keys() == ["Subject"]
    assert read["Subject"] == header_text(subject)
    assert not read["Subject"].defects


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        ("7 papers: robot", b"Subject: 7 papers: robot\r\n"),
        ("2 papers — Fri 20 Nov", b"Subject: 2 papers\r\n =?utf-8?b?4oCU?= Fri 20 Nov\r\n"),
        ("é", b"Subject: =?utf-8?b?w6k=?=\r\n"),
    ],
)
def test_what_is_plain_stays_plain(subject: str, written: bytes) -> None:
    assert text_field("Subject", subject) == written


@pytest.mark.parametrize("value", ["a\r\nBcc: eve@example.org", "a\nb", "a\0b", "é"])
def test_a_field_takes_no_more_than_its_line(value: str) -> None:
    with pytest.raises(ValueError):
        header_field("X", value)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada@example.org", b"To: ada@example.org\r\n"),
        ("o'neil+x@mail.example.org", b"To: o'neil+x@mail.example.org\r\n"),
        ('"a b"@example.org', b'To: "a b"@example.org\r\n'),
        ("Paper Digest <d@example.org>", b"To: Paper Digest <d@example.org>\r\n"),
        ("ada@xn--exmple-cua.org", b"To: ada@xn--exmple-cua.org\r\n"),
    ],
)
def test_addresses(address: str, written: bytes) -> None:
    assert address_field("To", address) == written


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@x\r\nBcc: eve@example.org", "a b@c d", "a@b@c.org", "a..b@c.org", "adä@c.org"],
)
def test_addresses_that_cannot_stand_in_a_header(address: str) -> None:
    with pytest.raises(ValueError):
        address_field("To", address)
