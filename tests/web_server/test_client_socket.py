"""No client blocks a thread: unread output is buffered, and waiting for input is limited."""

import socket
from collections.abc import Iterator

import pytest

from digest.web_server import client_socket
from digest.web_server.client_socket import CONTINUE, MAX_UNSENT_BYTES, ClientSocket


@pytest.fixture
def pair() -> Iterator[tuple[ClientSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(10)
        yield ClientSocket(ours), theirs


def read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += client.recv(size - len(data))
    return data


def test_an_answer_that_nobody_reads_yet_is_kept(pair: tuple[ClientSocket, socket.socket]) -> None:
    ours, client = pair
    answer = bytes(range(250)) * 4_000
    ours.sendall(answer[:500_000])
    ours.sendall(answer[500_000:])
    assert 0 < ours.unsent <= MAX_UNSENT_BYTES
    assert not ours.flush()
    received = b""
    while len(received) < len(answer):
        received += read(client, min(10_000, len(answer) - len(received)))
        ours.flush()
    assert received == answer
    assert ours.unsent == 0


def test_a_client_that_never_reads_is_given_up(
    pair: tuple[ClientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_socket, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(client_socket, "MIN_RATE", 10**12)
    with pytest.raises(TimeoutError):
        pair[0].sendall(b"x" * (MAX_UNSENT_BYTES * 2))


def test_a_client_that_sends_too_slowly_is_given_up(
    pair: tuple[ClientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_socket, "GRACE_SECONDS", 0.0)
    ours, client = pair
    client.send(b"a")
    assert ours.recv(10) == b"a"
    with pytest.raises(TimeoutError):
        ours.recv(10)


def test_a_timeout_of_the_caller_counts(pair: tuple[ClientSocket, socket.socket]) -> None:
    pair[0].settimeout(0.0)
    with pytest.raises(TimeoutError):
        pair[0].recv(1)


def test_a_body_is_asked_for_when_it_is_wanted(pair: tuple[ClientSocket, socket.socket]) -> None:
    ours, client = pair
    ours.begin(wants_continue=True)
    ours.settimeout(0.0)
    with pytest.raises(TimeoutError):
        ours.recv(1)
    assert read(client, len(CONTINUE)) == CONTINUE
    assert not ours.wants_continue
