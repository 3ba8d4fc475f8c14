"""The real web server on a data folder of its own, and clients that speak to it byte by byte."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.servers import free_port, listens, wait_until
from tests.support.site import ROOT, Site

COMMAND = (sys.executable, "-m", "gunicorn", "-c", "python:digest.web_server.gunicorn_config")


class WebServer:
    """A running server. `output` is what it has written."""

    def __init__(self, site: Site, port: int) -> None:
        self.site, self.port = site, port
        self._log = site.folder / "web.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                COMMAND,
                cwd=ROOT,
                env=site.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def connect(self) -> socket.socket:
        client = socket.socket()
        client.settimeout(30)
        # What is not read waits at the server, not here.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", self.port))
        return client

    def ask(self, request: bytes) -> bytes:
        """The answer to one request on a connection of its own, up to its end."""
        with self.connect() as client:
            client.sendall(request)
            return read_all(client)


def read_all(client: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    answer = b""
    while data := client.recv(65_536):
        answer += data
    return answer


def get(path: str, *fields: str) -> bytes:
    return head("GET", path, "Connection: close", *fields)


def head(method: str, path: str, *fields: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", *fields, "", "")
    return "\r\n".join(lines).encode()


@contextlib.contextmanager
def web_server(folder: Path, **settings: str) -> Iterator[WebServer]:
    port = free_port()
    site = Site(folder, PORT=str(port), **settings)
    site.run("migrate", "--verbosity", "0")
    server = WebServer(site, port)
    try:
        wait_until(lambda: listens(port) or server.process.poll() is not None, 60)
        assert server.process.poll() is None, server.output
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
