"""MAIL, RCPT and DATA in one write (RFC 2920), and what a refusal in the middle leaves."""

import socket

import pytest

from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import Result
from tests.mail.transports import ENVELOPE, MESSAGE, MakeTransport, send
from tests.support.sink import Sink


def spied(transport: SmtpTransport) -> list[bytes]:
    """Record the writes of an open transport from now on."""
    server, written = transport._kept[-1]._server, []
    assert server
    write, write_some = server.send, server.send_some

    def send(data: bytes) -> None:
        written.append(data)
        write(data)

    def send_some(content: memoryview) -> memoryview:
        written.append(bytes(content))
        return write_some(content)

    server.send, server.send_some = send, send_some  # type: ignore[method-assign,assignment]
    return written


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_no_mail_waits_for_an_acknowledgement(
    make_transport: MakeTransport, extensions: tuple[str, ...]
) -> None:
    with Sink(*extensions) as sink:
        transport = make_transport(sink)
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
        server = transport._kept[-1]._server
        assert server
        # Nagle's algorithm would hold each small write back until the one before is acknowledged.
        assert server.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


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


def test_mail_rcpt_and_data_leave_in_one_write(make_transport: MakeTransport) -> None:
    with Sink("PIPELINING") as sink:
        transport = make_transport(sink)
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
    make_transport: MakeTransport, script: dict[str, list[str | None]], phase: str, connections: int
) -> None:
    with Sink("PIPELINING", **script) as sink:
        transport = make_transport(sink)
        refused = transport.send(ENVELOPE, MESSAGE, lambda: pytest.fail("there was a permit"))
        assert refused.phase == phase
        assert sink.accepted == []
        assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)]
    assert sink.seen.count("connect") == connections


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_one_byte_at_a_time(make_transport: MakeTransport, extensions: tuple[str, ...]) -> None:
    with Sink(*extensions) as sink:
        sink.by_byte = True
        outcome = make_transport(sink).send(ENVELOPE, MESSAGE, lambda: True)
    assert outcome.result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)]
