"""The headers of a digest: of every mail, and of list mail (RFC 2369, 2919, 3834, 8058 and the
mailbox providers' own)."""

from datetime import date
from functools import lru_cache

from django.conf import settings

from digest.mail.mime.composer import derived_message_id
from digest.mail.mime.header_fields import address_field, date_field, header_field, text_field
from digest.models import Digest
from subscriptions.digest_links import list_unsubscribe


def headers_of(digest: Digest, message_id: str, subject: str, unsubscribe: str) -> list[bytes]:
    """Its header fields, but for those of MIME. ValueError if the address cannot stand in one.
    `unsubscribe`: the page that its link opens."""
    assert digest.composed_at is not None
    return [
        _sender_field("From", settings.MAIL_FROM),
        _sender_field("Reply-To", settings.REPLY_TO),
        address_field("To", digest.subscriber.address),
        text_field("Subject", subject),
        date_field(digest.composed_at),
        header_field("Message-ID", f"<{message_id}>"),
        _list_id(settings.SITE_HOST),
        header_field("List-Unsubscribe", list_unsubscribe(digest, unsubscribe)),
        _list_headers(digest.local_date, digest.kind),
    ]


@lru_cache(maxsize=16)
def _sender_field(name: str, value: str) -> bytes:
    return address_field(name, value)


@lru_cache(maxsize=16)
def _list_id(host: str) -> bytes:
    return header_field("List-Id", f"Paper Digest <digest.{host}>")


@lru_cache(maxsize=256)
def _list_headers(day: date, kind: str) -> bytes:
    fields = {
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
        "Feedback-ID": f"{day:%Y%m%d}:{kind}:v1:paperdigest",
    }
    return b"".join(header_field(name, value) for name, value in fields.items())


def message_id_of(digest: Digest, secret: str = "") -> str:
    """The same on every attempt, under one SECRET_KEY (or the `secret` that it was)."""
    key = f"digest:{digest.subscriber_id}:{digest.kind}:{digest.local_date}"
    return derived_message_id(secret or settings.SECRET_KEY, key, settings.SITE_HOST)
