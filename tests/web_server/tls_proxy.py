"""A TLS proxy in front of the web server, as in the README, for tests in a browser."""

import contextlib
import http.client
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


class _Forwarding(BaseHTTPRequestHandler):
    """Hands each request on, and says that it came by HTTPS and from whom."""

    upstream = 0

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        fields = dict(self.headers.items())
        fields |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.client_address[0]}
        onward = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=30)
        # Closed before the client is answered, which may have gone.
        with contextlib.closing(onward):
            onward.request(self.command, self.path, self.rfile.read(length), fields)
            answer = onward.getresponse()
            body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def tls_proxy(port: int, upstream: int, papers: tuple[Path, Path]) -> Iterator[None]:
    """Listen on the port with a certificate and its key, and forward to the upstream's port."""
    handler = type("Handler", (_Forwarding,), {"upstream": upstream})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*papers)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
