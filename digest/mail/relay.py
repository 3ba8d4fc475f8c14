"""A mail server that takes our mail, as one address of EMAIL_URL names it."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SECURITY = {"smtp": "plain", "smtp+tls": "starttls", "smtps": "tls"}
PORTS = {"plain": 25, "starttls": 587, "tls": 465}
MOST_WEIGHT = 1000
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail. `name` is what a hold of a backend calls it; of several
    relays each gets its `weight`'s share."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = "plain"  # "plain", "starttls" or "tls"
    name: str = "smtp"
    weight: int = 1

    @classmethod
    def from_url(cls, url: str) -> Self:
        """`smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`, with `#weight=3&name=ses` if wanted;
        ValueError or KeyError for anything else."""
        parts = urlsplit(url)
        security = SECURITY[parts.scheme]
        host = parts.hostname or ""
        if not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query:
            raise ValueError(host)
        name, weight = name_and_weight(parts)
        return cls(
            host=host,
            port=parts.port or PORTS[security],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            security=security,
            name=name or "smtp",
            weight=weight,
        )

    @property
    def place(self) -> str:
        """Where it is, without the password."""
        return f"{self.host}:{self.port}"


def name_and_weight(parts: SplitResult) -> tuple[str, int]:
    """What stands behind the `#` of an address: the name ("" for none) and the weight (1)."""
    told = dict(parse_qsl(parts.fragment, strict_parsing=True)) if parts.fragment else {}
    name, weight = told.pop("name", ""), int(told.pop("weight", "1"))
    if told or (name and not _NAME.fullmatch(name)) or not 1 <= weight <= MOST_WEIGHT:
        raise ValueError(parts.fragment)
    return name, weight
