"""SMTP transports to a sink, closed at the end."""

from collections.abc import Callable, Iterator

import pytest

from digest.mail.routing.relay import Relay
from digest.mail.smtp.pool import SmtpTransport
from tests.support.sink import Sink

from .transports import MakeTransport


@pytest.fixture
def make_transport() -> Iterator[MakeTransport]:
    made: list[SmtpTransport] = []

    def make(
        sink: Sink, sign: Callable[[bytes], bytes] | None = None, **named: str | int
    ) -> SmtpTransport:
        made.append(SmtpTransport(Relay("127.0.0.1", sink.port, **named), sign))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for transport in made:
        transport.close()
