"""The real server while a thousand clients keep it waiting."""

import contextlib
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers import wait_until

from .serving import WebServer, get, head, read_all, web_server

pytestmark = pytest.mark.slow

CLIENTS = 1_000
FORM = "Content-Type: application/x-www-form-urlencoded"
WAYS = {
    "nothing sent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: local",
    "half a form": head("POST", "/subscribe/", FORM, "Content-Length: 60000") + b"email=",
    "half a large body": head("POST", "/subscribe/", FORM, "Content-Length: 70000") + b"email=",
    "half a chunk": head("POST", "/subscribe/", FORM, "Transfer-Encoding: chunked") + b"ff\r\nem",
    "a body to be asked for": head(
        "POST", "/api/dumps/", "Expect: 100-continue", "Content-Length: 90000000"
    ),
    "half a second request": head("GET", "/link/") + b"GET / HTTP/1.1\r\n",
    "an answer not read": head("GET", "/static/django_htmx/htmx-2.min.js") * 5,
    "an end not closed": get("/link/"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    # Here they are one client, and it is the server that is asked.
    with web_server(tmp_path_factory.mktemp("site"), LIMITS="pages=none") as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < CLIENTS * 2:
        pytest.skip(f"a process may have no more than {hard} files open here (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, CLIENTS * 2), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def slow_clients(server: WebServer, sent: Callable[[int], bytes]) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(CLIENTS)]
        for number, client in enumerate(clients):
            # A server that has refused a client already may have closed its connection.
            with contextlib.suppress(ConnectionError):
                client.sendall(sent(number))
        yield clients


@pytest.mark.parametrize("way", WAYS)
def test_a_page_is_answered_while_a_thousand_clients_dawdle(server: WebServer, way: str) -> None:
    with slow_clients(server, lambda _: WAYS[way]):
        for _ in range(3):
            assert server.ask(get("/")).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_page_is_answered_while_they_dawdle_in_every_way(server: WebServer) -> None:
    ways = list(WAYS.values())
    with slow_clients(server, lambda number: ways[number % len(ways)]):
        for _ in range(3):
            assert server.ask(get("/")).startswith(b"HTTP/1.1 200 OK\r\n")


def test_who_dawdled_and_then_goes_on_is_answered(server: WebServer) -> None:
    body = b"email=nobody"
    started = head("POST", "/link/", FORM, "Connection: close", f"Content-Length: {len(body)}")
    with server.connect() as client:
        for byte in started + body:
            client.sendall(bytes([byte]))
        # No cookie and no token: the form is refused by a page.
        assert read_all(client).startswith(b"HTTP/1.1 403 ")


def test_requests_sent_at_once_are_answered_in_order(server: WebServer) -> None:
    asked = [head("GET", "/link/"), head("GET", "/nowhere/"), get("/")]
    answer = server.ask(b"".join(asked))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


def test_sigterm_lets_a_request_finish_and_leaves_nothing(tmp_path: Path) -> None:
    with web_server(tmp_path / "site") as server:
        token = server.site.run("sources", "--new-token", "lab").split()[-1]
        body = b"x" * 100_000
        fields = (f"Authorization: Bearer {token}", f"Content-Length: {len(body)}")
        with server.connect() as client:
            client.sendall(head("POST", "/api/dumps/", "Expect: 100-continue", *fields))
            # Now a thread waits for the body.
            assert client.recv(1_000).startswith(b"HTTP/1.1 100 ")
            os.kill(server.process.pid, signal.SIGTERM)
            client.sendall(body)
            assert read_all(client).startswith(b"HTTP/1.1 202 ")
        assert server.process.wait(20) == 0, server.output
        assert "Traceback" not in server.output


def test_kill_9_of_the_parent_ends_the_workers(tmp_path: Path) -> None:
    with web_server(tmp_path / "site") as server:
        assert server.ask(get("/")).startswith(b"HTTP/1.1 200 OK\r\n")
        server.process.kill()
        assert wait_until(lambda: not _group(server.process.pid), 10)


def _group(leader: int) -> list[str]:
    """The living processes of a group, ended ones that nobody waited for left out."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(group) == leader and state != "Z":
                found.append(stat.parent.name)
    return found


def test_no_address_and_no_path_is_logged(server: WebServer) -> None:
    assert server.ask(b"GET /confirm/secret-token/ NOT/HTTP\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert server.ask(get("/" + "x" * 70_000)).startswith(b"HTTP/1.1 431 ")
    assert "127.0.0.1" not in server.output
    assert "secret-token" not in server.output
