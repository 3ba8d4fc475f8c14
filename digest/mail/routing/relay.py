"""A mail server to send through, as one of the URLs in EMAIL_URL describes it."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

SECURITY = {"smtp": "plain", "smtp+tls": "starttls", "smtps": "tls"}
PORTS = {"plain": 25, "starttls": 587, "tls": 465}
MOST_WEIGHT = 1000
CONNECTIONS = 16  # to one relay, from one process
MOST_CONNECTIONS = 100
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server to send through.

    `name` is the name of this backend, for holds. Of several relays each gets a share of the mails
    in proportion to its `weight`. A process opens at most `connections` connections to it.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = "plain"  # "plain", "starttls" or "tls"
    name: str = "smtp"
    weight: int = 1
    connections: int = CONNECTIONS

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`, optionally with
        `#name=ses&weight=3&connections=4`. Raises ValueError or KeyError for anything else."""
        parts = urlsplit(url)
        security = SECURITY[parts.scheme]
        host = parts.hostname or ""
        if not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query:
            raise ValueError(host)
        options = UrlOptions.from_fragment(parts.fragment)
        return cls(
            host=host,
            port=parts.port or PORTS[security],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            security=security,
            name=options.name or "smtp",
            weight=options.weight,
            connections=options.connections or CONNECTIONS,
        )

    @property
    def location(self) -> str:
        """Host and port, without the password."""
        return f"{self.host}:{self.port}"


class UrlOptions(NamedTuple):
    """The options behind the `#` of a backend's URL: `name` ("" if not given), `weight` (1) and
    `connections` (0)."""

    name: str
    weight: int
    connections: int

    @classmethod
    def from_fragment(cls, fragment: str) -> Self:
        """Raises ValueError if there is any other option, or a value is out of range."""
        values = dict(parse_qsl(fragment, strict_parsing=True)) if fragment else {}
        name = values.pop("name", "")
        found = cls(name, int(values.pop("weight", "1")), int(values.pop("connections", "0")))
        if values or (name and not _NAME.fullmatch(name)):
            raise ValueError(fragment)
        if not 1 <= found.weight <= MOST_WEIGHT or not 0 <= found.connections <= MOST_CONNECTIONS:
            raise ValueError(fragment)
        return found
