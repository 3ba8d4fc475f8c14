"""Replies that arrive in pieces, too slowly or without an end; bodies with dots."""

import smtplib
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp.connection import MOST_REPLY, ReplyReader, dot_stuffed

Pair = tuple[socket.socket, ReplyReader]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The server's end of a socket pair, and the reader of the client's."""
    server, client = socket.socketpair()
    client.settimeout(0.2)
    with server, client:
        yield server, ReplyReader(client)


def test_a_reply_is_whole_with_its_last_line(pair: Pair) -> None:
    server, replies = pair
    for piece, whole in [
        (b"25", False),
        (b"0-one\r\n", False),
        (b"250 tw", False),
        (b"o\r\n", True),
    ]:
        server.sendall(piece)
        assert replies.has_whole_reply() == whole
        assert replies.has_input()
    assert [replies.readline(), replies.readline()] == [b"250-one\r\n", b"250 two\r\n"]
    assert not replies.has_input()


def test_replies_that_came_together_are_read_one_by_one(pair: Pair) -> None:
    server, replies = pair
    server.sendall(b"250 ok\r\n250-a\r\n250 b\r\n354 go")
    assert replies.has_whole_reply()
    assert replies.readline() == b"250 ok\r\n"
    assert replies.has_whole_reply()
    assert replies.readline() + replies.readline() == b"250-a\r\n250 b\r\n"
    assert not replies.has_whole_reply()


@pytest.mark.parametrize("said", [b"", b"25", b"250-one\r\n"])
def test_the_end_is_not_waited_for(pair: Pair, said: bytes) -> None:
    server, replies = pair
    server.sendall(said)
    server.close()
    _until_whole(replies)
    lines = list(iter(replies.readline, b""))
    assert b"".join(lines) == (said if said.endswith(b"\n") else b"")


def test_a_reply_has_one_timeout_for_all_its_lines(pair: Pair) -> None:
    server, replies = pair
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.05):
            server.sendall(b"250-one more\r\n")

    dripping = threading.Thread(target=drip)
    dripping.start()
    with pytest.raises(TimeoutError):  # else it reads on until the test's own time is up
        list(iter(replies.readline, b""))
    stop.set()
    dripping.join()


@pytest.mark.parametrize("line", [b"250-and so on\r\n", b"x"])
def test_a_reply_without_an_end_is_given_up(pair: Pair, line: bytes) -> None:
    server, replies = pair
    flood = threading.Thread(target=lambda: _flood(server, line))
    flood.start()
    for read in (lambda: list(iter(replies.readline, b"")), lambda: _until_whole(replies)):
        with pytest.raises(smtplib.SMTPResponseException, match="no end"):
            read()
    server.shutdown(socket.SHUT_RDWR)
    flood.join()


def _until_whole(replies: ReplyReader) -> None:
    while not replies.has_whole_reply():
        pass


def _flood(server: socket.socket, line: bytes) -> None:
    try:
        while True:
            server.sendall(line * (MOST_REPLY // len(line)))
    except OSError:
        pass


LINES = st.lists(st.sampled_from([b".", b"..", b"\r\n", b"a", b"\r\n.", b" "])).map(b"".join)


@given(LINES)
def test_dots_are_doubled_as_the_library_does(body: bytes) -> None:
    whole = body if body.endswith(b"\r\n") else body + b"\r\n"
    assert dot_stuffed(body) == smtplib._quote_periods(whole)  # type: ignore[attr-defined]
