"""Each client of Redis verifies the certificate of a `rediss://` address."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from limits import parse
from limits.strategies import SlidingWindowCounterRateLimiter as Limiter

from digest.environment import redis_url
from digest.limits.limit_storage import Storage
from digest.mail.routing.rate_limits import Limits
from digest.mail.routing.shared_rate_limits import SharedThrottle
from digest.monitoring.health.reachability import check_broker
from tests.support.imap_server import server_context


class Listener:
    """Agrees on TLS with each client, counts those that go through with it, and hangs up."""

    def __init__(self, papers: tuple[Path, Path]) -> None:
        self.agreed = self.refused = 0
        self._context = server_context(*papers)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            plain, _ = self._socket.accept()
            plain.settimeout(10)
            with plain, contextlib.suppress(OSError):
                if plain.recv(1, socket.MSG_PEEK) != b"\x16":  # a TLS handshake
                    return
                try:
                    with self._context.wrap_socket(plain, server_side=True) as link:
                        # A client that does not believe the certificate says so here.
                        self.agreed += bool(link.recv(1))
                except ssl.SSLError:
                    self.refused += 1

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"\n")
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listener(imap_papers: tuple[Path, Path]) -> Iterator[Listener]:
    with Listener(imap_papers) as listener:
        yield listener


def ask_broker(url: str) -> None:
    list(check_broker())


def ask_limits(url: str) -> None:
    Storage(url).run(Limiter.hit, parse("3/minute"), "anybody")


def ask_throttle(url: str) -> None:
    SharedThrottle.at(url, Limits(1.0), Limits(1.0)).acquire("example.org", "somebody")


@pytest.mark.parametrize("ask", [ask_broker, ask_limits, ask_throttle])
def test_a_certificate_that_nobody_vouches_for(
    listener: Listener, settings: Any, ask: Callable[[str], None]
) -> None:
    for query, is_verified in (("", True), ("?ssl_cert_reqs=none", False)):
        url = redis_url(f"rediss://:secret@localhost:{listener.port}/0{query}")
        settings.CELERY_BROKER_URL = url
        ask(url)
        assert bool(listener.agreed) is not is_verified
    assert listener.refused
