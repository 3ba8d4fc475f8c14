"""A relay that stalls delays its own mails only."""

import socket
import threading
from collections.abc import Collection, Iterator

import pytest

from digest.mail.routing.circuit_breaker import CircuitBreaker
from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.relay import Relay
from digest.mail.routing.router import Route, Router
from digest.mail.send_loop import send_all
from digest.mail.smtp import client, pool
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import Mail, Result
from tests.mail.test_send_loop import MemoryRecorder, mail
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
TIMEOUT = 0.6  # seconds for each step, and for the dot's reply
LONG = b"Subject: long\r\n\r\n%b\r\n" % (b"x" * 12_000_000)  # more than sockets hold


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set when a stalled server may end."""
    for name in ("STEP_TIMEOUT", "DOT_TIMEOUT"):
        monkeypatch.setattr(client, name, TIMEOUT)
    monkeypatch.setattr(pool, "EACH", 1)
    event = threading.Event()
    yield event
    event.set()


def sent(slow: Sink, mails: Collection[Mail]) -> list[Result]:
    """Results of the mails, half of them through a slow relay, in the order in which they ended."""
    with Sink("PIPELINING") as good:
        relays = {"slow": slow.port, "good": good.port}
        transports = [SmtpTransport(Relay("127.0.0.1", relays[name], name=name)) for name in relays]
        routes = [Route(transport, 1, CircuitBreaker()) for transport in transports]
        recorder = MemoryRecorder()
        send_all(Router(routes, LocalThrottle(Limits(), Limits())), iter(mails), recorder)
        for transport in transports:
            transport.close()
    return list(recorder.results().values())


def test_half_a_reply(over: threading.Event) -> None:
    with Sink("PIPELINING", dot=["250-more to come"] * 4) as slow:
        ends = sent(slow, list(map(mail, range(8))))
    assert ends == [Result.ACCEPTED] * 4 + [Result.UNKNOWN] * 4


def test_a_body_that_is_not_taken(over: threading.Event) -> None:
    def stall() -> None:
        slow._connections[-1].sendall(b"354 go on\r\n")
        over.wait(5)

    with Sink("PIPELINING", DATA=[stall]) as slow:
        slow._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ends = sent(slow, [mail(0, lambda: LONG), mail(1), mail(2)])
        over.set()
    assert ends == [Result.ACCEPTED] * 2 + [Result.UNREACHED]
