"""What is below an SMTP conversation: the socket, TLS, replies, and how a body looks there."""

import contextlib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from digest.mail.routing.relay import Relay

SslContextFactory = Callable[[], ssl.SSLContext]
MOST_REPLY = 65_536  # bytes
_BLOCK = 16_384  # bytes; no record of TLS is longer
_AT_DOT = re.compile(rb"\r\n\.")


def open_connection(relay: Relay, timeout: float, trust: SslContextFactory) -> "NonBlockingSmtp":
    """A connection that is greeted, secured and logged in; `timeout` (seconds) is for each step;
    `trust` gives whom to believe, for TLS. Raises OSError or smtplib.SMTPException."""
    place: dict[str, Any] = {"host": relay.host, "port": relay.port, "timeout": timeout}
    if relay.security == "tls":
        server: NonBlockingSmtp = NonBlockingSmtpTls(
            **place, local_hostname=_own_name(), context=trust()
        )
    else:
        server = NonBlockingSmtp(**place, local_hostname=_own_name())
    try:
        if server.sock:
            # The dot is a small write behind a large one: held back until the other side
            # has acknowledged that, it would take 40 ms more.
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if relay.security == "starttls":
            server.starttls(context=trust())
        server.ehlo_or_helo_if_needed()
        if relay.user:
            server.login(relay.user, relay.password)
    except BaseException:
        server.close()
        raise
    return server


@cache
def _own_name() -> str:
    """What EHLO says we are; finding it out may take the name server a while."""
    return smtplib.SMTP().local_hostname


class ReplyReader:
    """What a server says: a line at a time for `smtplib`, which waits, and for those who do not
    wait, as far as it has come. A reply has one timeout for all its lines, and an end."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._held = b""
        self._is_over = False
        self._size = 0  # bytes that were read of the reply that is being read
        self._until = 0.0

    def readline(self, _limit: int = -1) -> bytes:
        """The next line, b"" at the end. Raises TimeoutError where the reply takes too long, and
        SMTPResponseException where it has no end."""
        while b"\n" not in self._held and not self._is_over:
            self._wait()
        line, newline, rest = self._held.partition(b"\n")
        if not newline:
            return b""
        self._held, self._size = rest, self._size + len(line)
        if _is_last(line):
            self._size, self._until = 0, 0.0
        return line + newline

    def _wait(self) -> None:
        timeout = self._sock.gettimeout() or 0.0
        now = time.monotonic()
        self._until = self._until or now + timeout
        if now >= self._until:
            raise TimeoutError("timed out")
        with _waiting(self._sock, self._until - now):
            self._take()

    def _take(self) -> None:
        new = self._sock.recv(_BLOCK)
        self._is_over = not new
        self._held += new
        if self._size + len(self._held) > MOST_REPLY:
            raise smtplib.SMTPResponseException(500, b"The reply has no end.")

    def has_input(self) -> bool:
        """Whether something has come that nobody has read yet, or the end of all."""
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError), _waiting(self._sock, 0):
            self._take()
        return bool(self._held) or self._is_over

    def has_whole_reply(self) -> bool:
        """Whether the next reply can be read without waiting for any of it."""
        lines = self._held.split(b"\n")[:-1]
        if not any(map(_is_last, lines)) and self.has_input():
            lines = self._held.split(b"\n")[:-1]
        return self._is_over or any(map(_is_last, lines))

    def close(self) -> None:
        """There is nothing to be closed: the socket is the conversation's."""


def _is_last(line: bytes) -> bool:
    """Whether a line ends its reply (RFC 5321 4.2.1), as `smtplib` sees it."""
    return line[3:4] != b"-" or not line[:3].isdigit()


@contextlib.contextmanager
def _waiting(sock: socket.socket, timeout: float) -> Iterator[None]:
    """The socket waits so long meanwhile."""
    usual = sock.gettimeout()
    sock.settimeout(timeout)
    try:
        yield
    finally:
        sock.settimeout(usual)


class NonBlockingSmtp(smtplib.SMTP):
    """A client of which one can also ask what goes without waiting."""

    file: Any  # smtplib's name for what it reads from

    def getreply(self) -> tuple[int, bytes]:
        if self.sock:
            self.file = self.replies
        return super().getreply()

    @property
    def replies(self) -> ReplyReader:
        """Raises SMTPServerDisconnected where the connection is gone."""
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("The connection is gone.")
        if self.file is None:  # smtplib forgets what it read in plain when TLS begins
            self.file = ReplyReader(self.sock)
        return self.file  # type: ignore[no-any-return]

    def send_some(self, content: memoryview) -> memoryview:
        """Send as much as goes at once; what is left."""
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("The connection is gone.")
        with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError), _waiting(self.sock, 0):
            while content:
                content = content[self.sock.send(content) :]
        return content


class NonBlockingSmtpTls(NonBlockingSmtp, smtplib.SMTP_SSL):
    """The same within TLS from the first byte."""


def dot_stuffed(message: bytes) -> bytes:
    """The body with its dots doubled (RFC 5321 4.5.2), without the final dot."""
    body = message if message.endswith(b"\r\n") else message + b"\r\n"
    dotted = _AT_DOT.sub(b"\r\n..", body)  # several times as fast as replace()
    return b"." + dotted if dotted.startswith(b".") else dotted
