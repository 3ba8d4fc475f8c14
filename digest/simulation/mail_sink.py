"""A mail server that takes everything: Postfix's smtp-sink if installed, else one in Python."""

import contextlib
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from digest.runner.process import die_with_parent

from . import process_costs

STARTS_WITHIN = 30.0  # seconds
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class RunningSink:
    """A running sink: its name and port, processor time used and mails accepted so far."""

    def __init__(self, name: str, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.port, self._server, self._log = name, port, server, log

    def processor(self) -> float:
        return process_costs.processor(self._server.pid)

    def accepted(self) -> int:
        """Mails accepted since it started, as last reported."""
        return self._reported(rb"mesg")

    def size(self) -> int:
        """Their size in bytes; reported only by the Python sink."""
        return self._reported(rb"bytes")

    def _reported(self, name: bytes) -> int:
        with self._log.open("rb") as log:  # smtp-sink writes a line for each mail
            log.seek(max(0, log.seek(0, os.SEEK_END) - 400))
            reports = re.findall(name + rb"=(\d+)", log.read())
        return int(reports[-1]) if reports else 0


@contextlib.contextmanager
def sink(*, own: bool = False) -> Iterator[RunningSink]:
    """A sink for the block; `own`: the Python one even if there is a faster one."""
    program = None if own else shutil.which("smtp-sink", path=SEARCH)
    port = _free_port()
    command = [sys.executable, "-m", "digest.simulation.mail_sink", str(port)]
    if program:
        # As root it needs the name of a user to switch to.
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        command = [program, "-c", *user, f"127.0.0.1:{port}", "1000"]
    with tempfile.NamedTemporaryFile() as log:
        parent = os.getpid()
        server = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with_parent(parent),
        )
        try:
            _wait_for(port, server, Path(log.name))
            yield RunningSink(
                Path(program).name if program else "our own", port, server, Path(log.name)
            )
        finally:
            server.terminate()
            server.wait(10)


def raw_rate(port: int, size: int, messages: int = 20_000, sessions: int = 4) -> float | None:
    """Messages of this size a second from postfix's smtp-source, or None if it is missing."""
    program = shutil.which("smtp-source", path=SEARCH)
    if program is None:
        return None
    # -d: connections are kept, as ours are.
    counts = ["-d", "-s", str(sessions), "-m", str(messages), "-l", str(size)]
    start = time.perf_counter()
    subprocess.run(  # noqa: S603
        [program, *counts, "-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"],
        check=True,
    )
    return messages / (time.perf_counter() - start)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until it listens. Raises RuntimeError with its log if it does not."""
    until = time.monotonic() + STARTS_WITHIN
    while not _listens(port):
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the mail server does not start: {log.read_text()}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class _Connection:
    """One connection. Commands may come together (RFC 2920); nothing is ever refused."""

    REPLIES = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n",
               b"QUIT": b"221 bye\r\n"}  # fmt: skip

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.waiting = bytearray()
        self.in_data = False
        self.mails = self.bytes = 0
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"220 sink\r\n")

    def read(self) -> bool:
        """Read and answer commands. Returns False at the end of the connection."""
        try:
            came = self.connection.recv(1 << 20)
            seen = len(self.waiting)
            self.waiting += came
            self.connection.sendall(b"".join(self._answers(seen)))
        except OSError:
            return False
        return bool(came)

    def _answers(self, seen: int) -> Iterator[bytes]:
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            at = self.waiting.find(end, max(seen - len(end), 0))
            if at < 0:
                return
            taken = bytes(self.waiting[:at])
            del self.waiting[: at + len(end)]
            seen = 0
            yield self._mail(taken) if self.in_data else self._command(taken)

    def _mail(self, taken: bytes) -> bytes:
        self.in_data, self.mails, self.bytes = False, self.mails + 1, self.bytes + len(taken)
        return b"250 2.0.0 taken\r\n"

    def _command(self, line: bytes) -> bytes:
        word = line[:4].upper()
        self.in_data = word == b"DATA"
        return self.REPLIES.get(word, b"250 2.1.0 ok\r\n")


def _serve(port: int) -> NoReturn:
    """Accept mails; report their number and size every hundred and after each connection."""
    listener, mails, size, reported = socket.create_server(("127.0.0.1", port)), 0, 0, -1
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ, None)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    session = _Connection(listener.accept()[0])
                    selector.register(session.connection, selectors.EVENT_READ, session)
                    continue
                session, lives = key.data, key.data.read()
                mails, size = mails + session.mails, size + session.bytes
                session.mails = session.bytes = 0
                if not lives:
                    selector.unregister(session.connection)
                    session.connection.close()
                if mails != reported and (not lives or mails >= reported + 100):
                    reported = mails
                    print(f"mesg={mails} bytes={size}", flush=True)  # noqa: T201


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _serve(int(sys.argv[1]))
