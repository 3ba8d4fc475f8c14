"""Where the bounces are, as BOUNCE_IMAP_URL says it."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class ImapMailbox:
    """A folder of a mailbox that is read over IMAP and TLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @classmethod
    def from_url(cls, url: str) -> Self | None:
        """`imaps://user:password@host:993/INBOX`; None for "", ValueError for anything else."""
        if not url:
            return None
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        if parts.scheme != "imaps" or not parts.hostname or not user or not password:
            raise ValueError("imaps://user:password@host")
        if not all(text.isascii() and text.isprintable() for text in (user, password, folder)):
            raise ValueError("ASCII only")
        return cls(parts.hostname, parts.port or 993, user, password, folder)
