"""An SMTP client that sends in steps, so that the send permit is requested between body and dot.

`smtplib` sends body and dot in one call and raises one exception for five different outcomes. Here
DATA, body and dot are separate steps (RFC 5321 4.1.1.4), and the outcome says which one failed.
If the relay offers PIPELINING (RFC 2920), MAIL, RCPT and DATA are sent in one write.
"""

import contextlib
import smtplib
import time
from collections.abc import Generator
from typing import NamedTuple

from digest.mail.routing.relay import Relay
from digest.mail.transport import AskPermit, Envelope, Outcome, Result, Step, Steps, Wait

from . import connection
from .paths import UnsupportedAddress, smtp_address

STEP_TIMEOUT = 30.0  # seconds for a connection and for each reply before the dot
DOT_TIMEOUT = 600.0  # RFC 5321 4.5.3.2.6: giving up earlier leads to duplicates

# UnicodeError: a host name, user or address that cannot be encoded.
BROKEN = (OSError, smtplib.SMTPException, UnicodeError)
_WANTED = {"MAIL": (250,), "RCPT": (250, 251), "DATA": (354,)}
# Steps that return None if the mail can go on, and its outcome otherwise.
PartialSteps = Generator[Step, bool, Outcome | None]


class Reply(NamedTuple):
    """The relay's reply to one command (`phase`)."""

    phase: str
    code: int
    text: bytes

    @property
    def is_good(self) -> bool:
        return self.code in _WANTED[self.phase]

    @property
    def is_refusal(self) -> bool:
        """Whether it refuses the command and keeps the connection; 421 closes it (RFC 5321 3.8)."""
        return 400 <= self.code < 600 and self.code != 421

    def outcome(self) -> Outcome:
        result = Result.REFUSED if 400 <= self.code < 600 else Result.UNREACHED
        return Outcome(result, self.phase, self.code, self.text.decode(errors="replace"))


class SmtpSession:
    """One connection to a relay, opened when it is first needed.

    `sent` counts the mails whose dot got a reply; `used_at` is the time of the last activity
    (time.monotonic).
    """

    def __init__(self, relay: Relay, ssl_context: connection.SslContextFactory) -> None:
        self.relay = relay
        self._ssl_context = ssl_context
        self.sent = 0
        self.used_at = time.monotonic()
        self._server: connection.NonBlockingSmtp | None = None

    @property
    def is_open(self) -> bool:
        return self._server is not None

    def is_alive(self) -> bool:
        """Whether the relay still answers (NOOP)."""
        if not self._server:
            return False
        try:
            return self._server.noop()[0] == 250
        except BROKEN:
            return False

    def close(self) -> None:
        """Say QUIT and close the connection."""
        if self._server:
            with contextlib.suppress(*BROKEN):
                self._server.send(b"QUIT\r\n")
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection without QUIT."""
        if self._server:
            self._server.close()
            self._server = None

    def offer(self, envelope: Envelope) -> PartialSteps:
        """Connect and send MAIL, RCPT and DATA; return an Outcome if one of them fails."""
        try:
            server = self._server or self._connect()
            commands = _commands(server, envelope)
        except UnsupportedAddress as cannot:
            # RFC 5321 4.2.3: mailbox name not allowed; RFC 6531 3.5.
            return Outcome(Result.REFUSED, "address", 553, f"5.6.7 {cannot}")
        except BROKEN as wrong:
            return self._broken("connect", wrong)
        self.used_at = time.monotonic()
        return (yield from self._announce(server, commands))

    def _announce(
        self, server: connection.NonBlockingSmtp, commands: dict[str, bytes]
    ) -> PartialSteps:
        replies: list[Reply] = []
        try:
            yield from _converse(server, commands, replies)
        except BROKEN as wrong:
            refusal = next((reply for reply in replies if not reply.is_good), None)
            broken = self._broken(list(commands)[len(replies)], wrong)
            return refusal.outcome() if refusal else broken
        refusal = next((reply for reply in replies if not reply.is_good), None)
        if refusal is None:
            return None
        self._abandon(server, replies)
        return refusal.outcome()

    def _abandon(self, server: connection.NonBlockingSmtp, replies: list[Reply]) -> None:
        """Reset the connection for the next mail after a refusal; close it if that fails."""
        by_phase = {reply.phase: reply for reply in replies}
        if not all(reply.is_good or reply.is_refusal for reply in replies):
            return self.hang_up()
        try:
            if "DATA" in by_phase and by_phase["DATA"].is_good:
                # RFC 2920 3.1: the relay waits for a body although no recipient was accepted. An
                # empty one is sent only if RCPT was refused, or it would be delivered.
                if not by_phase["RCPT"].is_refusal:
                    return self.hang_up()
                clean = server.docmd(".")[0] not in (-1, 421)
            else:
                clean = server.rset()[0] == 250
        except BROKEN:
            clean = False
        return None if clean else self.hang_up()

    def body(self, message: bytes) -> PartialSteps:
        """Send the body without its dot; return an Outcome if the relay refused it meanwhile."""
        try:
            if self._server:
                yield from _send(self._server, connection.dot_stuffed(message))
        except BROKEN as wrong:
            return self._broken("body", wrong)
        return self._unexpected_reply()

    def _unexpected_reply(self) -> Outcome | None:
        """Return an Outcome if the relay has sent anything before the dot, else None.

        Left unread it would be taken for the reply to the dot.
        """
        server = self._server
        if not server or not server.sock:
            return self._broken("body", ConnectionError("the connection is gone"))
        try:
            if not server.replies.has_input():
                return None
            # No reply is due: the relay has refused the mail, or is closing the connection.
            code, text = server.getreply()
        except BROKEN as wrong:
            return self._broken("body", wrong)
        self.hang_up()
        return Reply("DATA", code, text).outcome()

    def end(self) -> Steps:
        """Request the send permit, and send the dot if it is granted."""
        permitted = False
        try:
            permitted = yield AskPermit(self.relay.name)
        finally:
            if not permitted:
                # Only closing the connection discards a body without its dot.
                self.hang_up()
        if not permitted:
            return Outcome(Result.NO_PERMIT, "permit")
        return self._unexpected_reply() or (yield from self._dot())

    def _dot(self) -> Steps:
        server = self._server
        assert server
        assert server.sock
        try:
            server.send(b".\r\n")
            code, text = yield from _answer(server, DOT_TIMEOUT)
        except BROKEN as wrong:
            self.hang_up()
            return Outcome(Result.UNKNOWN, "dot", None, _sentence(wrong))
        self.sent, self.used_at = self.sent + 1, time.monotonic()
        if code == 421:
            self.hang_up()
        known = Result.REFUSED if 400 <= code < 600 else Result.UNKNOWN
        result = Result.ACCEPTED if code == 250 else known
        return Outcome(result, "dot", code, text.decode(errors="replace"))

    def _connect(self) -> connection.NonBlockingSmtp:
        self._server = connection.open_connection(self.relay, STEP_TIMEOUT, self._ssl_context)
        return self._server

    def _broken(self, phase: str, wrong: Exception) -> Outcome:
        """The outcome of a connection that failed before the dot: nothing was sent."""
        self.hang_up()
        code = getattr(wrong, "smtp_code", None)
        return Outcome(Result.UNREACHED, phase, code, _sentence(wrong))


def _converse(
    server: connection.NonBlockingSmtp, commands: dict[str, bytes], replies: list[Reply]
) -> Generator[Step, bool, None]:
    """Send the commands and append the replies to `replies`, in order.

    With PIPELINING there is a reply to each command, otherwise up to the first that is not good.
    """
    together = server.has_extn("pipelining")
    if together:
        server.send(b"".join(commands.values()))
    for phase, line in commands.items():
        if not together:
            server.send(line)
        reply = Reply(phase, *(yield from _answer(server, STEP_TIMEOUT)))
        replies.append(reply)
        if not reply.is_good and not together:
            return


def _answer(
    server: connection.NonBlockingSmtp, timeout: float
) -> Generator[Step, bool, tuple[int, bytes]]:
    """Read a reply without blocking; yields `Wait` until it is complete.

    Raises TimeoutError after `timeout` seconds.
    """
    until = time.monotonic() + timeout
    while not server.replies.has_whole_reply():
        if time.monotonic() >= until:
            raise TimeoutError("timed out")
        yield Wait(_descriptor(server), until)
    return server.getreply()


def _send(server: connection.NonBlockingSmtp, content: bytes) -> Generator[Step, bool, None]:
    """Send without blocking; yields `Wait` (writing).

    Raises TimeoutError after STEP_TIMEOUT seconds without progress.
    """
    left = server.send_some(memoryview(content))
    while left:
        until = time.monotonic() + STEP_TIMEOUT
        yield Wait(_descriptor(server), until, writing=True)
        before, left = left, server.send_some(left)
        if len(left) == len(before) and time.monotonic() >= until:
            raise TimeoutError("timed out")


def _descriptor(server: connection.NonBlockingSmtp) -> int:
    assert server.sock
    return server.sock.fileno()


def _commands(server: connection.NonBlockingSmtp, envelope: Envelope) -> dict[str, bytes]:
    """MAIL, RCPT and DATA as bytes. Raises UnsupportedAddress if an address cannot be written."""
    smtputf8 = server.has_extn("smtputf8")
    sender = (
        smtp_address(envelope.sender, smtputf8) if envelope.sender else ""
    )  # "": the null sender
    recipient = smtp_address(envelope.recipient, smtputf8)
    needed = "" if (sender + recipient).isascii() else " SMTPUTF8"
    return {
        "MAIL": f"MAIL FROM:<{sender}>{needed}\r\n".encode(),
        "RCPT": f"RCPT TO:<{recipient}>\r\n".encode(),
        "DATA": b"DATA\r\n",
    }


def _sentence(wrong: Exception) -> str:
    text = getattr(wrong, "smtp_error", None) or str(wrong) or type(wrong).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
