"""Bodies on the real server: without a token they are not read, with one they are streamed."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web_server.serving import WebServer, head, read_all, web_server

pytestmark = pytest.mark.slow

MOST = 64_000_000
FORM = "Content-Type: application/x-www-form-urlencoded"
HUGE = "Content-Length: 859000000"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("site"), MAX_DUMP_BYTES=str(MOST)) as server:
        yield server


@pytest.fixture(scope="module")
def bearer(server: WebServer) -> str:
    token = server.site.run("sources", "--new-token", "lab").split()[-1]
    return f"Authorization: Bearer {token}"


REFUSED = {
    "a form": (("/subscribe/", FORM, HUGE), 413),
    "a form of unknown length": (("/subscribe/", FORM, CHUNKED), 411),
    "a form that waits to be asked": (("/link/", FORM, HUGE, "Expect: 100-continue"), 413),
    "a push without a token": (("/api/dumps/", HUGE), 401),
    "a push with a wrong token": (("/api/dumps/", HUGE, "Authorization: Bearer x"), 401),
    "a push of unknown length without a token": (("/api/dumps/", CHUNKED), 401),
    "an upload by nobody": (("/admin/digest/dump/add/", FORM, HUGE), 413),
    "a log-in": (("/admin/login/", FORM, HUGE), 413),
    "a report": (("/api/mail-events/mailgun/", FORM, HUGE), 413),
    "a page that is none": (("/nowhere/", FORM, HUGE), 404),
    "an unsubscribe by no link": (("/unsubscribe/x/", FORM, HUGE), 404),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_answered_before_any_of_it_is_sent(server: WebServer, case: str) -> None:
    (path, *fields), status = REFUSED[case]
    answer = server.ask(head("POST", path, *fields))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer


def test_who_goes_on_sending_still_reads_the_answer(server: WebServer) -> None:
    with server.connect() as client:
        client.sendall(head("POST", "/subscribe/", FORM, HUGE) + b"x" * 500_000)
        assert read_all(client).startswith(b"HTTP/1.1 413 ")


def test_a_token_that_asks_for_too_much_is_told_so_at_once(server: WebServer, bearer: str) -> None:
    answer = server.ask(head("POST", "/api/dumps/", bearer, HUGE))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"859,000,000 bytes" in answer


def test_a_large_dump_is_written_as_it_comes(server: WebServer, bearer: str) -> None:
    piece = b"This is no paper at all.\n" * 40_000
    sent = hashlib.sha256(piece * 60)
    # The first request loads the program.
    server.ask(head("POST", "/api/dumps/", bearer, "Content-Length: 5") + b"hello")
    before = _peak_memory(server)
    with server.connect() as client:
        client.sendall(head("POST", "/api/dumps/", bearer, f"Content-Length: {len(piece) * 60}"))
        for _ in range(60):
            client.sendall(piece)
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert _kept(server, sent.hexdigest()).stat().st_size == len(piece) * 60
    assert _peak_memory(server) - before < 20_000_000  # of 60 MB


def test_a_dump_in_chunks(server: WebServer, bearer: str) -> None:
    with server.connect() as client:
        client.sendall(head("POST", "/api/dumps/", bearer, CHUNKED))
        for _ in range(3):
            client.sendall(b"5\r\nhello\r\n")
        client.sendall(b"0\r\n\r\n")
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert _kept(server, hashlib.sha256(b"hello" * 3).hexdigest()).read_bytes() == b"hello" * 3


def test_chunks_without_end_are_cut(server: WebServer, bearer: str) -> None:
    chunk = b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
    with server.connect() as client:
        client.sendall(head("POST", "/api/dumps/", bearer, CHUNKED))
        for _ in range(MOST // 1_000_000 + 1):
            client.sendall(chunk)
        assert read_all(client).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("body", [b"zz\r\nhello\r\n0\r\n\r\n", b"5\r\nhel"])
def test_chunks_that_are_none(server: WebServer, bearer: str, body: bytes) -> None:
    with server.connect() as client:
        client.sendall(head("POST", "/api/dumps/", bearer, CHUNKED) + body)
        client.shutdown(1)
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "cut off" in json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def _kept(server: WebServer, sha256: str) -> Path:
    [path] = server.site.folder.glob(f"dumps/**/{sha256}*")
    return path


def _peak_memory(server: WebServer) -> int:
    """The most that the worker has held so far, in bytes."""
    parent = server.process.pid
    [worker] = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    status = Path(f"/proc/{worker}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
