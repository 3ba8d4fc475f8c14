"""What the tests of the SMTP transport share."""

from collections.abc import Callable

from digest.mail.routing.relay import Relay
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import Envelope, Outcome
from tests.support.sink import Sink

ENVELOPE = Envelope("digest@example.org", "ada@example.org")
MESSAGE = b"Subject: hello\r\n\r\nfirst\r\n.second starts with a dot\r\nlast\r\n"
MakeTransport = Callable[..., SmtpTransport]


def send(sink: Sink, *, permit: bool = True, times: int = 1) -> Outcome:
    """Send the mail over one transport so many times; the last outcome."""
    transport = SmtpTransport(Relay("127.0.0.1", sink.port))
    try:
        for _ in range(times):
            outcome = transport.send(ENVELOPE, MESSAGE, lambda: permit)
        return outcome
    finally:
        transport.close()
