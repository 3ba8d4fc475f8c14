"""A mail server that takes our mail, as one address of EMAIL_URL names it."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SECURITY = {"smtp": "plain", "smtp+tls": "starttls", "smtps": "tls"}
PORTS = {"plain": 25, "starttls": 587, "tls": 465}
MOST_WEIGHT = 1000
CONNECTIONS = 16  # to one relay, from one process
MOST_CONNECTIONS = 100
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail. `name` is what a hold of a backend calls it; of several
    relays each gets its `weight`'s share. A process opens so many `connections` at most."""

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
        """`smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`, with
        `#name=ses&weight=3&connections=4` if wanted; ValueError or KeyError for anything else."""
        parts = urlsplit(url)
        security = SECURITY[parts.scheme]
        host = parts.hostname or ""
        if not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query:
            raise ValueError(host)
        told = UrlOptions.behind(parts)
        return cls(
            host=host,
            port=parts.port or PORTS[security],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            security=security,
            name=told.name or "smtp",
            weight=told.weight,
            connections=told.connections or CONNECTIONS,
        )

    @property
    def location(self) -> str:
        """Where it is, without the password."""
        return f"{self.host}:{self.port}"


class UrlOptions(NamedTuple):
    """What stands behind the `#` of an address: the name ("" for none), the weight (1), the
    connections (0 for none told)."""

    name: str
    weight: int
    connections: int

    @classmethod
    def behind(cls, parts: SplitResult) -> Self:
        """ValueError for anything that is not of these."""
        told = dict(parse_qsl(parts.fragment, strict_parsing=True)) if parts.fragment else {}
        name = told.pop("name", "")
        found = cls(name, int(told.pop("weight", "1")), int(told.pop("connections", "0")))
        if told or (name and not _NAME.fullmatch(name)):
            raise ValueError(parts.fragment)
        if not 1 <= found.weight <= MOST_WEIGHT or not 0 <= found.connections <= MOST_CONNECTIONS:
            raise ValueError(parts.fragment)
        return found
