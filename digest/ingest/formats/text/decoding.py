"""Bytes to text: by byte-order mark, as UTF-8, as the text declares itself, or by guessing.

Text in a single-byte encoding is never valid UTF-8 by chance once it holds a few characters outside
ASCII; so a page that is valid UTF-8 and declares ISO-8859-1 was converted and kept its old
declaration. East Asian encodings do have such chances: there the declaration decides.
"""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from ..records import BadDump, NotThisFormat
from .mojibake import WRONG_ENCODING

# How UTF-8 writes what is not ASCII (RFC 3629, 4).
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_ASCII = bytes(range(128))
# The lines between papers of a daily page. Elsewhere such characters are repaired, see mojibake.
_GARBLED_LINE = re.compile(r"^[ \t]*(?:Â·[ \t]*$|â[€\x80]¢ \d+ authors?\b)", re.MULTILINE)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r") + b"\x7f"
_DAMAGE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# XML 1.0, 4.3.3; and the two ways of HTML, "determining the character encoding", 13.2.3.2.
_DECLARED = re.compile(
    rb"""<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{2,40})["']"""
    rb"""|<meta\s[^>]{0,500}?\bcharset\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_LOOKED_AT = 4096
# What browsers understand by these names: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030",
          "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}  # fmt: skip
# Python has other codecs too, which are no character encodings (rot13, base64, …).
_OF_TEXT = ("ascii", "big5", "cp", "euc", "gb", "hz", "iso", "johab", "koi8", "kz1048", "mac",
            "ptcp154", "shift_jis", "tis")  # fmt: skip
_EAST_ASIAN = frozenset({"gb18030", "hz", "big5", "big5hkscs", "cp950", "cp932", "euc_jp",
                         "iso2022_jp", "cp949", "iso2022_kr", "johab"})  # fmt: skip
# In a French or Czech page fewer than one byte in four is not ASCII, in a Russian one most are.
_FOREIGN = 4
_GUESSED_BY = 1 << 16
_PEEKED = 65_536
_XML_PROLOGUE = re.compile(r"\s*(?:<\?[^>]*>|<!--.*?-->)", re.DOTALL)
_HTML = re.compile(
    r"\s*<(?:!doctype\s+html|html|head|body|main|div|section|article)\b", re.IGNORECASE
)
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
    r"""Decoded text with "\n" line ends.

    `damaged`: some characters stand for bytes that were lost.
    """

    text: str
    damaged: bool


def decode(data: bytes) -> Text:
    """Return the text of a dump.

    Raises BadDump, with what the file is instead, if it is no text.
    """
    if not data.strip():
        raise BadDump("The file is empty. Save or copy the listing again.")
    _refuse_other_kinds(data)
    text, lossy = _decode(data)
    if _GARBLED_LINE.search(text):
        raise BadDump(WRONG_ENCODING)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    has_controls = len(data) != len(data.translate(None, _CONTROLS))
    return Text(text, lossy or (has_controls and not _is_wide(data)))


def peek(data: bytes) -> str:
    """Return the first 64 kB as text, for telling formats apart, without a byte-order mark.

    Characters outside ASCII may be wrong: only UTF-8 and marked UTF-16 are decoded.
    """
    for mark, encoding in _MARKS:
        if encoding.startswith("utf-16") and data.startswith(mark):
            return data[len(mark) : _PEEKED].decode(encoding, errors="ignore")
    return data.removeprefix(codecs.BOM_UTF8)[:_PEEKED].decode("utf-8", errors="ignore")


def is_html(text: str) -> bool:
    """Return whether the text begins as a web page, or a part of one, does."""
    at = 0
    while match := _XML_PROLOGUE.match(text, at):
        at = match.end()
    return _HTML.match(text, at) is not None


def is_damaged(text: str) -> bool:
    """Return whether the text holds control characters or replacement characters."""
    return _DAMAGE.search(text) is not None


def _refuse_other_kinds(data: bytes) -> None:
    for start, kind in _OTHER_KINDS:
        if data.startswith(start):
            raise NotThisFormat(f"This is {kind}, not text. Save the listing as plain text.")
    head = data[:8192]
    if _mark(head):
        return
    if len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 50:
        raise NotThisFormat("This is a binary file, not text. Save the listing as plain text.")


def _decode(data: bytes) -> tuple[str, bool]:
    """Return the text, and whether bytes were lost in decoding."""
    if found := _mark(data):
        mark, encoding = found
        return _by_mark(data[len(mark) :], encoding)
    declared = _declared(data)
    if declared in _EAST_ASIAN and (text := _strictly(data, declared)) is not None:
        return text, False
    try:
        return data.decode(), False
    except UnicodeDecodeError as wrong:
        is_utf8 = declared in ("", "utf-8")
        if wrong.reason == "unexpected end of data" and is_utf8:  # cut inside a character
            return data[: wrong.start].decode(), False
    if declared and declared != "utf-8" and not _mostly_utf8(data):
        text = _strictly(data, declared)
        return (data.decode(declared, errors="replace"), True) if text is None else (text, False)
    return data.decode(_guessed(data), errors="replace"), True


def _is_wide(data: bytes) -> bool:
    """Return whether characters have two or four bytes each, so that zero bytes mean nothing."""
    mark = _mark(data)
    return mark is not None and mark[1] != "utf-8"


def _mark(data: bytes) -> tuple[bytes, str] | None:
    return next((each for each in _MARKS if data.startswith(each[0])), None)


def _by_mark(data: bytes, encoding: str) -> tuple[str, bool]:
    if encoding == "utf-8":
        return _decode(data) if data else ("", False)
    text = data.decode(encoding, errors="replace")
    return text, is_damaged(text)


def _declared(data: bytes) -> str:
    """Return Python's name of the encoding that the text itself declares.

    Returns "" if there is no usable one.
    """
    if not (found := _DECLARED.search(data[:_LOOKED_AT])):
        return ""
    try:
        name = codecs.lookup((found[1] or found[2]).decode()).name
    except (LookupError, ValueError):
        return ""
    if name.startswith("utf"):  # it was readable as bytes, so it is not UTF-16
        return "utf-8"
    if not name.startswith(_OF_TEXT) or _strictly(found[0], name) != found[0].decode("latin-1"):
        return ""
    return _MEANT.get(name, name)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes) -> str:
    """Return a likely encoding of text that declares none and is not valid UTF-8."""
    if _mostly_utf8(data):
        return "utf-8"
    if len(data.translate(None, _ASCII)) * _FOREIGN < len(data):
        return "cp1252"
    best = from_bytes(data[:_GUESSED_BY]).best()
    return best.encoding if best else "cp1252"


def _mostly_utf8(data: bytes) -> bool:
    """Return whether bytes that are not valid UTF-8 are damaged UTF-8 rather than Windows-1252."""
    others = data.translate(None, _ASCII)
    return sum(map(len, _UTF8_SEQUENCE.findall(data))) * 2 > len(others)
