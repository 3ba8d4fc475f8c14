"""The layer below the SMTP client: sockets, TLS, reading replies, dot stuffing."""

import contextlib
import re
import select
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache

from digest.mail.routing.relay import Relay

SslContextFactory = Callable[[], ssl.SSLContext]
MOST_REPLY = 65_536  # bytes
_BLOCK = 16_384  # bytes; no record of TLS is longer
_AT_DOT = re.compile(rb"\r\n\.")


def open_connection(
    relay: Relay, timeout: float, ssl_context: SslContextFactory
) -> "NonBlockingSmtp":
    """Connect to the relay: TLS, EHLO and AUTH are done. `timeout` is in seconds, for each step.

    Raises OSError or smtplib.SMTPException.
    """
    server: NonBlockingSmtp
    if relay.security == "tls":
        server = NonBlockingSmtpTls(
            relay.host, relay.port, _own_name(), timeout=timeout, context=ssl_context()
        )
    else:
        server = NonBlockingSmtp(relay.host, relay.port, _own_name(), timeout)
    try:
        if server.sock:
            # With Nagle's algorithm the dot, a small write behind a large one, waits for the
            # acknowledgement of that: 40 ms.
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if relay.security == "starttls":
            server.starttls(context=ssl_context())
        server.ehlo_or_helo_if_needed()
        if relay.user:
            server.login(relay.user, relay.password)
    except BaseException:
        server.close()
        raise
    return server


@cache
def _own_name() -> str:
    """The host name for EHLO; cached, for the look-up in the DNS can be slow."""
    return smtplib.SMTP().local_hostname


class ReplyReader:
    """Buffered reader of a server's replies.

    `readline` blocks, for `smtplib`; `has_input` and `has_whole_reply` do not. The socket's timeout
    is for a whole reply, and a reply has at most MOST_REPLY bytes.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._buffer = b""
        self._at_end = False
        self._size = 0  # bytes read of the current reply
        self._until = 0.0

    def readline(self, _limit: int = -1) -> bytes:
        """Return the next line, b"" at the end of the stream.

        Raises TimeoutError if the reply takes too long, and SMTPResponseException if it is larger
        than MOST_REPLY.
        """
        while b"\n" not in self._buffer and not self._at_end:
            self._wait()
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return b""
        self._buffer, self._size = rest, self._size + len(line)
        if _is_last(line):
            self._size, self._until = 0, 0.0
        return line + newline

    def _wait(self) -> None:
        timeout = self._sock.gettimeout() or 0.0
        now = time.monotonic()
        self._until = self._until or now + timeout
        if now >= self._until:
            raise TimeoutError("timed out")
        with _timeout(self._sock, self._until - now):
            self._receive()

    def _receive(self) -> None:
        new = self._sock.recv(_BLOCK)
        self._at_end = not new
        self._buffer += new
        if self._size + len(self._buffer) > MOST_REPLY:
            raise smtplib.SMTPResponseException(500, b"The reply has no end.")

    def has_input(self) -> bool:
        """Whether there is unread input, or the stream has ended. Does not block."""
        # Mostly there is none, and asking costs a third of trying. TLS may hold decrypted bytes.
        if not (self._poll.poll(0) or isinstance(self._sock, ssl.SSLSocket)):
            return bool(self._buffer) or self._at_end
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError), _timeout(self._sock, 0):
            self._receive()
        return bool(self._buffer) or self._at_end

    def has_whole_reply(self) -> bool:
        """Whether the next reply can be read without blocking."""
        lines = self._buffer.split(b"\n")[:-1]
        if not any(map(_is_last, lines)) and self.has_input():
            lines = self._buffer.split(b"\n")[:-1]
        return self._at_end or any(map(_is_last, lines))

    def close(self) -> None:
        """Do nothing: the socket belongs to the SMTP object, which closes this reader too."""


def _is_last(line: bytes) -> bool:
    """Whether a line ends its reply (RFC 5321 4.2.1), as `smtplib` sees it."""
    return line[3:4] != b"-" or not line[:3].isdigit()


@contextlib.contextmanager
def _timeout(sock: socket.socket, timeout: float) -> Iterator[None]:
    """Change the socket's timeout for the block."""
    usual = sock.gettimeout()
    sock.settimeout(timeout)
    try:
        yield
    finally:
        sock.settimeout(usual)


class NonBlockingSmtp(smtplib.SMTP):
    """An `smtplib` client that can also read and write without blocking."""

    file: ReplyReader | None  # smtplib reads replies from it

    def getreply(self) -> tuple[int, bytes]:
        if self.sock:
            self.file = self.replies
        return super().getreply()

    @property
    def replies(self) -> ReplyReader:
        """The reader of replies. Raises SMTPServerDisconnected if the connection is closed."""
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("The connection is gone.")
        if self.file is None:  # smtplib drops the reader when TLS begins
            self.file = ReplyReader(self.sock)
        return self.file

    def send_some(self, content: memoryview) -> memoryview:
        """Send what the socket accepts without blocking; return the rest."""
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("The connection is gone.")
        with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError), _timeout(self.sock, 0):
            while content:
                content = content[self.sock.send(content) :]
        return content


class NonBlockingSmtpTls(NonBlockingSmtp, smtplib.SMTP_SSL):
    """The same with implicit TLS."""


def dot_stuffed(message: bytes) -> bytes:
    """Return the body with leading dots doubled (RFC 5321 4.5.2), without the final dot."""
    body = message if message.endswith(b"\r\n") else message + b"\r\n"
    dotted = _AT_DOT.sub(b"\r\n..", body)  # several times as fast as replace()
    return b"." + dotted if dotted.startswith(b".") else dotted
