"""The SMTP client against a server that misbehaves at every step."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from digest.mail import smtp
from digest.mail.relay import Relay
from digest.mail.replies import Verdict, verdict
from digest.mail.smtp import SmtpTransport
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


def spied(transport: SmtpTransport) -> list[bytes]:
    """What an open transport writes from now on, write by write."""
    server, written = transport._server, []
    assert server
    write = server.send

    def send(data: bytes) -> None:
        written.append(data)
        write(data)

    server.send = send  # type: ignore[method-assign,assignment]
    return written


WayOut = Callable[..., SmtpTransport]


@pytest.fixture
def way_out() -> Iterator[WayOut]:
    """Transports to a sink, closed at the end."""
    made: list[SmtpTransport] = []

    def make(
        sink: Sink, sign: Callable[[bytes], bytes] | None = None, **named: str
    ) -> SmtpTransport:
        made.append(SmtpTransport(Relay("127.0.0.1", sink.port, **named), sign))
        return made[-1]

    yield make
    for transport in made:
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


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_licence_that_cannot_be_asked_for_leaves_no_half_mail(
    way_out: WayOut, extensions: tuple[str, ...]
) -> None:
    def broken() -> bool:
        raise RuntimeError("the database is away")

    with Sink(*extensions) as sink:
        transport = way_out(sink)
        with pytest.raises(RuntimeError):
            transport.send(ENVELOPE, MESSAGE, broken)
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)]


def test_the_licence_is_asked_after_the_body_and_before_the_dot(way_out: WayOut) -> None:
    with Sink() as sink:
        seen_then: list[str] = []

        def licence() -> bool:
            seen_then.extend(sink.seen)
            return True

        transport = way_out(sink)
        transport.send(ENVELOPE, MESSAGE, licence)
    assert seen_then[-1] == "DATA"


@pytest.mark.parametrize(
    ("command", "reply", "result", "phase"),
    [
        ("connect", "421 busy", Result.UNREACHED, "connect"),
        ("connect", None, Result.UNREACHED, "connect"),
        ("connect", "+OK a POP3 server", Result.UNREACHED, "connect"),
        ("RCPT", "what?", Result.UNREACHED, "RCPT"),
        ("MAIL", "451 later", Result.REFUSED, "MAIL"),
        ("MAIL", None, Result.UNREACHED, "MAIL"),
        ("RCPT", "450 4.2.1 later", Result.REFUSED, "RCPT"),
        ("RCPT", "550 5.1.1 nobody", Result.REFUSED, "RCPT"),
        ("RCPT", "421 closing", Result.REFUSED, "RCPT"),
        ("DATA", "451 later", Result.REFUSED, "DATA"),
        ("RCPT", None, Result.UNREACHED, "RCPT"),
        ("DATA", None, Result.UNREACHED, "DATA"),
        ("dot", "452 4.3.1 full", Result.REFUSED, "dot"),
        ("dot", "554 5.7.1 no", Result.REFUSED, "dot"),
        ("dot", "421 closing", Result.REFUSED, "dot"),
        ("dot", None, Result.UNKNOWN, "dot"),
        ("dot", "taken, silent", Result.UNKNOWN, "dot"),
        ("dot", "nonsense", Result.UNKNOWN, "dot"),
    ],
)
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_every_ending_has_its_own_name(
    extensions: tuple[str, ...], command: str, reply: str | None, result: Result, phase: str
) -> None:
    with Sink(*extensions, **{command: [reply]}) as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase) == (result, phase)


def test_a_refused_recipient_does_not_spoil_the_next_mail() -> None:
    with Sink(RCPT=["550 5.1.1 nobody"]) as sink:
        assert send(sink, times=2).result == Result.ACCEPTED
    assert len(sink.accepted) == 1
    assert "RSET" in sink.seen


def test_a_dead_idle_connection_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "IDLE", 0.0)
    with Sink(NOOP=[None]) as sink:
        assert send(sink, times=2).result == Result.ACCEPTED
    assert len(sink.accepted) == 2
    assert sink.seen.count("connect") == 2


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_no_mail_waits_for_an_acknowledgement(extensions: tuple[str, ...]) -> None:
    with Sink(*extensions) as sink:
        began = time.monotonic()
        send(sink, times=40)
        took = time.monotonic() - began
    assert len(sink.accepted) == 40
    assert took < 40 * 0.035  # a delayed acknowledgement takes 40 ms


def test_a_busy_connection_is_not_asked_for_its_health() -> None:
    with Sink() as sink:
        send(sink, times=3)
    assert not {"NOOP", "RSET"} & set(sink.seen)


@pytest.mark.parametrize("reply", [None, "421 4.4.2 you were idle"])
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_kept_connection_that_hung_up_is_opened_anew_once(
    extensions: tuple[str, ...], reply: str | None
) -> None:
    with Sink(*extensions, MAIL=["250 ok", reply]) as sink:
        assert send(sink, times=2).result == Result.ACCEPTED
    assert len(sink.accepted) == 2
    with Sink(*extensions, MAIL=["250 ok", reply, reply, "250 never asked"]) as sink:
        assert send(sink, times=2).phase == "MAIL"
    assert len(sink.accepted) == 1


def test_a_connection_takes_a_hundred_mails_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "LONGEST_CONNECTION", 2)
    with Sink() as sink:
        send(sink, times=5)
    assert len(sink.accepted) == 5
    assert sink.seen.count("connect") == 3


def test_mail_rcpt_and_data_leave_in_one_write(way_out: WayOut) -> None:
    with Sink("PIPELINING") as sink:
        transport = way_out(sink)
        transport.send(ENVELOPE, MESSAGE, lambda: True)
        written = spied(transport)
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert written[0] == (
        b"MAIL FROM:<digest@example.org>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n"
    )
    assert written[2] == b".\r\n"
    assert sink.accepted == [("ada@example.org", MESSAGE)] * 2


@pytest.mark.parametrize(
    ("script", "phase", "connections"),
    [
        # RFC 2920 3.1: DATA may be taken though nobody is left to get the mail.
        ({"RCPT": ["550 5.1.1 nobody"], "DATA": ["354 go on"]}, "RCPT", 1),
        ({"RCPT": ["450 4.2.1 later"], "DATA": ["354 go on"], "dot": ["421 bye"]}, "RCPT", 2),
        ({"RCPT": ["550 5.1.1 nobody"], "DATA": ["354 go on"], "dot": [None]}, "RCPT", 2),
        ({"RCPT": ["550 5.1.1 nobody"], "DATA": [None]}, "RCPT", 2),
        ({"RCPT": ["550 5.1.1 nobody"]}, "RCPT", 1),
        ({"RCPT": ["550 5.1.1 nobody"], "RSET": ["500 what?"]}, "RCPT", 2),
        ({"MAIL": ["451 later"], "RCPT": ["503 first"], "DATA": ["503 first"]}, "MAIL", 1),
        # A recipient that was taken after all must not get an empty mail.
        ({"MAIL": ["451 later"], "DATA": ["354 go on"]}, "MAIL", 2),
        ({"RCPT": ["what?"], "DATA": ["354 go on"]}, "RCPT", 2),
        ({"DATA": ["451 later"]}, "DATA", 1),
        ({"DATA": ["250 what?"]}, "DATA", 2),
    ],
)
def test_a_refusal_in_the_middle_of_a_pipeline(
    way_out: WayOut, script: dict[str, list[str | None]], phase: str, connections: int
) -> None:
    with Sink("PIPELINING", **script) as sink:
        transport = way_out(sink)
        refused = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("there was a licence"))
        assert refused.phase == phase
        assert sink.accepted == []
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)]
    assert sink.seen.count("connect") == connections


def test_whoever_hangs_up_during_the_body_gets_no_dot(way_out: WayOut) -> None:
    with Sink() as sink:
        transport = way_out(sink)
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
        server = transport._server
        assert server
        write = server.send

        def drop_behind(data: bytes) -> None:
            write(data)
            if data.startswith(b"Subject"):
                for connection in sink._connections:
                    connection.shutdown(socket.SHUT_RDWR)

        server.send = drop_behind  # type: ignore[method-assign,assignment]
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("asked for a licence"))
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "body")


def test_a_mail_refused_before_its_dot_gets_none(way_out: WayOut) -> None:
    with Sink(DATA=["354 go on\r\n552 5.3.4 too big"]) as sink:
        transport = way_out(sink)
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("asked for a licence"))
    assert (outcome.result, outcome.code, sink.accepted) == (Result.REFUSED, 552, [])


def test_an_answer_left_over_is_not_taken_for_the_dots(way_out: WayOut) -> None:
    with Sink(DATA=["354 go on\r\n250 2.0.0 the one before"]) as sink:
        transport = way_out(sink)
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("asked for a licence"))
    assert (outcome.result, sink.accepted) == (Result.UNREACHED, [])


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_one_byte_at_a_time(way_out: WayOut, extensions: tuple[str, ...]) -> None:
    with Sink(*extensions) as sink:
        sink.by_byte = True
        outcome = way_out(sink).send(ENVELOPE, MESSAGE, lambda: True)
    assert outcome.result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)]


def test_a_late_banner_and_a_late_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "STEP_TIMEOUT", 0.1)
    monkeypatch.setattr(smtp, "DOT_TIMEOUT", 0.1)

    def late() -> str:
        time.sleep(0.3)
        return "250 late"

    with Sink(connect=[late]) as sink:
        assert send(sink).phase == "connect"
    with Sink(dot=[late]) as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase) == (Result.UNKNOWN, "dot")


def test_a_refused_login(way_out: WayOut) -> None:
    with Sink("AUTH PLAIN", AUTH=["535 5.7.8 no"]) as sink:
        transport = way_out(sink, user="me", password="wrong")
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, outcome.phase, outcome.code) == (Result.UNREACHED, "connect", 535)


@pytest.mark.parametrize(
    ("extensions", "result"), [(("SMTPUTF8",), Result.ACCEPTED), ((), Result.REFUSED)]
)
def test_a_local_part_beyond_ascii(
    way_out: WayOut, extensions: tuple[str, ...], result: Result
) -> None:
    envelope = Envelope("digest@example.org", "jürgen@bücher.example")
    with Sink(*extensions) as sink:
        transport = way_out(sink)
        outcome = transport.send(envelope, MESSAGE, lambda: True)
        after = transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, after.result) == (result, Result.ACCEPTED)
    if result == Result.ACCEPTED:
        assert b"MAIL FROM:<digest@example.org> SMTPUTF8\r\n" in sink.lines
        assert "RCPT TO:<jürgen@xn--bcher-kva.example>\r\n".encode() in sink.lines
    else:
        assert verdict(outcome) == Verdict.FAIL
        assert "needs SMTPUTF8" in outcome.text


@pytest.mark.parametrize(
    "recipient", ["", "ada", "@example.org", "a\r\nDATA@b.example", "a b@c", "<a>@b.example"]
)
def test_an_address_that_would_break_the_command(way_out: WayOut, recipient: str) -> None:
    with Sink() as sink:
        transport = way_out(sink)
        outcome = transport.send(Envelope("d@e.org", recipient), MESSAGE, lambda: True)
    if recipient:
        assert verdict(outcome) == Verdict.FAIL
        assert "MAIL" not in sink.seen
    assert sink.accepted == []


def test_the_signature_is_on_the_wire_only(way_out: WayOut) -> None:
    with Sink() as sink:
        transport = way_out(sink, lambda message: b"X-Signed: yes\r\n" + message)
        transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert sink.accepted[0][1] == b"X-Signed: yes\r\n" + MESSAGE


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
