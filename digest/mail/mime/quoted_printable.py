"""Bodies of mails joined from quoted-printable pieces, each encoded once for any number of mails.

A *piece* is text in quoted-printable (RFC 2045 6.7) that begins at the start of a line and ends
with a line break, its own or a soft one; so pieces are joined by concatenation. Three control
characters, which no shown text contains, are placeholders: PLACEHOLDER and LINK_NUMBER are filled
after joining, SEPARATOR stands between texts that are encoded together.
"""

import re
from binascii import a2b_qp, b2a_base64, b2a_qp
from collections.abc import Sequence
from typing import NamedTuple

from .wrapping import LINK_NUMBER

PLACEHOLDER = "\x01"  # where other pieces are inserted
_PLACEHOLDER = b"=01"
# LINK_NUMBER encoded: as wide as the longest number. A regular expression splits faster than bytes.
_NUMBER = re.compile(b"=00")
_NUMBERS = [b"%d" % number for number in range(1, 1_000)]
_SOFT_BREAK = b"=\r\n"
SEPARATOR = "\x1f"
_SEPARATOR = b"=1F"
_PLACEHOLDERS = (LINK_NUMBER, PLACEHOLDER, SEPARATOR)
# Control characters without the placeholders.
_DROPPED = bytes({*range(32), 127} - {*b"\t\n", *map(ord, _PLACEHOLDERS)})
_LINE = 57  # bytes on a line of base64


def encode_piece(text: str) -> bytes:
    """Encode a text with LF line ends, without its control characters."""
    return close_piece(_encoded(text.replace(SEPARATOR, "")))


def join_texts(texts: Sequence[str]) -> str:
    """Join the texts with SEPARATOR. Placeholders in them are removed."""
    whole = SEPARATOR.join(texts)
    if whole.count(SEPARATOR) >= len(texts) > 0:
        whole = SEPARATOR.join(text.replace(SEPARATOR, "") for text in texts)
    return whole.replace(LINK_NUMBER, "").replace(PLACEHOLDER, "")


def without_placeholders(text: str) -> str:
    """Return the text without placeholders."""
    return join_texts([text]).replace(SEPARATOR, "")


def encode_joined(whole: str) -> list[bytes]:
    """Encode joined texts at once; return one piece for each."""
    return list(map(close_piece, _encoded(whole).split(_SEPARATOR)))


def _encoded(text: str) -> bytes:
    """Encode the text so that its last line has room for a soft break."""
    content = text.encode(errors="replace").translate(None, _DROPPED) + b"x"
    return b2a_qp(content)[:-1].replace(b"\n", b"\r\n")


def close_piece(cut: bytes) -> bytes:
    """Make a part of a piece a piece: add a soft break if it does not end with a line break."""
    return cut if cut.endswith(b"\n") or not cut else cut + _SOFT_BREAK


def split_piece(whole: bytes) -> tuple[bytes, ...]:
    """Split a piece at its PLACEHOLDERs."""
    return tuple(map(close_piece, whole.split(_PLACEHOLDER)))


def interleave(fixed: Sequence[bytes], between: Sequence[bytes]) -> tuple[bytes, ...]:
    """Put the pieces `between` between those of `fixed`, which are one more."""
    pieces = [b""] * (len(fixed) + len(between))
    pieces[::2], pieces[1::2] = fixed, between
    return tuple(pieces)


def number_links(whole: bytes) -> bytes:
    """Replace each LINK_NUMBER of a piece by a number, counted from 1 to 999."""
    between = _NUMBER.split(whole)
    filled = [b""] * (2 * len(between) - 1)
    filled[::2] = between
    filled[1::2] = _NUMBERS[: len(between) - 1]
    return b"".join(filled)


def finish(whole: bytes) -> bytes:
    """End the last piece of a body with a line break instead of a soft one."""
    return whole[:-3] + b"\r\n" if whole.endswith(_SOFT_BREAK) else whole


class EncodedBody(NamedTuple):
    """A part of a mail: its Content-Transfer-Encoding and its content."""

    encoding: bytes
    content: bytes


def encode_body(whole: bytes) -> EncodedBody:
    """Return the shortest encoding of a piece: 7bit, quoted-printable or base64.

    Quoted-printable takes three bytes for each byte beyond ASCII, so base64 is shorter for scripts
    other than Latin.
    """
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
