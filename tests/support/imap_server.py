"""An IMAP server on loopback: enough of IMAP4rev1 over TLS for one folder of messages."""

import contextlib
import re
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

USER, PASSWORD = "listings", 'pass "word" \\'


class Box:
    """The messages by UID, which of them are seen, and the commands received."""

    def __init__(self) -> None:
        self.messages: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.refused: set[int] = set()  # messages that the server fails to return
        self.gone: set[int] = set()  # messages expunged after they had been listed
        self.commands: list[str] = []
        self.port = 0
        self.folder = "INBOX"

    def put(self, *messages: bytes) -> None:
        for message in messages:
            self.messages[len(self.messages) + 1] = message

    def answer(self, command: str) -> tuple[bytes, str]:
        """Return what precedes the tagged line, and its status."""
        self.commands.append(command)
        verb = command.upper()
        if verb == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n", "OK"
        if verb.startswith("LOGIN"):
            wanted = '"{}" "{}"'.format(USER, PASSWORD.replace("\\", r"\\").replace('"', r"\""))
            return b"", "OK" if command[6:] == wanted else "NO"
        if verb.startswith("SELECT"):
            return b"* 1 EXISTS\r\n", "OK" if command[7:] == f'"{self.folder}"' else "NO"
        if verb == "UID SEARCH UNSEEN":
            unseen = sorted(self.messages.keys() - self.seen)
            return b"* SEARCH " + " ".join(map(str, unseen)).encode() + b"\r\n", "OK"
        return self._message(command)

    def _message(self, command: str) -> tuple[bytes, str]:
        if (found := re.match(r"UID FETCH (\d+) ", command)) and int(found[1]) in self.gone:
            return b"", "OK"
        if found and int(found[1]) in self.refused:
            return b"", "NO"
        if found := re.match(r"UID FETCH (\d+) \(RFC822.SIZE\)", command):
            uid = int(found[1])
            size = len(self.messages[uid])
            return f"* 1 FETCH (UID {uid} RFC822.SIZE {size})\r\n".encode(), "OK"
        if found := re.match(r"UID FETCH (\d+) \(BODY.PEEK\[\](?:<0\.(\d+)>)?\)", command):
            message = self.messages[int(found[1])][: int(found[2]) if found[2] else None]
            head = f"* 1 FETCH (UID {found[1]} BODY[] {{{len(message)}}}\r\n".encode()
            return head + message + b")\r\n", "OK"
        if found := re.match(r"UID STORE (\d+) \+FLAGS \(?\\Seen\)?", command):
            self.seen.add(int(found[1]))
            return b"", "OK"
        return (b"* BYE\r\n", "OK") if command.upper() == "LOGOUT" else (b"", "BAD")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost and its key."""
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", made, "-days", "3650", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


def server_context(made: Path, key: Path) -> ssl.SSLContext:
    """Return the server's TLS context with that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    return context


@contextlib.contextmanager
def serving(made: Path, key: Path) -> Iterator[Box]:
    """Run the server on a free port for the block."""
    box, context = Box(), server_context(made, key)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as connection,
            ):
                lines = connection.makefile("rb")
                connection.sendall(b"* OK ready\r\n")
                while line := lines.readline().decode().strip():
                    tag, _, command = line.partition(" ")
                    before, status = box.answer(command)
                    connection.sendall(before + f"{tag} {status} said\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()
