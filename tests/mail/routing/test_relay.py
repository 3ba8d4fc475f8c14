"""URLs of relays, and addresses in SMTP commands."""

import pytest

from digest.mail.routing.relay import Relay
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Envelope, Result
from tests.mail.transports import ENVELOPE, MESSAGE, MakeTransport
from tests.support.sink import Sink


@pytest.mark.parametrize(
    ("extensions", "result"), [(("SMTPUTF8",), Result.ACCEPTED), ((), Result.REFUSED)]
)
def test_a_local_part_beyond_ascii(
    make_transport: MakeTransport, extensions: tuple[str, ...], result: Result
) -> None:
    envelope = Envelope("digest@example.org", "jürgen@bücher.example")
    with Sink(*extensions) as sink:
        transport = make_transport(sink)
        outcome = transport.send(envelope, MESSAGE, lambda: True)
        after = transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, after.result) == (result, Result.ACCEPTED)
    if result == Result.ACCEPTED:
        assert b"MAIL FROM:<digest@example.org> SMTPUTF8\r\n" in sink.lines
        assert "RCPT TO:<jürgen@xn--bcher-kva.example>\r\n".encode() in sink.lines
    else:
        assert disposition(outcome) == Disposition.FAIL
        assert "needs SMTPUTF8" in outcome.text


@pytest.mark.parametrize(
    "recipient", ["", "ada", "@example.org", "a\r\nDATA@b.example", "a b@c", "<a>@b.example"]
)
def test_an_address_that_would_break_the_command(
    make_transport: MakeTransport, recipient: str
) -> None:
    with Sink() as sink:
        transport = make_transport(sink)
        outcome = transport.send(Envelope("d@e.org", recipient), MESSAGE, lambda: True)
    if recipient:
        assert disposition(outcome) == Disposition.FAIL
        assert "MAIL" not in sink.seen
    assert sink.accepted == []


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.org", Relay("mail.example.org", 25)),
        (
            "smtp+tls://a%40b:p%2Fw@m.example.org",
            Relay("m.example.org", 587, "a@b", "p/w", "starttls"),
        ),
        ("smtps://m.example.org:4650", Relay("m.example.org", 4650, security="tls")),
    ],
)
def test_relay_urls(url: str, relay: Relay) -> None:
    assert Relay.from_url(url) == relay


@pytest.mark.parametrize("url", ["", "mail.example.org", "http://x", "smtp://", "smtp://h:port"])
def test_bad_relay_urls(url: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Relay.from_url(url)
