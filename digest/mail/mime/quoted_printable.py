"""The body of a mail from parts that were encoded before, each once, for however many mails.

A part is quoted-printable (RFC 2045 6.7). It begins a line and ends one, with a newline of its text
or with a soft break, so that parts are put together by joining them. In the text of a part stand
slots: characters that no shown text has, which are filled once the parts are joined.
"""

import re
from binascii import a2b_qp, b2a_base64, b2a_qp
from collections.abc import Sequence
from typing import NamedTuple

from .wrapping import LINK_NUMBER

PLACEHOLDER = "\x01"  # where other parts come
_PLACEHOLDER = b"=01"
# What LINK_NUMBER becomes; as wide as the longest number. An expression splits faster than bytes.
_NUMBER = re.compile(b"=00")
_NUMBERS = [b"%d" % number for number in range(1, 1_000)]
_SOFT_BREAK = b"=\r\n"
SEPARATOR = "\x1f"  # stands between texts that are encoded together
_SEPARATOR = b"=1F"
_PLACEHOLDERS = (LINK_NUMBER, PLACEHOLDER, SEPARATOR)
_DROPPED = bytes({*range(32), 127} - {*b"\t\n", *map(ord, _PLACEHOLDERS)})  # control characters
_LINE = 57  # bytes of a line of base64


def encode_piece(text: str) -> bytes:
    """A text with LF line ends as a part, without its control characters."""
    return close_piece(_encoded(text.replace(SEPARATOR, "")))


def join_texts(texts: Sequence[str]) -> str:
    """The texts, without slots of their own, with BETWEEN between them."""
    whole = SEPARATOR.join(texts)
    if whole.count(SEPARATOR) >= len(texts) > 0:
        whole = SEPARATOR.join(text.replace(SEPARATOR, "") for text in texts)
    return whole.replace(LINK_NUMBER, "").replace(PLACEHOLDER, "")


def without_placeholders(text: str) -> str:
    """The text without what stands for something else."""
    return join_texts([text]).replace(SEPARATOR, "")


def encode_joined(whole: str) -> list[bytes]:
    """A part for each of the texts that were put together."""
    return list(map(close_piece, _encoded(whole).split(_SEPARATOR)))


def _encoded(text: str) -> bytes:
    """The text with room for a soft break at its end: it is encoded with a letter more."""
    content = text.encode(errors="replace").translate(None, _DROPPED) + b"x"
    return b2a_qp(content)[:-1].replace(b"\n", b"\r\n")


def close_piece(cut: bytes) -> bytes:
    """A piece that was cut out of a part, as a part."""
    return cut if cut.endswith(b"\n") or not cut else cut + _SOFT_BREAK


def split_piece(whole: bytes) -> tuple[bytes, ...]:
    """The parts before, between and behind the PLACEs of a part."""
    return tuple(map(close_piece, whole.split(_PLACEHOLDER)))


def interleave(around: Sequence[bytes], between: Sequence[bytes]) -> tuple[bytes, ...]:
    """The parts with others in the places between them."""
    pieces = [b""] * (len(around) + len(between))
    pieces[::2], pieces[1::2] = around, between
    return tuple(pieces)


def number_links(whole: bytes) -> bytes:
    """A part with its LINK_NUMBERs counted from 1, up to 999."""
    between = _NUMBER.split(whole)
    filled = [b""] * (2 * len(between) - 1)
    filled[::2] = between
    filled[1::2] = _NUMBERS[: len(between) - 1]
    return b"".join(filled)


def finish(whole: bytes) -> bytes:
    """A part with no other behind it: it ends with a newline."""
    return whole[:-3] + b"\r\n" if whole.endswith(_SOFT_BREAK) else whole


class EncodedBody(NamedTuple):
    """A text as it stands in a mail, and the name of its Content-Transfer-Encoding."""

    encoding: bytes
    content: bytes


def encode_body(whole: bytes) -> EncodedBody:
    """The shortest form of a part: quoted-printable takes three bytes for each one beyond ASCII, so
    that base64 wins for scripts other than Latin; one that has nothing encoded is plain."""
    whole = finish(whole)
    encoded = whole.count(b"=")
    if not encoded:
        return EncodedBody(b"7bit", whole)
    if (len(whole) - 2 * encoded) * 4 // 3 < len(whole):
        content = _base64(a2b_qp(whole))
        if len(content) < len(whole):
            return EncodedBody(b"base64", content)
    return EncodedBody(b"quoted-printable", whole)


def _base64(content: bytes) -> bytes:
    lines = (content[at : at + _LINE] for at in range(0, len(content), _LINE))
    return b"".join(b2a_base64(line, newline=False) + b"\r\n" for line in lines)
