"""The SMTP client against a server that misbehaves at every step."""

import pytest

from digest.mail.smtp import Relay, SmtpTransport
from digest.mail.transport import Envelope, Outcome, Result
from tests.sink import Sink

ENVELOPE = Envelope("digest@example.org", "ada@example.org")
MESSAGE = b"Subject: hello\r\n\r\nfirst\r\n.second starts with a dot\r\nlast\r\n"


def send(sink: Sink, *, licence: bool = True, times: int = 1) -> Outcome:
    transport = SmtpTransport(Relay("127.0.0.1", sink.port))
    try:
        for _ in range(times):
            outcome = transport.send(ENVELOPE, MESSAGE, lambda: licence)
        return outcome
    finally:
        transport.close()


def test_a_mail_arrives_byte_for_byte() -> None:
    with Sink() as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase, outcome.code) == (Result.ACCEPTED, "dot", 250)
    assert sink.accepted == [("ada@example.org", MESSAGE)]


def test_the_connection_is_kept() -> None:
    with Sink() as sink:
        send(sink, times=3)
    assert len(sink.accepted) == 3
    assert sink.seen.count("connect") == 1


def test_without_a_licence_no_dot_is_written() -> None:
    with Sink() as sink:
        assert send(sink, licence=False).result == Result.UNLICENSED
        assert send(sink).result == Result.ACCEPTED
    assert "dot" in sink.seen
    assert len(sink.accepted) == 1


def test_the_licence_is_asked_after_the_body_and_before_the_dot() -> None:
    with Sink() as sink:
        seen_then: list[str] = []

        def licence() -> bool:
            seen_then.extend(sink.seen)
            return True

        transport = SmtpTransport(Relay("127.0.0.1", sink.port))
        transport.send(ENVELOPE, MESSAGE, licence)
        transport.close()
    assert seen_then[-1] == "DATA"


@pytest.mark.parametrize(
    ("command", "reply", "result", "phase"),
    [
        ("connect", "421 busy", Result.UNREACHED, "connect"),
        ("connect", None, Result.UNREACHED, "connect"),
        ("connect", "+OK a POP3 server", Result.UNREACHED, "connect"),
        ("RCPT", "what?", Result.UNREACHED, "RCPT"),
        ("MAIL", "451 later", Result.REFUSED, "MAIL"),
        ("MAIL", None, Result.UNREACHED, "body"),
        ("RCPT", "450 4.2.1 later", Result.REFUSED, "RCPT"),
        ("RCPT", "550 5.1.1 nobody", Result.REFUSED, "RCPT"),
        ("RCPT", "421 closing", Result.REFUSED, "RCPT"),
        ("DATA", "451 later", Result.REFUSED, "DATA"),
        ("DATA", None, Result.UNREACHED, "body"),
        ("dot", "452 4.3.1 full", Result.REFUSED, "dot"),
        ("dot", "554 5.7.1 no", Result.REFUSED, "dot"),
        ("dot", "421 closing", Result.REFUSED, "dot"),
        ("dot", None, Result.UNKNOWN, "dot"),
        ("dot", "taken, silent", Result.UNKNOWN, "dot"),
        ("dot", "nonsense", Result.UNKNOWN, "dot"),
    ],
)
def test_every_ending_has_its_own_name(
    command: str, reply: str | None, result: Result, phase: str
) -> None:
    with Sink(**{command: [reply]}) as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase) == (result, phase)


def test_a_refused_recipient_does_not_spoil_the_next_mail() -> None:
    with Sink(RCPT=["550 5.1.1 nobody"]) as sink:
        assert send(sink, times=2).result == Result.ACCEPTED
    assert len(sink.accepted) == 1
    assert "RSET" in sink.seen


def test_a_dead_kept_connection_is_opened_anew() -> None:
    with Sink(NOOP=[None]) as sink:
        assert send(sink, times=2).result == Result.ACCEPTED
    assert len(sink.accepted) == 2
    assert sink.seen.count("connect") == 2


def test_nobody_listening() -> None:
    with Sink() as sink:
        pass
    outcome = send(sink)
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "connect")


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
def test_relay_addresses(url: str, relay: Relay) -> None:
    assert Relay.from_url(url) == relay


@pytest.mark.parametrize("url", ["", "mail.example.org", "http://x", "smtp://", "smtp://h:port"])
def test_bad_relay_addresses(url: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Relay.from_url(url)
