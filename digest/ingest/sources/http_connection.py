"""Connections to permitted addresses only, all of whose waiting ends at one deadline."""

import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from .keys import SourceKey
from .ssrf import resolve_allowed

FAILURES = (
    httpx.TransportError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
)


@dataclass(frozen=True)
class ConnectionRules:
    """When connections end (monotonic seconds), and which hosts may have private addresses."""

    until: float
    allowed: frozenset[str] = frozenset()

    def seconds_left(self, timeout: float | None) -> float:
        """Return how long the next read or write may wait.

        Raises ReadTimeout after the deadline.
        """
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it took longer than allowed")
        return left if timeout is None else min(left, timeout)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait counts against one deadline, so that a trickle of bytes, in the
    head or in the body, cannot stretch it.
    """

    def __init__(self, stream: httpcore.NetworkStream, rules: ConnectionRules) -> None:
        self._stream, self._rules = stream, rules

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._rules.seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._rules.seconds_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "DeadlineStream":
        left = self._rules.seconds_left(timeout)
        return DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, left), self._rules
        )

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a host once, and connects to a permitted address of it and to nothing else."""

    def __init__(self, rules: ConnectionRules) -> None:
        self._rules, self._plain = rules, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> DeadlineStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in resolve_allowed(host, port, allowed=self._rules.allowed):
            left = self._rules.seconds_left(timeout)
            try:
                return DeadlineStream(self._plain.connect_tcp(address, port, left), self._rules)
            except (httpcore.NetworkError, httpcore.TimeoutException) as wrong:
                failure = wrong
        raise failure


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@cache
def _trust() -> ssl.SSLContext:
    """Return the trusted certificates; loading them takes longer than many a fetch."""
    return httpx.create_ssl_context()


class DeadlineTransport(httpx.BaseTransport):
    """An httpx transport with one connection at a time by these rules.

    Certificates are verified. The key is added to requests for its own hosts, and to no others.
    """

    def __init__(self, rules: ConnectionRules, key: SourceKey | None = None) -> None:
        self._key = key
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(), max_connections=1, network_backend=CheckedNetwork(rules)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        target, headers = url.raw_path, request.headers.raw
        if self._key and self._key.belongs_to(url):
            target, headers = self._key.added(target, headers)
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
            headers=headers,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = self._pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()
