"""Pieces that are encoded one by one join to the encoding of the whole text."""

from binascii import a2b_qp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.mime.quoted_printable import (
    PLACEHOLDER,
    encode_body,
    encode_piece,
    finish,
    number_links,
    split_piece,
)
from digest.mail.mime.wrapping import LINK_NUMBER

ODD = st.text(
    st.sampled_from("ab =.\t\né深🤖\u202e\x07\x1f\r-_?") | st.characters(codec="utf-8"),
    max_size=300,
)
SHOWN = st.one_of(
    ODD, st.sampled_from([".", "From a\n", "=\n=20", "a \n \n", "x" * 2_000, "深" * 99, "\t"])
).map(lambda text: text.replace(LINK_NUMBER, "").replace(PLACEHOLDER, ""))


def shown(text: str) -> str:
    """The text without control characters other than tabs and newlines."""
    return "".join(char for char in text if char in "\t\n" or not (char < " " or char == "\x7f"))


def read(encoded: bytes) -> str:
    return a2b_qp(encoded).decode().replace("\r\n", "\n")


@given(SHOWN)
def test_a_piece_is_the_text_in_lines_that_every_server_accepts(text: str) -> None:
    encoded = encode_piece(text)
    assert read(encoded) == shown(text)
    assert not encoded or encoded.endswith(b"\r\n")
    lines = encoded.split(b"\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert not any(b"\n" in line or b"\r" in line or line.endswith((b" ", b"\t")) for line in lines)
    assert encoded.isascii()


@given(st.lists(SHOWN))
def test_joined_pieces_are_the_joined_texts(texts: list[str]) -> None:
    joined = finish(b"".join(map(encode_piece, texts)))
    whole = "".join(map(shown, texts))
    assert read(joined) == (whole if whole.endswith("\n") or not whole else f"{whole}\n")
    assert not joined.endswith(b"=\r\n")


@given(SHOWN, SHOWN, SHOWN)
def test_pieces_are_inserted_at_placeholders(before: str, inside: str, after: str) -> None:
    first, last = split_piece(encode_piece(f"{before}{PLACEHOLDER}{after}"))
    whole = b"".join([first, encode_piece(inside), last])
    assert read(whole) == shown(before + inside + after)
    assert all(len(line) <= 76 for line in whole.split(b"\r\n"))


@given(st.lists(SHOWN, max_size=20))
def test_links_are_numbered_after_joining(texts: list[str]) -> None:
    whole = number_links(b"".join(encode_piece(f"[{LINK_NUMBER}] {text}\n") for text in texts))
    expected = (f"[{number}] {shown(text)}\n" for number, text in enumerate(texts, 1))
    assert read(whole) == "".join(expected)
    assert all(len(line) <= 76 for line in whole.split(b"\r\n"))


def test_a_thousand_links_would_break_the_lines() -> None:
    assert number_links(encode_piece(LINK_NUMBER * 999)).endswith(b"999=\r\n")
    with pytest.raises(ValueError):
        number_links(encode_piece(LINK_NUMBER * 1_000))


@given(SHOWN)
def test_the_shortest_encoding_is_taken(text: str) -> None:
    found = encode_body(encode_piece(text))
    assert all(len(line) <= 76 for line in found.content.split(b"\r\n"))
    plain = len(finish(encode_piece(text)))
    assert len(found.content) <= plain + 2
    match found.encoding:
        case b"7bit":
            assert b"=" not in found.content
        case b"base64":
            assert len(found.content) < plain


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", b"7bit"),
        ("Schrödinger " * 20, b"quoted-printable"),
        ("深層学習" * 20, b"base64"),
    ],
)
def test_which_encoding_that_is(text: str, encoding: bytes) -> None:
    assert encode_body(encode_piece(text)).encoding == encoding


def test_half_a_character_stops_no_mail() -> None:
    assert read(encode_piece("a\ud800b\n")) == "a?b\n"
