"""A web server on the loopback interface that sends, byte for byte, what a test prescribes."""

import contextlib
import gzip
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[socket.socket], None]


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    """Return a whole answer; header names are written with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Content-Length": str(len(body)), "Connection": "close"} | named
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return raw(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)


def raw(data: bytes) -> Answer:
    return lambda connection: connection.sendall(data)


def moved(to: str, status: int = 301) -> Answer:
    return reply(status, Location=to)


def zipped(body: bytes, **headers: str) -> Answer:
    return reply(body=gzip.compress(body), Content_Encoding="gzip", **headers)


def trickle(data: bytes, seconds: float, pause: float = 0.02) -> Answer:
    """Send a byte at a time, for that long."""

    def say(connection: socket.socket) -> None:
        until, place = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            connection.sendall(data[place % len(data) : place % len(data) + 1])
            place += 1
            time.sleep(pause)

    return say


def endless(block: bytes = b"x" * 65536) -> Answer:
    def say(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(block)

    return say


def silent(seconds: float) -> Answer:
    return lambda connection: time.sleep(seconds)


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)


class WebServer:
    """Answers by path, in the order given; the last answer is repeated. `otherwise` answers what
    no path was prescribed for.
    """

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.port = 0
        self.open_now = self.most_open = 0
        self.otherwise: Callable[[Request], Answer] = lambda asked: reply(404)
        self._answers: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.asked]

    def answer(self, path: str, *answers: Answer) -> str:
        """Prescribe the answers to requests for that path; return its address."""
        self._answers[path] = list(answers)
        return self.url + path

    def next_answer(self, asked: Request) -> Answer:
        with self._lock:
            self.asked.append(asked)
            answers = self._answers.get(asked.path) or [self.otherwise(asked)]
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def forget(self) -> None:
        """Drop all recorded requests and prescribed answers."""
        self.asked.clear()
        self._answers.clear()
        self.otherwise = lambda asked: reply(404)
        self.most_open = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        with self._lock:
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
        try:
            yield
        finally:
            with self._lock:
                self.open_now -= 1


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """The server on a free port, stopped at the end."""
    said = WebServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), said.counted():
                path = self.rfile.readline().decode().split()[1]
                headers = dict(self._headers())
                said.next_answer(Request(path, headers))(self.connection)

        def _headers(self) -> Iterator[tuple[str, Any]]:
            while line := self.rfile.readline().decode().strip():
                name, _, value = line.partition(":")
                yield name.lower(), value.strip()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

        def get_request(self) -> tuple[socket.socket, Any]:
            plain, address = super().get_request()
            if tls is None:
                return plain, address
            plain.settimeout(5)
            return tls.wrap_socket(plain, server_side=True), address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignore clients that hang up: this is no fault of the server."""

    with Server(("127.0.0.1", 0), Handler) as server:
        said.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield said
        server.shutdown()
        thread.join()
