"""A step of a source that is a mailbox: each unseen message of its folder becomes a dump.

IMAP4rev1 (RFC 3501) over TLS. A message is marked as seen only after its bytes are kept; one that
was interrupted is read again, which changes nothing.
"""

import imaplib
import os
import re
import socket
import time
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
from django.conf import settings

from digest.mail.inbound.imap import (
    LONGEST_LINE,
    DeadlineSocket,
    log_out,
    quoted_string,
    run_command,
    seconds_left,
)
from digest.models import Dump, Source

from .errors import CannotFetch
from .intake import StepResult, ingest_bytes, quarantine_message
from .ssrf import resolve_allowed

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# No further message is begun so close to the end of the step.
_ENOUGH_SECONDS = 5.0
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class ImapConnection(imaplib.IMAP4_SSL):
    """IMAP over TLS to an address that was checked, and to nothing else.

    Everything ends at `until` (monotonic seconds; TimeoutError), and an answer of more than `most`
    bytes is not read (IMAP4.abort).
    """

    def __init__(
        self, host: str, port: int, until: float, allowed: frozenset[str], most: int
    ) -> None:
        self._until, self._allowed = until, allowed
        self._most, self._answered = most, 0
        context = httpx.create_ssl_context()
        context.sslsocket_class = DeadlineSocket
        super().__init__(host, port, ssl_context=context)

    def _create_socket(self, timeout: float | None) -> DeadlineSocket:
        failure: OSError = OSError("no address")
        for address in resolve_allowed(self.host, self.port, allowed=self._allowed):
            try:
                plain = socket.create_connection((address, self.port), seconds_left(self._until))
                plain.settimeout(seconds_left(self._until))  # for the whole handshake
                wrapped = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
            except OSError as wrong:
                failure = wrong
            else:
                assert isinstance(wrapped, DeadlineSocket)
                wrapped.until = self._until
                return wrapped
        raise failure

    def read(self, size: int) -> bytes:
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._count(len(line))
        return line

    def send(self, data: "ReadableBuffer") -> None:
        self._answered = 0
        super().send(data)

    def _count(self, size: int) -> None:
        self._answered += size
        if self._answered > self._most:
            raise self.abort("its answer is too long")


def fetch_mailbox(source: Source, at: datetime, until: float) -> StepResult:
    """Ingest its unseen messages until `until` (monotonic seconds). Raises CannotFetch."""
    password = os.environ.get(source.password_variable, "")
    if not password:
        raise CannotFetch(f"Set {source.password_variable} in the environment to its password.")
    if not password.isascii():
        raise CannotFetch(f"The password in {source.password_variable} is not plain ASCII.")
    host = source.mail_host
    allowed = frozenset({host.lower()}) if source.allow_private else frozenset[str]()
    try:
        # Some servers estimate the size of a message.
        most = 2 * settings.MAX_DUMP_BYTES + LONGEST_LINE
        connection = ImapConnection(host, source.mail_port, until, allowed, most)
        try:
            connection.login(_quoted(source.mail_user), password)
            return _take_unseen(connection, source, at, until)
        finally:
            log_out(connection)
    except (OSError, imaplib.IMAP4.error, UnicodeError) as wrong:
        raise CannotFetch(f"The mailbox at {host} cannot be read: {_error_text(wrong)}.") from wrong


def _take_unseen(
    connection: ImapConnection, source: Source, at: datetime, until: float
) -> StepResult:
    run_command(connection.select, _quoted(source.mail_folder or "INBOX"))
    unseen = run_command(lambda: connection.uid("SEARCH", "UNSEEN"))[0].split()
    dumps: list[Dump] = []
    messages: list[str] = []
    for number, uid in enumerate(unseen):
        if number and time.monotonic() > until - _ENOUGH_SECONDS:
            return StepResult(tuple(dumps), more=True, message=" ".join(messages))
        message = _message_or_why(connection, uid.decode())
        if isinstance(message, str):
            messages.append(message)
            continue
        dump = ingest_bytes(source, message, f"{source.name} {uid.decode()}.eml", at, until)
        dumps.append(dump)
        messages += filter(None, [quarantine_message(dump)])
        run_command(lambda uid=uid: connection.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)"))
    return StepResult(tuple(dumps), message=" ".join(messages))


def _message_or_why(connection: ImapConnection, uid: str) -> bytes | str:
    """Return a message, or why it is left unread.

    The server's refusal of one message is a reason.
    """
    try:
        return _message(connection, uid)
    except imaplib.IMAP4.abort:  # the connection is of no more use
        raise
    except imaplib.IMAP4.error as wrong:
        return f"Message {uid} cannot be read ({_error_text(wrong)}): it is left unread."


def _message(connection: ImapConnection, uid: str) -> bytes | str:
    """Return a message byte for byte, without marking it as seen.

    Or why it is left, in a sentence.
    """
    head = run_command(lambda: connection.uid("FETCH", uid, "(RFC822.SIZE)"))[0] or b""
    size = _SIZE.search(head)
    if size and int(size[1]) > settings.MAX_DUMP_BYTES:
        return (
            f"Message {uid} has {int(size[1]):,} bytes, more than MAX_DUMP_BYTES: it is left "
            "unread."
        )
    parts = run_command(lambda: connection.uid("FETCH", uid, "(BODY.PEEK[])"))
    for part in parts:
        if isinstance(part, tuple):
            return bytes(part[1])
    return f"Message {uid} is no longer there."


def _quoted(text: str) -> str:
    """Return the text as an IMAP quoted string.

    Raises CannotFetch for characters it cannot hold.
    """
    if not text.isascii() or not text.isprintable():
        raise CannotFetch(
            f"“{text}” cannot be used in IMAP. Write it as the server does, in ASCII."
        )
    return quoted_string(text)


def _error_text(wrong: Exception) -> str:
    words = wrong.args[0] if wrong.args else ""
    if isinstance(words, bytes):
        words = words.decode(errors="replace")
    if isinstance(wrong, OSError):
        words = wrong.strerror or words
    return (str(words) or type(wrong).__name__).rstrip(".")
