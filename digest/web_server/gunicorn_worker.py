"""gunicorn's threaded worker, with every wait for a client in the event loop.

gunicorn's own worker uses a thread for each request whose head or body is still arriving, and its
event loop waits up to two seconds for each client to close a connection: a few slow clients stop
it. Here a thread handles only a request that is received, with up to 64 kB of body. Larger
and chunked bodies are read or refused by the application (see `digest.limits`), and the event loop
sends what a client is slow to read. If there are too many connections, the one that has waited
longest is closed.
"""

import errno
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from gunicorn import util
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from digest.logs import REDACTING, redact_handlers

from .client_socket import CONTINUE, ClientSocket
from .incoming_request import IncomingRequest, Readiness

REQUEST_SECONDS = 20.0  # from the first byte of a request until it is received
RESPONSE_SECONDS = 60.0  # for a client to read a response
LINGER_SECONDS = 2.0  # for a client to read the last response before close
LINGER_BYTES = 1_000_000  # discarded meanwhile; closing on unread bytes would reset the response
STOPPING_SECONDS = 0.5  # for a request that is arriving when the worker stops
MAX_HELD_BYTES = 64_000_000  # of requests and responses of all slow clients
_CHUNK = 65_536
_GONE_BEFORE_ACCEPTED = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)
_OUT_OF_SOMETHING = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class RedactingLogger(Logger):
    """gunicorn's logs without tokens and addresses: requests, referrers and errors, in any format
    and at any destination."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.addFilter(REDACTING)
            redact_handlers(log)


class Connection(TConn):
    """One client's connection, and what the event loop waits for on it."""

    def __init__(self, cfg: Config, sock: socket.socket, client: object, server: object) -> None:
        super().__init__(cfg, ClientSocket(sock), client, server)
        self.incoming = IncomingRequest(cfg, client)
        self.is_streaming = False
        self.is_reading = False
        self.deadline = 0.0
        self.held = 0  # bytes
        self.drained = 0


class Worker(ThreadWorker):
    """Handles requests in threads, and waits for slow clients in the event loop."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Connections that wait for their clients, in the order in which they began.
        self._waiting: dict[Connection, None] = {}
        self._held = 0
        self._next_sweep = 0.0

    # --- from a connection to a request

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; close the oldest waiting ones if there are too many."""
        try:
            sock, client = listener.accept()
        except OSError as wrong:
            if wrong.errno in _OUT_OF_SOMETHING:
                self._drop_oldest()
            elif wrong.errno not in _GONE_BEFORE_ACCEPTED:
                raise
            return
        self.nr_conns += 1
        while self.nr_conns >= self.worker_connections and self._drop_oldest():
            pass
        conn = Connection(self.cfg, sock, client, listener.getsockname())
        self._guarded(conn, self._await_request)

    def _await_request(self, conn: Connection, seconds: float = REQUEST_SECONDS) -> None:
        """Wait for a request, of which some bytes may be received already."""
        conn.init()
        conn.incoming = IncomingRequest(self.cfg, conn.client)
        self._wait(conn, selectors.EVENT_READ, self._receive, seconds)
        conn.is_reading = True
        if begun := conn.parser.unreader.take_buffered():
            self._add(conn, begun)

    def _receive(self, conn: Connection) -> None:
        data = conn.sock.recv_now(_CHUNK)
        if not data:
            self._drop(conn)
            return
        if not len(conn.incoming):
            conn.deadline = time.monotonic() + REQUEST_SECONDS
        self._add(conn, data)

    def _add(self, conn: Connection, data: bytes) -> None:
        """Append to the request; pass it to a thread if it is received."""
        ready = conn.incoming.add(data)
        if ready is Readiness.INCOMPLETE:
            if conn.incoming.wants_continue:
                conn.incoming.wants_continue = False
                conn.sock.send(CONTINUE)
            self._hold(conn, len(conn.incoming))
            return
        self._stop_waiting(conn)
        if ready is Readiness.TOO_LARGE:
            util.write_error(
                conn.sock, 431, "Request Header Fields Too Large", "The address is too long."
            )
            self._send_rest(conn, keep_open=False)
            return
        conn.is_streaming = ready is Readiness.STREAMING
        conn.sock.begin(wants_continue=conn.incoming.wants_continue)
        conn.parser.unreader.unread(conn.incoming.take())
        conn.data_ready = True
        self.enqueue_req(conn)

    # --- from a request to an answer (in a thread)

    def handle_request(self, req: Request, conn: Connection) -> bool:
        """Answer one request."""
        req._expected_100_continue = False  # ClientSocket sends it when the body is read
        if conn.is_streaming:
            # The unread rest of the body must not be parsed as a request.
            req.force_close()
        return bool(super().handle_request(req, conn))

    def handle_error(self, req: object, client: object, addr: object, exc: BaseException) -> None:
        """Answer invalid HTTP; neither the address nor the path is logged."""
        super().handle_error(None, client, ("a client", 0), exc)

    # --- from an answer to the next request, or to the end

    def finish_request(self, conn: Connection, fs: "Future[object]") -> None:
        """Continue with a connection whose request was answered."""
        try:
            keep_open = bool(not fs.cancelled() and fs.result())
        except Exception:
            keep_open = False
        self._guarded(conn, partial(self._send_rest, keep_open=keep_open))

    def _send_rest(self, conn: Connection, keep_open: bool) -> None:
        """Send the rest of the response; then wait for the next request, or close."""
        if not conn.sock.flush():
            if conn not in self._waiting:
                send = partial(self._send_rest, keep_open=keep_open)
                self._wait(conn, selectors.EVENT_WRITE, send, RESPONSE_SECONDS)
            self._hold(conn, conn.sock.unsent)
            return
        self._stop_waiting(conn)
        if keep_open and self.alive:
            self._await_request(conn, self.cfg.keepalive)
        else:
            # RFC 9112 9.6: close the sending half first, the rest after the client's half.
            conn.sock.shutdown(socket.SHUT_WR)
            self._wait(conn, selectors.EVENT_READ, self._drain, LINGER_SECONDS)

    def _drain(self, conn: Connection) -> None:
        data = conn.sock.recv_now(_CHUNK)
        conn.drained += len(data)
        if not data or conn.drained > LINGER_BYTES:
            self._drop(conn)

    # --- waiting

    def _wait(
        self, conn: Connection, event: int, act: Callable[[Connection], None], seconds: float
    ) -> None:
        """Call `act` whenever the client is ready for the event; give up after `seconds`."""
        conn.deadline = time.monotonic() + seconds
        self._waiting[conn] = None
        self.poller.register(conn.sock, event, partial(self._on_ready, conn, act))

    def _on_ready(
        self, conn: Connection, act: Callable[[Connection], None], _socket: object
    ) -> None:
        # Another event of the same round may have closed it.
        if conn in self._waiting:
            self._guarded(conn, act)

    def _guarded(self, conn: Connection, act: Callable[[Connection], None]) -> None:
        """Drop a connection that raises OSError."""
        try:
            act(conn)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(conn)

    def _hold(self, conn: Connection, size: int) -> None:
        """Note the bytes buffered for a connection; drop the oldest ones above MAX_HELD_BYTES."""
        self._held += size - conn.held
        conn.held = size
        while self._held > MAX_HELD_BYTES and self._drop_oldest():
            pass

    def _stop_waiting(self, conn: Connection) -> None:
        self._held -= conn.held
        conn.held, conn.is_reading = 0, False
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        """Close a connection at once."""
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.sock.close()

    def _drop_oldest(self) -> bool:
        """Close the connection that has waited longest; False if none waits."""
        for conn in self._waiting:
            self._drop(conn)
            return True
        return False

    def murder_pending(self) -> None:
        """Close connections past their deadline; gunicorn calls this in each round of the loop."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + min(1.0, STOPPING_SECONDS)
        for conn in [conn for conn in self._waiting if conn.deadline <= now]:
            self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """On shutdown: wait only for requests that are arriving."""
        soon = time.monotonic() + STOPPING_SECONDS
        for conn in self._waiting:
            if conn.is_reading:
                conn.deadline = min(conn.deadline, soon)
