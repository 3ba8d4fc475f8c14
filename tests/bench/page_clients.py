"""HTTP clients that cost little processor time: one kept connection each, requests made before."""

import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Answer:
    """One response as it came: `body` may be compressed."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def size(self) -> int:
        """Bytes transferred."""
        return len(self.head) + len(self.body)


class Client:
    """A client with one connection, which is opened again if the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        """Send one request; return the whole response."""
        start = time.perf_counter()
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), timeout=300)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.sendall(request)
        head, body = _read(self._connection)
        seconds = time.perf_counter() - start
        if b"\r\nConnection: close" in head:
            self.close()
        return Answer(int(head[9:12]), head, body, seconds)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _read(connection: socket.socket) -> tuple[bytes, bytes]:
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        if not (more := connection.recv(65_536)):
            raise ConnectionError(f"The server closed the connection after {bytes(data)!r}.")
        data += more
    head = bytes(data[: end + 4])
    _, _, length = head.lower().partition(b"\r\ncontent-length: ")
    wanted = end + 4 + int(length.partition(b"\r\n")[0])
    while len(data) < wanted:
        if not (more := connection.recv(65_536)):
            raise ConnectionError("The server closed the connection within a response.")
        data += more
    return head, bytes(data[end + 4 :])


def get(path: str, encoding: str = "gzip, deflate, br") -> bytes:
    """A GET request as a browser sends it."""
    return _request("GET", path, f"Accept-Encoding: {encoding}")


def post(path: str, values: dict[str, str], *fields: str) -> bytes:
    """A POST request of a form."""
    body = urlencode(values).encode()
    kind = "Content-Type: application/x-www-form-urlencoded"
    usual = (kind, f"Content-Length: {len(body)}", "Accept-Encoding: gzip, deflate, br")
    return _request("POST", path, *usual, *fields) + body


def _request(method: str, path: str, *fields: str) -> bytes:
    usual = ("Host: localhost", "Accept: text/html")
    return "\r\n".join((f"{method} {path} HTTP/1.1", *usual, *fields, "", "")).encode()


@dataclass(frozen=True, slots=True)
class Load:
    """What many clients at once got, and what asking cost this process."""

    answers: int
    seconds: float
    processor: float
    p95: float

    @property
    def rate(self) -> float:
        """Responses a second."""
        return self.answers / self.seconds


def p95(seconds: Iterable[float]) -> float:
    """The value that 95 % do not exceed."""
    known = sorted(seconds)
    return known[max(0, -(-len(known) * 95 // 100) - 1)]


def run_clients(port: int, clients: int, requests: Sequence[bytes], seconds: float) -> Load:
    """Let so many clients ask in turn for these pages, each without a pause, for so long.

    Raises AssertionError for any response but 200.
    """
    spent: list[float] = []
    failures: list[object] = []
    start, processor = time.perf_counter(), time.process_time()

    def ask(turn: int) -> None:
        client = Client(port)
        try:
            while time.perf_counter() < start + seconds:
                answer = client.ask(requests[turn % len(requests)])
                assert answer.status == 200, answer
                spent.append(answer.seconds)
                turn += 1
        except (AssertionError, OSError) as failure:
            failures.append(failure)
        finally:
            client.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    assert not failures, failures[0]
    return Load(len(spent), took, time.process_time() - processor, p95(spent))
