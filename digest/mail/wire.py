"""What is below an SMTP conversation: the socket, TLS, and how a body looks on the wire."""

import selectors
import smtplib
import socket
import ssl
from collections.abc import Callable
from functools import cache

from .relay import Relay

Trust = Callable[[], ssl.SSLContext]


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
    """Whether a reply, or a part of it, or the end, is on our side of the wire already."""
    if not server.sock or not server.file:
        return False
    timeout = server.sock.gettimeout()
    server.sock.settimeout(0)
    try:
        return bool(server.file.peek(1))
    except ssl.SSLWantReadError:
        return False  # nothing of it was for us
    finally:
        server.sock.settimeout(timeout)


def has_spoken(server: smtplib.SMTP) -> bool:
    """Whether there is something to read that nothing was asked for, or the end of all."""
    if has_read(server):
        return True
    assert server.sock
    # Not select(): it fails for descriptors beyond 1,023.
    poll = getattr(selectors, "PollSelector", selectors.SelectSelector)
    with poll() as selector:
        selector.register(server.sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def stuffed(message: bytes) -> bytes:
    """The body with its dots doubled (RFC 5321 4.5.2), without the final dot."""
    body = message if message.endswith(b"\r\n") else message + b"\r\n"
    dotted = body.replace(b"\r\n.", b"\r\n..")
    return b"." + dotted if dotted.startswith(b".") else dotted
