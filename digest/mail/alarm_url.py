"""ALARM_URL: where alarms are sent without depending on the mail servers of EMAIL_URL."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from digest.limits.client_address import is_private

from .routing.relay import SECURITY, Relay

ALARM_URLS = (
    "another mail server, like smtp+tls://user:password@mail.example.net:587, or a webhook, like "
    "https://hooks.example.net/alarms (http:// only on this machine or at a private IP address)"
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that alarms are posted to. It may contain a key, so `repr` hides it."""

    url: str = field(repr=False)
    host: str


def read_alarm_url(raw: str) -> Relay | Webhook | None:
    """Read a mail server (`smtp://` and so on) or a webhook (`https://`). Returns None if empty.

    A webhook may be in a private network, for only the operator can configure one. `http://` is
    accepted only for this machine and for private IP addresses.
    Raises ValueError or KeyError for any other URL.
    """
    if not raw:
        return None
    parts = urlsplit(raw)
    if parts.scheme in SECURITY:
        return replace(Relay.from_url(raw), name="alarms")
    host = parts.hostname or ""
    if not host or parts.username or parts.fragment or not raw.isascii() or " " in raw:
        raise ValueError("ALARM_URL")
    is_near = host == "localhost" or is_private(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_near):
        raise ValueError("ALARM_URL")
    _ = parts.port  # raises ValueError if it is not valid
    return Webhook(raw, host.lower())
