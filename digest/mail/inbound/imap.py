"""What reading a mailbox over IMAP takes besides the library."""

import imaplib
from collections.abc import Callable
from typing import Any


def ask(command: Callable[..., tuple[str, list[Any]]], *arguments: str) -> list[Any]:
    """The data of an answer that is OK; IMAP4.error with the server's words otherwise."""
    status, data = command(*arguments)
    if status != "OK":
        raise imaplib.IMAP4.error(b" ".join(each for each in data if isinstance(each, bytes)))
    return data


def leave(connection: imaplib.IMAP4) -> None:
    """Log out, or close the connection where that fails."""
    try:
        connection.logout()
    except (OSError, imaplib.IMAP4.error):
        connection.shutdown()


def quoted(text: str) -> str:
    """An IMAP quoted string (RFC 3501 4.3) of printable ASCII."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
