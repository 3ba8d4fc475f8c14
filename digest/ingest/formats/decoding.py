"""Bytes to text: UTF-8 with or without a mark, UTF-16 with one, or Windows-1252."""

import codecs
import re
from dataclasses import dataclass

from .page import BadDump, NotThisFormat

# How UTF-8 writes what is not ASCII (RFC 3629, 4).
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_ASCII = bytes(range(128))
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r") + b"\x7f"
_DAMAGE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")
_OTHER_KINDS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text with plain line ends; `damaged`: some characters in it stand for lost bytes."""

    text: str
    damaged: bool


def decode(data: bytes) -> Text:
    """The text of a dump; BadDump says what the file is instead, where it is no text."""
    if not data.strip():
        raise BadDump("The file is empty: save or copy the listing again.")
    _refuse_other_kinds(data)
    text, lossy = _decode(data)
    if "â€¢" in text or "\nÂ·" in text:
        raise BadDump(
            "The text was saved in the wrong encoding (“â€¢” for “•”, “Â·” for “·”): "
            "save it again as UTF-8."
        )
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Text(text, lossy or len(data) != len(data.translate(None, _CONTROLS)))


def is_damaged(text: str) -> bool:
    """Whether the text holds control characters or marks of lost bytes."""
    return _DAMAGE.search(text) is not None


def _refuse_other_kinds(data: bytes) -> None:
    for start, kind in _OTHER_KINDS:
        if data.startswith(start):
            raise NotThisFormat(f"This is {kind}, not text: save the listing as plain text.")
    head = data[:8192]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    if len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 50:
        raise NotThisFormat("This is a binary file, not text: save the listing as plain text.")


def _decode(data: bytes) -> tuple[str, bool]:
    """The text, and whether bytes were lost on the way."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
        return text, is_damaged(text)
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError as wrong:
        if wrong.reason == "unexpected end of data":  # cut inside a character
            return data[: wrong.start].decode("utf-8-sig"), False
    encoding = "utf-8-sig" if _mostly_utf8(data) else "cp1252"
    return data.decode(encoding, errors="replace"), True


def _mostly_utf8(data: bytes) -> bool:
    """Whether a file with broken bytes is damaged UTF-8 rather than Windows-1252."""
    others = data.translate(None, _ASCII)
    return sum(map(len, _UTF8_SEQUENCE.findall(data))) * 2 > len(others)
