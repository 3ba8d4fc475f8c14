"""A client's socket for the application's threads, which waits for slow clients only briefly."""

import select
import socket
import time

GRACE_SECONDS = 30.0
MIN_RATE = 4_096  # bytes a second that a client must reach after GRACE_SECONDS
MAX_UNSENT_BYTES = 1_000_000
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ClientSocket:
    """Wraps a non-blocking socket with the methods that gunicorn calls on a blocking one.

    `recv` waits only as long as the client reaches MIN_RATE. `sendall` takes up to
    MAX_UNSENT_BYTES that the client does not read yet; `flush` sends them later, from the event
    loop.
    """

    def __init__(self, wrapped: socket.socket) -> None:
        wrapped.setblocking(False)
        self._socket = wrapped
        self._unsent = bytearray()
        self._timeout: float | None = None
        self._begun, self._received = time.monotonic(), 0
        self.wants_continue = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._socket, name)

    @property
    def unsent(self) -> int:
        """Number of bytes that `flush` has yet to send."""
        return len(self._unsent)

    def begin(self, *, wants_continue: bool) -> None:
        """Start the time of a request. `wants_continue`: the client sent `Expect: 100-continue`."""
        self._begun, self._received = time.monotonic(), 0
        self.wants_continue = wants_continue

    def setblocking(self, flag: bool) -> None:
        """Only reset the timeout: the wrapped socket never blocks."""
        self._timeout = None

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def gettimeout(self) -> float | None:
        return self._timeout

    def recv_now(self, size: int) -> bytes:
        """Return up to `size` received bytes. Raises BlockingIOError if there are none."""
        return self._socket.recv(size)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return up to `size` bytes. Raises TimeoutError if the client is too slow."""
        while True:
            try:
                data = self._socket.recv(size, flags)
            except BlockingIOError:
                self._wait_for_data()
            else:
                self._received += len(data)
                return data

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send or buffer all of it. Raises TimeoutError if the client reads too slowly."""
        self._unsent += data
        self.flush()
        until = time.monotonic() + GRACE_SECONDS + len(data) / MIN_RATE
        while len(self._unsent) > MAX_UNSENT_BYTES:
            self._wait(select.POLLOUT, until - time.monotonic())
            self.flush()

    def flush(self) -> bool:
        """Send what the socket accepts now; return whether nothing is left. Raises OSError."""
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return False
            del self._unsent[:sent]
        return True

    def _wait_for_data(self) -> None:
        if self.wants_continue:
            self.wants_continue = False
            self.sendall(CONTINUE)
        allowed = GRACE_SECONDS + self._received / MIN_RATE
        left = self._begun + allowed - time.monotonic()
        self._wait(select.POLLIN, left if self._timeout is None else min(left, self._timeout))

    def _wait(self, event: int, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        if seconds <= 0 or not poll.poll(seconds * 1000):
            raise TimeoutError("The client is too slow.")
