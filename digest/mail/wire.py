"""What is below an SMTP conversation: the socket, TLS, and how a body looks on the wire."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from .relay import Relay

Trust = Callable[[], ssl.SSLContext]
_AT_DOT = re.compile(rb"\r\n\.")


def opened(relay: Relay, timeout: float, trust: Trust) -> smtplib.SMTP:
    """A connection that is greeted, secured and logged in; `timeout` (seconds) is for each step;
    `trust` gives whom to believe, for TLS. Raises OSError or smtplib.SMTPException."""
    server: smtplib.SMTP
    if relay.security == "tls":
        server = smtplib.SMTP_SSL(
            relay.host, relay.port, _own_name(), timeout=timeout, context=trust()
        )
    else:
        server = smtplib.SMTP(relay.host, relay.port, _own_name(), timeout)
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


def has_read(server: smtplib.SMTP) -> bool:
    """Whether a reply, or a part of it, is on our side of the wire already."""
    with _at_once(server):
        return _peeked(server)


def has_spoken(server: smtplib.SMTP) -> bool:
    """Whether there is something to read that nothing was asked for, or the end of all."""
    with _at_once(server) as sock:
        if _peeked(server):
            return True
        try:
            # Below TLS: the end is nothing to read, and no reply.
            socket.socket.recv(sock, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        return True


def _peeked(server: smtplib.SMTP) -> bool:
    try:
        return bool(server.file and server.file.peek(1))
    except ssl.SSLWantReadError:
        return False  # nothing of it was for us


@contextmanager
def _at_once(server: smtplib.SMTP) -> Iterator[socket.socket]:
    """The connection's socket, which waits for nothing meanwhile."""
    sock = server.sock
    assert sock
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        yield sock
    finally:
        sock.settimeout(timeout)


def stuffed(message: bytes) -> bytes:
    """The body with its dots doubled (RFC 5321 4.5.2), without the final dot."""
    body = message if message.endswith(b"\r\n") else message + b"\r\n"
    dotted = _AT_DOT.sub(b"\r\n..", body)  # several times as fast as replace()
    return b"." + dotted if dotted.startswith(b".") else dotted
