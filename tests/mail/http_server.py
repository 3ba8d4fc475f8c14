"""A minimal HTTP server of a provider, and one mail that is sent to it."""

import json
import socket
import threading
from typing import Any, Self

from digest.mail.esp import AnymailTransport
from digest.mail.transport import Envelope, Outcome

ENVELOPE = Envelope("digest@example.org", "ada@example.org")
MESSAGE = (
    b"From: digest@example.org\r\nTo: ada@example.org\r\nSubject: 7 papers\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
)


class Listener:
    """Reads each request, answers with `answer`, and closes the connection."""

    def __init__(self) -> None:
        self.answer = b""
        self.taken: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection, connection.makefile("rb") as stream:
                if not (body := _body(stream)):
                    return
                self.taken.append(body)
                connection.sendall(self.answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *wrong: object) -> None:
        """The thread ends at the first connection without a request."""
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join()
        self._socket.close()


def _body(stream: Any) -> bytes:
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.lower().partition(b":")
        length = int(value) if name == b"content-length" else length
    return bytes(stream.read(length))


def answer(status: int, body: Any = "", *fields: str) -> bytes:
    """The bytes of an HTTP answer."""
    content = json.dumps(body)
    head = (f"HTTP/1.1 {status} so", f"Content-Length: {len(content)}", *fields, "", content)
    return "\r\n".join(head).encode()


def sent(transport: AnymailTransport) -> Outcome:
    """The outcome of one mail, for which one permit was requested."""
    permits: list[bool] = []
    outcome = transport.send(ENVELOPE, MESSAGE, lambda: not permits.append(True))  # type: ignore[func-returns-value]
    assert len(permits) == 1
    transport.close()
    return outcome
