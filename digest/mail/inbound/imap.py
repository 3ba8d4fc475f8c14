"""What reading a mailbox over IMAP takes besides the standard library.

Why not the package imapclient (4.1.0): it is imaplib underneath, so that the checked address and
the deadline would still have to be kept here. It formats each answer for a log, wanted or not: a
message takes seven times its size in memory. It sends user names unquoted, and malformed answers
raise RecursionError, TypeError or AttributeError.
"""

import imaplib
import ssl
import time
from collections.abc import Callable
from typing import Any

LONGEST_LINE = 1_000_000  # bytes; imaplib reads none that is longer


class DeadlineSocket(ssl.SSLSocket):
    """A TLS socket whose every read and write ends at `until` (monotonic seconds): a timeout alone
    begins anew with each byte that arrives. Raises TimeoutError."""

    until = float("inf")

    def recv_into(self, *arguments: Any, **keywords: Any) -> int:
        self.settimeout(seconds_left(self.until))
        return super().recv_into(*arguments, **keywords)

    def send(self, *arguments: Any, **keywords: Any) -> int:
        self.settimeout(seconds_left(self.until))
        return super().send(*arguments, **keywords)


def seconds_left(until: float) -> float:
    """Seconds until then (monotonic seconds); TimeoutError if there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time allowed for it is over")
    return seconds


def run_command(command: Callable[..., tuple[str, list[Any]]], *arguments: str) -> list[Any]:
    """The data of an answer that is OK; IMAP4.error with the server's words otherwise."""
    status, data = command(*arguments)
    if status != "OK":
        raise imaplib.IMAP4.error(b" ".join(each for each in data if isinstance(each, bytes)))
    return data


def log_out(connection: imaplib.IMAP4) -> None:
    """Log out, or close the connection where that fails."""
    try:
        connection.logout()
    except (OSError, imaplib.IMAP4.error):
        connection.shutdown()


def quoted_string(text: str) -> str:
    """An IMAP quoted string (RFC 3501 4.3) of printable ASCII."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
