"""A small SMTP server on loopback that can be scripted to fail, and records what it accepted."""

import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Self

Answer = str | None  # a reply line; None: close the connection without a reply
TAKEN_SILENTLY = "taken, silent"  # to the dot: accept the mail, then close without a reply


class Sink:
    """Answers each command as `script` says, otherwise with success.

    `script` maps a command ("connect", "EHLO", "MAIL", "RCPT", "DATA", "dot", "RSET", "NOOP",
    "STARTTLS", "AUTH") to the replies to give in turn, and success after them. A reply may be a
    function that returns it, and that may block.

    `extensions` are offered to EHLO ("PIPELINING", "SMTPUTF8", "AUTH PLAIN"); with a `tls` context
    STARTTLS is offered too, and with `wrapped` the connection begins with TLS.
    """

    SUCCESS = {
        "connect": "220 sink",
        "MAIL": "250 2.1.0 ok",
        "RCPT": "250 2.1.5 ok",
        "DATA": "354 go on",
        "dot": "250 2.0.0 taken",
        "RSET": "250 ok",
        "NOOP": "250 ok",
        "STARTTLS": "220 2.0.0 go on",
        "AUTH": "235 2.7.0 welcome",
        "QUIT": "221 bye",
    }

    def __init__(
        self,
        *extensions: str,
        tls: ssl.SSLContext | None = None,
        wrapped: bool = False,
        port: int = 0,
        **script: list[Answer | Callable[[], Answer]],
    ) -> None:
        self.script = script
        self.tls = tls
        self.wrapped = wrapped
        offered = [*extensions, *(["STARTTLS"] if tls and not wrapped else [])]
        names = ["sink", *offered]
        self.greeting = "\r\n".join([*(f"250-{name}" for name in names[:-1]), f"250 {names[-1]}"])
        self.by_byte = False  # replies are sent one byte at a time
        self.accepted: list[tuple[str, bytes]] = []
        self.seen: list[str] = []
        self.lines: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Closing alone leaves it listening while accept() blocks.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _answer(self, command: str, default: str = "500 what?") -> Answer:
        self.seen.append(command)
        waiting = self.script.get(command)
        answer = waiting.pop(0) if waiting else default
        return answer() if callable(answer) else answer

    def _talk(self, connection: socket.socket) -> None:
        try:
            if self.wrapped:
                connection = self._secured(connection)
            if self._reply(connection, self._answer("connect", self.SUCCESS["connect"])):
                while secured := self._conversation(connection):
                    connection = secured
        except OSError:
            pass
        finally:
            connection.close()

    def _secured(self, connection: socket.socket) -> socket.socket:
        assert self.tls
        secured = self.tls.wrap_socket(connection, server_side=True)
        self._connections.append(secured)
        return secured

    def _conversation(self, connection: socket.socket) -> socket.socket | None:
        """Answer until the connection ends (None), or return the one that goes on under TLS."""
        lines = connection.makefile("rb")
        recipient = ""
        for line in lines:
            self.lines.append(line)
            command = line.split()[0].decode().upper() if line.split() else ""
            answer = self._answer(command, self._default_reply(command, recipient))
            if command == "RCPT" and answer and answer.startswith("25"):
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if not self._reply(connection, answer):
                return None
            if command == "STARTTLS" and answer and answer.startswith("220"):
                return self._secured(connection)
            if answer and answer.startswith("354"):
                if not self._take(connection, lines, recipient):
                    return None
                recipient = ""
        return None

    def _default_reply(self, command: str, recipient: str) -> str:
        if command == "EHLO":
            return self.greeting
        if command == "DATA" and not recipient:
            return "503 5.5.1 no recipient"
        return self.SUCCESS.get(command, "500 what?")

    def _take(self, connection: socket.socket, lines: BinaryIO, recipient: str) -> bool:
        """Read a body and answer its dot; return False if the connection ends."""
        body = self._body(lines)
        if body is None:
            return False
        answer = self._answer("dot", self.SUCCESS["dot"] if recipient else "554 5.5.1 no recipient")
        if answer == TAKEN_SILENTLY or (answer and answer.startswith("250")):
            self.accepted.append((recipient, body))
        return self._reply(connection, None if answer == TAKEN_SILENTLY else answer)

    def _reply(self, connection: socket.socket, answer: Answer) -> bool:
        """Send the reply; return False if the connection ends with it."""
        if answer is None:
            return False
        line = answer.encode() + b"\r\n"
        for start in range(0, len(line), 1 if self.by_byte else len(line)):
            connection.sendall(line[start : start + 1] if self.by_byte else line)
        return not answer.startswith("421")

    @staticmethod
    def _body(lines: BinaryIO) -> bytes | None:
        body = b""
        for line in lines:
            if line == b".\r\n":
                return body
            body += line[1:] if line.startswith(b".") else line
        return None
