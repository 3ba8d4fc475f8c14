"""Header fields as bytes, one or more whole lines each.

Plain values are written as they are; addresses that are not plain are left to the email package.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

LIMIT = 200  # characters of a value of free text
# Folding at 78 would turn a long link into encoded words; 998 is the limit (RFC 5322 2.1.1).
WIDE_POLICY = SMTP.clone(max_line_length=998)
# Control characters, and those that change the writing direction of what follows.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+"
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_PLAIN_VALUE = re.compile(r"[ -~]*")
# From the first word that needs encoding to the last; what looks encoded needs it too.
_TO_ENCODE = re.compile(r"\S*(?:[^ -~]|=\?)(?:.*(?:[^ -~]|=\?))?\S*")
_WORD = 36  # bytes in an encoded word; its line has at most 76 characters (RFC 2047 2)
_BESIDE = 14  # characters that fit on the line behind an encoded word


@lru_cache(maxsize=4096)
def header_text(value: str) -> str:
    """Return a value that is safe in a header: one line, no controls, at most 200 characters."""
    return " ".join(_UNSAFE.sub(" ", value).split())[:LIMIT]


def header_field(name: str, value: str) -> bytes:
    """Return a field of printable ASCII. Raises ValueError for any other value."""
    if not _PLAIN_VALUE.fullmatch(value):
        raise ValueError(f"The value of {name} cannot be used in a mail header.")
    return f"{name}: {value}\r\n".encode()


def text_field(name: str, value: str) -> bytes:
    """Return a field of any text, in encoded words (RFC 2047) if need be."""
    safe = header_text(value)
    found = _TO_ENCODE.search(safe)
    if found is None:
        return header_field(name, safe)
    words = "\r\n ".join(_encoded_words(found[0]))
    before = f"{safe[: found.start() - 1]}\r\n " if found.start() else ""
    after = safe[found.end() :]
    fold = "\r\n" if len(after) > _BESIDE else ""
    return f"{name}: {before}{words}{fold}{after}\r\n".encode()


def _encoded_words(text: str) -> Iterator[str]:
    """Split the text into encoded words, none of which ends inside a character."""
    word = b""
    for char in text:
        coded = char.encode()
        if len(word) + len(coded) > _WORD:
            yield _encoded_word(word)
            word = b""
        word += coded
    yield _encoded_word(word)


def _encoded_word(content: bytes) -> str:
    return f"=?utf-8?b?{b2a_base64(content, newline=False).decode()}?="


def address_field(name: str, value: str) -> bytes:
    """Return a field of one address. Raises ValueError if that is not valid."""
    if _PLAIN_ADDRESS.fullmatch(value):
        return f"{name}: {value}\r\n".encode()
    return _any_address(name, value)


@lru_cache(maxsize=64)
def _any_address(name: str, value: str) -> bytes:
    mail = EmailMessage(policy=WIDE_POLICY)
    mail[name] = header_address(value)
    return mail.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n"


def header_address(value: str) -> Address:
    """Parse an address with or without a name. Raises ValueError if it is not valid."""
    person, spec = parseaddr(value)
    if not spec or _UNSAFE.search(value):
        raise ValueError("The address cannot be used in a mail header.")
    return Address(header_text(person), addr_spec=spec)


@lru_cache(maxsize=64)
def date_field(at: datetime) -> bytes:
    """Return the Date field."""
    return header_field("Date", format_datetime(at))
