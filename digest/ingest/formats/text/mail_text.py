"""The text of a mail, as an .eml file or as its text alone, and the mail's day."""

import codecs
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message

from ..fields.dates import utc_day
from ..records import BadDump
from .decoding import Text, decode, is_html
from .markup import plain_text

_HEADER = re.compile(rb"\s*(?:From [^\n]*\n)?[A-Za-z][A-Za-z0-9-]*:[ \t]")
_ENOUGH = 65_536
# The library's parser calls itself for each; a digest that encloses mails has a few dozen.
_NESTS = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_MOST_NESTS = 100
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Mail:
    r"""All text of a mail with "\n" line ends; `damaged`: bytes of it were lost."""

    text: str
    day: date | None = None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class MailPart:
    """A text of a mail as it is written, with the day of the mail, perhaps enclosed, it is in."""

    text: str
    is_html: bool
    day: date | None = None
    damaged: bool = False


def read_parts(data: bytes) -> list[MailPart]:
    """Return the texts of a mail, plain or HTML, or a file without headers as one of them.

    Raises BadDump if it is no text, or if its parts are nested too deep.
    """
    whole = decode(data)
    message = _message(data, whole)
    if message is None:
        return [MailPart(whole.text, is_html(whole.text), None, whole.damaged)]
    return [
        MailPart(text.text, kind == "text/html" or is_html(text.text), day, text.damaged)
        for kind in ("text/plain", "text/html")
        for text, day in _texts(message, kind)
    ]


def peek_parts(data: bytes) -> list[MailPart]:
    """Return the texts that read_parts() finds in the first 64 kB; [] if it is no text at all.

    Raises BadDump if the parts of a mail are nested too deep.
    """
    _refuse_nests(data[:_ENOUGH])
    try:
        return read_parts(data[:_ENOUGH])
    except BadDump:
        return []


def peek_mail(data: bytes) -> str:
    """Return the text in the first 64 kB; "" if it is no text at all.

    Raises BadDump if the parts of a mail are nested too deep.
    """
    _refuse_nests(data[:_ENOUGH])
    try:
        return read_mail(data[:_ENOUGH]).text
    except BadDump:
        return ""


def read_mail(data: bytes) -> Mail:
    """Return the mail's text, or that of a file without headers.

    Raises BadDump if it is no text, or if its parts are nested too deep.
    """
    whole = decode(data)
    message = _message(data, whole)
    if message is None:
        return Mail(whole.text, None, whole.damaged)
    texts = list(_texts(message, "text/plain")) or [
        (Text(plain_text(text.text), text.damaged), day)
        for text, day in _texts(message, "text/html")
    ]
    if not texts:
        raise BadDump("The e-mail contains no text. Save the listing e-mail itself.")
    days = [day for _, day in texts if day]
    return Mail(
        text="\n".join(text.text for text, _ in texts),
        day=days[-1] if days else None,
        damaged=any(text.damaged for text, _ in texts),
    )


def _message(data: bytes, whole: Text) -> Message | None:
    """Return the mail in the bytes; None if they do not begin with headers."""
    if data.startswith(_MARKS):
        data = whole.text.encode(errors="replace")
    if not _HEADER.match(data):
        return None
    _refuse_nests(data)
    return email.message_from_bytes(data.lstrip())


def _refuse_nests(data: bytes) -> None:
    found = _NESTS.finditer(data)
    if _HEADER.match(data) and any(number >= _MOST_NESTS for number, _ in enumerate(found)):
        raise BadDump(
            f"This e-mail is nested deeper than any listing: over {_MOST_NESTS} of its parts "
            "contain others. Save the listing e-mail itself."
        )


def _texts(message: Message, kind: str) -> Iterator[tuple[Text, date | None]]:
    """Yield the parts of that content type, each with the day of the mail, perhaps enclosed, it is
    in.
    """
    day = None
    for part in message.walk():
        day = utc_day(str(part.get("Date", ""))) or day
        if part.get_content_type() == kind and (text := _decoded(part)):
            yield text, day


def _decoded(part: Message) -> Text | None:
    """Return the part decoded by the charset it names, else by its bytes; None if it is empty."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return None
    try:
        text = payload.decode(str(part.get_content_charset() or "utf-8"))
    except (LookupError, ValueError):
        return decode(payload)
    return Text(text.replace("\r\n", "\n").replace("\r", "\n"), damaged=False)
