"""From templates and a context to the bytes of a mail."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string

from .header_fields import WIDE_POLICY, header_address, header_text
from .quoted_printable import EncodedBody, encode_body, finish
from .wrapping import numbered, tidied

__all__ = [
    "ComposedMail",
    "assemble_mail",
    "compose_mail",
    "derived_message_id",
    "header_text",
    "render_templates",
]


@dataclass(frozen=True)
class ComposedMail:
    """One mail, ready for sending (CRLF line ends); for looking at, its parts as they are read."""

    message: bytes

    @cached_property
    def _read(self) -> EmailMessage:
        read = message_from_bytes(self.message, policy=SMTP)
        assert isinstance(read, EmailMessage)
        return read

    @cached_property
    def subject(self) -> str:
        return str(self._read["Subject"])

    @cached_property
    def text(self) -> str:
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """Empty where the mail is plain text alone."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        found = self._read.get_body((kind,))
        return str(found.get_content()).replace("\r\n", "\n") if found else ""


def render_templates(template: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML from `email/<template>.subject.txt`, `.txt` and `.html`."""
    values = dict(context)
    subject = header_text(render_to_string(f"email/{template}.subject.txt", values))
    text = tidied(numbered(render_to_string(f"email/{template}.txt", values))).strip() + "\n"
    return subject, text, render_to_string(f"email/{template}.html", values)


def compose_mail(
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
    mail["From"] = header_address(sender)
    mail["To"] = header_address(recipient)
    mail["Subject"] = header_text(subject)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = f"<{message_id}>"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text, cte="7bit" if _fits_7bit(text) else _encoding(text))
    if html:
        mail.add_alternative(html, subtype="html", cte=_encoding(html))
        mail.set_boundary(_boundary(message_id))
    return ComposedMail(mail.as_bytes(policy=WIDE_POLICY))


def assemble_mail(
    headers: Iterable[bytes], *, message_id: str, text: bytes, html: bytes
) -> ComposedMail:
    """One mail from header fields and from parts (see `parts`), plain text alone if `html` is
    empty. Its Message-ID is among the headers already; the MIME headers are not."""
    plain = encode_body(text)
    head = b"".join([*headers, b"MIME-Version: 1.0\r\n"])
    if not html:
        return ComposedMail(b"".join([head, _head_of(b"plain", plain), plain.content]))
    # With its markup it is base64 only where the text is; to count costs as much as to join.
    rich = (
        encode_body(html)
        if plain.encoding == b"base64"
        else EncodedBody(b"quoted-printable", finish(html))
    )
    mark = _boundary(message_id).encode()
    return ComposedMail(
        b"".join([
            head,
            b'Content-Type: multipart/alternative; boundary="%b"\r\n' % mark,
            b"\r\n--%b\r\n" % mark,
            _head_of(b"plain", plain),
            plain.content,
            b"\r\n--%b\r\n" % mark,
            _head_of(b"html", rich),
            rich.content,
            b"\r\n--%b--\r\n" % mark,
        ])
    )  # fmt: skip


def _head_of(kind: bytes, found: EncodedBody) -> bytes:
    return b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n' % (
        kind,
        found.encoding,
    )


def _boundary(message_id: str) -> str:
    """The library's boundary is random; the same mail shall have the same bytes. "=_" stands in no
    encoded text."""
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]


def derived_message_id(secret: str, key: str, host: str) -> str:
    """A Message-ID (without its angle brackets) that is the same on every attempt for `key`."""
    mark = hmac.digest(f"message:{secret}".encode(), key.encode(), "sha256").hex()
    return f"{mark[:32]}@{host}"


def _encoding(text: str) -> str:
    """The shorter of the two: quoted-printable takes three bytes for every one beyond ASCII, so
    that base64 wins for scripts other than Latin (RFC 2045 6.7, 6.8)."""
    size = len(text.encode())
    beyond = size - sum(map(str.isascii, text))
    return "base64" if beyond > size // 6 else "quoted-printable"


def _fits_7bit(text: str) -> bool:
    return text.isascii() and all(len(line) <= 76 for line in text.splitlines())
