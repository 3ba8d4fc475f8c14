"""Mail servers that are slow, answer without end, or have another address than was checked."""

import contextlib
import imaplib
import itertools
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.sources.mailbox import ImapConnection
from tests.support.imap_server import PASSWORD, USER, Box, server_context

HERE = frozenset({"localhost"})
MOST = 1_000_000
SECONDS = 0.5

Answer = Iterator[bytes]


@contextlib.contextmanager
def answering(
    papers: tuple[Path, Path], answer: Callable[[], Answer], pause: float
) -> Iterator[int]:
    """A server that sends these pieces with pauses between them, whatever it is asked; its port."""
    context, stopped = server_context(*papers), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as connection,
            ):
                for piece in answer():
                    connection.sendall(piece)
                    if stopped.wait(pause):
                        break

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_address[1]
        stopped.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def believed(imap_papers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(imap_papers[0]))


def connected(port: int, seconds: float = SECONDS) -> ImapConnection:
    return ImapConnection("localhost", port, time.monotonic() + seconds, HERE, MOST)


def slow_greeting() -> Answer:
    return (b"*" for _ in itertools.count())


def slow_line() -> Answer:
    return itertools.chain([b"* OK ready\r\n"], (b"*" for _ in itertools.count()))


def slow_literal() -> Answer:
    start = b"* OK ready\r\n", b"* 1 FETCH (UID 1 BODY[] {900000}\r\n"
    return itertools.chain(start, (b"x" for _ in itertools.count()))


def slow_lines() -> Answer:
    return itertools.chain([b"* OK ready\r\n"], (b"* OK wait\r\n" for _ in itertools.count()))


@pytest.mark.parametrize("answer", [slow_greeting, slow_line, slow_literal, slow_lines])
def test_a_byte_at_a_time_does_not_make_the_time_longer(
    imap_papers: tuple[Path, Path], answer: Callable[[], Answer]
) -> None:
    with answering(imap_papers, answer, 0.05) as port:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            connected(port).uid("FETCH", "1", "(BODY.PEEK[])")
        assert time.monotonic() - begun < SECONDS + 1


def test_a_handshake_that_does_not_end(imap_papers: tuple[Path, Path]) -> None:
    """The server's half of the handshake arrives a byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def trickle() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16,384 bytes
                while not done.wait(0.05):
                    connection.sendall(b"\x02")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(OSError):
            connected(listening.getsockname()[1])
        assert time.monotonic() - begun < SECONDS + 1
        done.set()
        thread.join()


def endless_literals() -> Answer:
    one = b"* 1 FETCH (UID 1 BODY[] {100000}\r\n" + b"x" * 100_000 + b")\r\n"
    return itertools.chain([b"* OK ready\r\n"], itertools.repeat(one))


def huge_literal() -> Answer:
    return iter([b"* OK ready\r\n", b"* 1 FETCH (UID 1 BODY[] {999999999999}\r\n"])


def endless_lines() -> Answer:
    return itertools.chain(
        [b"* OK ready\r\n"], itertools.repeat(b"* OK " + b"x" * 100_000 + b"\r\n")
    )


@pytest.mark.parametrize("answer", [endless_literals, huge_literal, endless_lines])
def test_an_answer_without_end_is_not_read(
    imap_papers: tuple[Path, Path], answer: Callable[[], Answer]
) -> None:
    with (
        answering(imap_papers, answer, 0) as port,
        pytest.raises(imaplib.IMAP4.abort, match="too long"),
    ):
        connected(port, 20).uid("FETCH", "1", "(BODY.PEEK[])")


def test_each_answer_may_be_as_long_as_that(box: Box) -> None:
    box.put(*[b"x" * 600_000] * 3)
    connection = connected(box.port, 20)
    connection.login(f'"{USER}"', PASSWORD)
    connection.select('"INBOX"')
    for uid in "123":
        assert connection.uid("FETCH", uid, "(BODY.PEEK[])")[0] == "OK"
    connection.logout()


def test_the_name_is_looked_up_once(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was checked is what is connected to: a second answer would be another address."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert connected(box.port, 20).logout()[0] == "BYE"
    assert [host for host in asked if host != "127.0.0.1" and host != "::1"] == ["localhost"]


def test_a_certificate_of_another_name_is_refused(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more)
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        ImapConnection(
            "mail.example", box.port, time.monotonic() + 5, frozenset({"mail.example"}), MOST
        )
