"""Reading a mailbox over IMAP: its URL, and what the standard library lacks.

Why not the package imapclient (4.1.0): it is built on imaplib, so the checked address and the
deadline would still be kept here. It formats each response for a log even if nothing is logged, so
that a message takes seven times its size in memory. It sends user names unquoted, and malformed
responses raise RecursionError, TypeError or AttributeError.
"""

import imaplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

LONGEST_LINE = 1_000_000  # bytes; imaplib refuses longer lines
ResponseData = list[Any]  # as imaplib types it: bytes, tuples of bytes, and None


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
        """Read `imaps://user:password@host:993/INBOX`. Returns None for "".

        Raises ValueError for anything else, and for characters beyond ASCII.
        """
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


class DeadlineSocket(ssl.SSLSocket):
    """A TLS socket whose reads and writes all end at `until` (monotonic seconds).

    A timeout alone starts anew with each byte that arrives. Raises TimeoutError.
    """

    until = float("inf")

    def recv_into(
        self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0
    ) -> int:
        self.settimeout(seconds_left(self.until))
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self.settimeout(seconds_left(self.until))
        return super().send(data, flags)


def seconds_left(until: float) -> float:
    """Return the seconds until a time (monotonic). Raises TimeoutError if it is over."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time allowed for it is over")
    return seconds


def run_command(command: Callable[..., tuple[str, ResponseData]], *arguments: str) -> ResponseData:
    """Return the data of an OK response. Raises IMAP4.error with the server's words otherwise."""
    status, data = command(*arguments)
    if status != "OK":
        raise imaplib.IMAP4.error(b" ".join(each for each in data if isinstance(each, bytes)))
    return data


def log_out(connection: imaplib.IMAP4) -> None:
    """Log out, or close the connection if that fails."""
    try:
        connection.logout()
    except (OSError, imaplib.IMAP4.error):
        connection.shutdown()


def quoted_string(text: str) -> str:
    """Return printable ASCII as an IMAP quoted string (RFC 3501 4.3)."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
