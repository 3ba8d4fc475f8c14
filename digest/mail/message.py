"""From templates and a context to the bytes of a mail."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from django.template.loader import render_to_string

from .wrap import numbered, wrapped

HEADER_LIMIT = 200  # characters of a header value that we write ourselves
# Folding at 78 would cut a long link into encoded words; 998 is the limit (RFC 5322 2.1.1).
_WIDE = SMTP.clone(max_line_length=998)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Controls, and the marks that turn the writing direction of all that follows them.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """One mail, ready: its parts for looking at, its bytes (CRLF line ends) for sending.
    `html` is empty where the mail is plain text alone."""

    subject: str
    text: str
    html: str
    message: bytes


def header_text(value: str) -> str:
    """A value that is safe in a header: one line, no control characters, 200 characters at most."""
    return " ".join(_UNSAFE.sub(" ", value).split())[:HEADER_LIMIT]


def render(template: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML from `email/<template>.subject.txt`, `.txt` and `.html`."""
    values = dict(context)
    subject = header_text(render_to_string(f"email/{template}.subject.txt", values))
    text = _tidy(numbered(render_to_string(f"email/{template}.txt", values)))
    return subject, text, render_to_string(f"email/{template}.html", values)


def _tidy(text: str) -> str:
    """Plain text in lines of 76 columns, without trailing blanks, runs of empty lines or
    control characters. "-- " opens a signature (RFC 3676 4.3) and keeps its blank."""
    lines = (line.rstrip() for line in _CONTROLS.sub("", text).splitlines())
    whole = re.sub(r"\n{3,}", "\n\n", wrapped("\n".join(lines)))
    return re.sub(r"^--$", "-- ", whole, flags=re.MULTILINE).strip() + "\n"


def build(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    headers: Mapping[str, str],
) -> ComposedMail:
    """One mail with a text and an HTML part (plain text alone if `html` is empty).

    The same values give the same bytes. ValueError if an address cannot stand in a header.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender)
    mail["To"] = _address(recipient)
    mail["Subject"] = header_text(subject)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = f"<{message_id}>"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text, cte="7bit" if _fits_7bit(text) else _encoding(text))
    if html:
        mail.add_alternative(html, subtype="html", cte=_encoding(html))
        # The library's boundary is random; the same mail shall have the same bytes.
        mail.set_boundary("=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32])
    return ComposedMail(subject, text, html, mail.as_bytes(policy=_WIDE))


def derived_id(secret: str, key: str, host: str) -> str:
    """A Message-ID (without its angle brackets) that is the same on every attempt for `key`."""
    mark = hmac.new(f"message:{secret}".encode(), key.encode(), hashlib.sha256).hexdigest()
    return f"{mark[:32]}@{host}"


def _encoding(text: str) -> str:
    """The shorter of the two: quoted-printable takes three bytes for every one beyond ASCII, so
    that base64 wins for scripts other than Latin (RFC 2045 6.7, 6.8)."""
    size = len(text.encode())
    beyond = size - sum(map(str.isascii, text))
    return "base64" if beyond > size // 6 else "quoted-printable"


def _fits_7bit(text: str) -> bool:
    return text.isascii() and all(len(line) <= 76 for line in text.splitlines())


def _address(value: str) -> Address:
    name, spec = parseaddr(value)
    if not spec or _UNSAFE.search(value):
        raise ValueError("The address cannot stand in a mail header.")
    return Address(header_text(name), addr_spec=spec)
