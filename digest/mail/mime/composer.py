"""From templates or encoded pieces to the bytes of a mail.

There are two composers. `compose_mail` takes texts and leaves the encoding to the email package; it
is for letters and alarms. `assemble_mail` takes header fields and quoted-printable pieces that were
encoded before (see quoted_printable.py); it is for digests, of which there are many with the same
pieces. docs/adr/0007-rendering-caches.md says what that saves.
"""

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

from django.template.loader import render_to_string

from .header_fields import WIDE_POLICY, header_address, header_text
from .quoted_printable import EncodedBody, encode_body, finish
from .wrapping import number_links, tidy_text

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
    """The bytes of a mail (CRLF line ends); subject, text and HTML are read from them."""

    message: bytes

    @cached_property
    def _read(self) -> EmailMessage:
        read = message_from_bytes(self.message, policy=SMTP)
        assert isinstance(read, EmailMessage)
        return read

    @cached_property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self._read["Subject"])

    @cached_property
    def text(self) -> str:
        """The decoded text part, with LF line ends."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, "" if the mail is plain text alone."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        found = self._read.get_body((kind,))
        return str(found.get_content()).replace("\r\n", "\n") if found else ""


def render_templates(template: str, context: Mapping[str, object]) -> tuple[str, str, str]:
    """Render subject, text and HTML from `email/<template>.subject.txt`, `.txt` and `.html`."""
    values = dict(context)
    subject = header_text(render_to_string(f"email/{template}.subject.txt", values))
    text = tidy_text(number_links(render_to_string(f"email/{template}.txt", values))).strip() + "\n"
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
    """Compose a mail with a text and an HTML part (plain text alone if `html` is empty).

    The same arguments give the same bytes. Raises ValueError if an address is not valid.
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
    """Assemble a mail from header fields (whole lines) and quoted-printable pieces.

    `headers` has all fields but those of MIME, the Message-ID among them. `text` and `html` are
    one piece each; if `html` is empty, the mail is plain text alone.
    """
    plain = encode_body(text)
    head = b"".join([*headers, b"MIME-Version: 1.0\r\n"])
    if not html:
        return ComposedMail(b"".join([head, _part_head(b"plain", plain), plain.content]))
    # HTML is only shorter in base64 if the text is; counting its bytes would cost as much as
    # joining them.
    rich = (
        encode_body(html)
        if plain.encoding == b"base64"
        else EncodedBody(b"quoted-printable", finish(html))
    )
    boundary = _boundary(message_id).encode()
    return ComposedMail(
        b"".join([
            head,
            b'Content-Type: multipart/alternative; boundary="%b"\r\n' % boundary,
            b"\r\n--%b\r\n" % boundary,
            _part_head(b"plain", plain),
            plain.content,
            b"\r\n--%b\r\n" % boundary,
            _part_head(b"html", rich),
            rich.content,
            b"\r\n--%b--\r\n" % boundary,
        ])
    )  # fmt: skip


def _part_head(kind: bytes, encoded: EncodedBody) -> bytes:
    return b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n' % (
        kind,
        encoded.encoding,
    )


def _boundary(message_id: str) -> str:
    """A boundary that depends on the mail alone, so that each attempt has the same bytes.

    "=_" occurs in no encoded text.
    """
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]


def derived_message_id(secret: str, key: str, host: str) -> str:
    """Return a Message-ID (without angle brackets) that is always the same for `key`."""
    signature = hmac.digest(f"message:{secret}".encode(), key.encode(), "sha256").hex()
    return f"{signature[:32]}@{host}"


def _encoding(text: str) -> str:
    """Return the shorter Content-Transfer-Encoding (RFC 2045 6.7, 6.8).

    Quoted-printable takes three bytes for each byte beyond ASCII, so base64 is shorter for scripts
    other than Latin.
    """
    size = len(text.encode())
    beyond = size - sum(map(str.isascii, text))
    return "base64" if beyond > size // 6 else "quoted-printable"


def _fits_7bit(text: str) -> bool:
    return text.isascii() and all(len(line) <= 76 for line in text.splitlines())
