"""A small SMTP server on loopback that can be told to misbehave, and remembers what it took."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Self

Answer = str | None  # a reply line; None: drop the connection without a word
TAKEN_SILENTLY = "taken, silent"  # to the dot: accept the mail, then drop without a reply


class Sink:
    """Answers each command with what `script` says for it, and politely otherwise.

    `script` maps a command ("connect", "EHLO", "MAIL", "RCPT", "DATA", "dot", "RSET", "NOOP") to
    the replies to give in turn; when they are used up the polite one is given again. An answer
    may also be a function that is called (it may wait) and gives the reply.
    """

    POLITE = {
        "connect": "220 sink",
        "EHLO": "250 sink",
        "MAIL": "250 2.1.0 ok",
        "RCPT": "250 2.1.5 ok",
        "DATA": "354 go on",
        "dot": "250 2.0.0 taken",
        "RSET": "250 ok",
        "NOOP": "250 ok",
        "QUIT": "221 bye",
    }

    def __init__(self, **script: list[Answer | Callable[[], Answer]]) -> None:
        self.script = script
        self.accepted: list[tuple[str, bytes]] = []
        self.seen: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
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
        # Closing alone would leave it listening for as long as accept() waits.
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
            self._connections.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _answer(self, command: str) -> Answer:
        self.seen.append(command)
        waiting = self.script.get(command)
        answer = waiting.pop(0) if waiting else self.POLITE.get(command, "500 what?")
        return answer() if callable(answer) else answer

    def _talk(self, connection: socket.socket) -> None:
        try:
            self._conversation(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _conversation(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        recipient = ""
        if not self._reply(connection, self._answer("connect")):
            return
        for line in lines:
            command = line.split()[0].decode().upper() if line.split() else ""
            if command == "RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            answer = self._answer(command)
            if not self._reply(connection, answer):
                return
            if answer and answer.startswith("354") and not self._take(connection, lines, recipient):
                return

    def _take(self, connection: socket.socket, lines: BinaryIO, recipient: str) -> bool:
        """Read a body and answer its dot; False: the connection is over."""
        body = self._body(lines)
        if body is None:
            return False
        answer = self._answer("dot")
        if answer == TAKEN_SILENTLY or (answer and answer.startswith("250")):
            self.accepted.append((recipient, body))
        return self._reply(connection, None if answer == TAKEN_SILENTLY else answer)

    @staticmethod
    def _reply(connection: socket.socket, answer: Answer) -> bool:
        """Send the reply; False: the connection ends with it."""
        if answer is None:
            return False
        connection.sendall(answer.encode() + b"\r\n")
        return not answer.startswith("421")

    @staticmethod
    def _body(lines: BinaryIO) -> bytes | None:
        body = b""
        for line in lines:
            if line == b".\r\n":
                return body
            body += line[1:] if line.startswith(b".") else line
        return None
