"""The SMTP transport against a server that fails at every step."""

import socket
import time

import pytest

from digest.mail.smtp import client, pool
from digest.mail.transport import Result
from tests.mail.transports import ENVELOPE, MESSAGE, MakeTransport, send
from tests.support.sink import Sink


def test_a_mail_arrives_byte_for_byte() -> None:
    with Sink() as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase, outcome.code) == (Result.ACCEPTED, "dot", 250)
    assert sink.accepted == [("ada@example.org", MESSAGE)]


@pytest.mark.parametrize("code", [200, 211, 220, 249, 251, 252, 299, 354])
def test_only_250_to_the_dot_is_an_acceptance(code: int) -> None:
    """S2; RFC 5321 4.3.2 knows no other success of DATA."""
    with Sink(dot=[f"{code} 2.0.0 ok"]) as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase, outcome.code) == (Result.UNKNOWN, "dot", code)


def test_the_connection_is_kept() -> None:
    with Sink() as sink:
        send(sink, times=3)
    assert len(sink.accepted) == 3
    assert sink.seen.count("connect") == 1


def test_without_a_permit_no_dot_is_written() -> None:
    with Sink() as sink:
        assert send(sink, permit=False).result == Result.NO_PERMIT
        assert send(sink).result == Result.ACCEPTED
    assert "dot" in sink.seen
    assert len(sink.accepted) == 1


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_permit_that_cannot_be_asked_for_leaves_no_half_mail(
    make_transport: MakeTransport, extensions: tuple[str, ...]
) -> None:
    def broken() -> bool:
        raise RuntimeError("the database is away")

    with Sink(*extensions) as sink:
        transport = make_transport(sink)
        with pytest.raises(RuntimeError):
            transport.send(ENVELOPE, MESSAGE, broken)
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)]


def test_the_permit_is_asked_after_the_body_and_before_the_dot(
    make_transport: MakeTransport,
) -> None:
    with Sink() as sink:
        seen_then: list[str] = []

        def permit() -> bool:
            seen_then.extend(sink.seen)
            return True

        transport = make_transport(sink)
        transport.send(ENVELOPE, MESSAGE, permit)
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
def test_every_ending_has_its_own_outcome(
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
    monkeypatch.setattr(pool, "IDLE", 0.0)
    with Sink(NOOP=[None]) as sink:
        assert send(sink, times=2).result == Result.ACCEPTED
    assert len(sink.accepted) == 2
    assert sink.seen.count("connect") == 2


def test_a_busy_connection_is_not_asked_for_its_health() -> None:
    with Sink() as sink:
        send(sink, times=3)
    assert not {"NOOP", "RSET"} & set(sink.seen)


def test_a_connection_takes_a_hundred_mails_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_MAILS", 2)
    with Sink() as sink:
        send(sink, times=5)
    assert len(sink.accepted) == 5
    assert sink.seen.count("connect") == 3


def test_a_relay_that_hangs_up_during_the_body_gets_no_dot(make_transport: MakeTransport) -> None:
    with Sink() as sink:
        transport = make_transport(sink)
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
        server = transport._kept[-1]._server
        assert server
        write = server.send_some

        def drop_behind(content: memoryview) -> memoryview:
            left = write(content)
            for client in sink._connections:
                client.shutdown(socket.SHUT_RDWR)
            return left

        server.send_some = drop_behind  # type: ignore[method-assign]
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("asked for a permit"))
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "body")


def test_a_mail_refused_before_its_dot_gets_none(make_transport: MakeTransport) -> None:
    with Sink(DATA=["354 go on\r\n552 5.3.4 too big"]) as sink:
        transport = make_transport(sink)
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("asked for a permit"))
    assert (outcome.result, outcome.code, sink.accepted) == (Result.REFUSED, 552, [])


def test_a_reply_left_over_is_not_taken_for_the_dots(make_transport: MakeTransport) -> None:
    with Sink(DATA=["354 go on\r\n250 2.0.0 the one before"]) as sink:
        transport = make_transport(sink)
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("asked for a permit"))
    assert (outcome.result, sink.accepted) == (Result.UNREACHED, [])


def test_a_late_banner_and_a_late_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def late() -> str:
        time.sleep(0.3)
        return "250 late"

    with monkeypatch.context() as patch, Sink(connect=[late]) as sink:
        patch.setattr(client, "STEP_TIMEOUT", 0.1)
        assert send(sink).phase == "connect"
    monkeypatch.setattr(client, "DOT_TIMEOUT", 0.1)
    with Sink(dot=[late]) as sink:
        outcome = send(sink)
    assert (outcome.result, outcome.phase) == (Result.UNKNOWN, "dot")


def test_a_refused_login(make_transport: MakeTransport) -> None:
    with Sink("AUTH PLAIN", AUTH=["535 5.7.8 no"]) as sink:
        transport = make_transport(sink, user="me", password="wrong")
        outcome = transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, outcome.phase, outcome.code) == (Result.UNREACHED, "connect", 535)


def test_the_signature_is_on_the_wire_only(make_transport: MakeTransport) -> None:
    with Sink() as sink:
        transport = make_transport(sink, lambda message: b"X-Signed: yes\r\n" + message)
        transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert sink.accepted[0][1] == b"X-Signed: yes\r\n" + MESSAGE


def test_a_refused_connection() -> None:
    with Sink() as sink:
        pass
    outcome = send(sink)
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "connect")
