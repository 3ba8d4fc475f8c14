"""One SMTP conversation, step by step, so that the licence falls between the body and the dot.

`smtplib` sends body and dot in one call and raises one exception for five different endings; here
DATA, body and dot are separate steps (RFC 5321 4.1.1.4), and the ending says which one failed.
Where the relay offers PIPELINING (RFC 2920), MAIL, RCPT and DATA leave in one write.
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
DOT_TIMEOUT = 600.0  # RFC 5321 4.5.3.2.6: giving up earlier makes the other side send doubles

# UnicodeError: a host name, user or address that this relay has no way to write.
BROKEN = (OSError, smtplib.SMTPException, UnicodeError)
_WANTED = {"MAIL": (250,), "RCPT": (250, 251), "DATA": (354,)}
PartialSteps = Generator[Step, bool, Outcome | None]


class Reply(NamedTuple):
    """What the relay said to one command."""

    phase: str
    code: int
    text: bytes

    @property
    def good(self) -> bool:
        return self.code in _WANTED[self.phase]

    @property
    def definite(self) -> bool:
        """A no that can be relied on; 421 hangs up as well (RFC 5321 3.8)."""
        return 400 <= self.code < 600 and self.code != 421

    def outcome(self) -> Outcome:
        result = Result.REFUSED if 400 <= self.code < 600 else Result.UNREACHED
        return Outcome(result, self.phase, self.code, self.text.decode(errors="replace"))


class SmtpSession:
    """One connection to a relay. `sent`: the mails it has taken a dot for; `used_at`: when it last
    did something (time.monotonic)."""

    def __init__(self, relay: Relay, trust: connection.SslContextFactory) -> None:
        self.relay = relay
        self._trust = trust
        self.sent = 0
        self.used_at = time.monotonic()
        self._server: connection.NonBlockingSmtp | None = None

    @property
    def is_open(self) -> bool:
        return self._server is not None

    def is_alive(self) -> bool:
        """Whether the relay still answers."""
        if not self._server:
            return False
        try:
            return self._server.noop()[0] == 250
        except BROKEN:
            return False

    def close(self) -> None:
        if self._server:
            with contextlib.suppress(*BROKEN):
                self._server.send(b"QUIT\r\n")
        self.hang_up()

    def hang_up(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    def offer(self, envelope: Envelope) -> PartialSteps:
        """Connection, MAIL, RCPT and DATA; an Outcome where one of them is refused."""
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
            refusal = next((reply for reply in replies if not reply.good), None)
            broken = self._broken(list(commands)[len(replies)], wrong)
            return refusal.outcome() if refusal else broken
        refusal = next((reply for reply in replies if not reply.good), None)
        if refusal is None:
            return None
        self._abandon(server, replies)
        return refusal.outcome()

    def _abandon(self, server: connection.NonBlockingSmtp, replies: list[Reply]) -> None:
        """Make the connection fit for the next mail after a refusal, or give it up."""
        told = {reply.phase: reply for reply in replies}
        if not all(reply.good or reply.definite for reply in replies):
            return self.hang_up()
        try:
            if "DATA" in told and told["DATA"].good:
                # RFC 2920 3.1: it waits for a mail though nobody will get it, so it gets none.
                # Had the recipient not been refused, the dot would send an empty one.
                if not told["RCPT"].definite:
                    return self.hang_up()
                clean = server.docmd(".")[0] not in (-1, 421)
            else:
                clean = server.rset()[0] == 250
        except BROKEN:
            clean = False
        return None if clean else self.hang_up()

    def body(self, message: bytes) -> PartialSteps:
        """The body without its dot; an Outcome if the relay gave up meanwhile."""
        try:
            if self._server:
                yield from _pass_on(self._server, connection.dot_stuffed(message))
        except BROKEN as wrong:
            return self._broken("body", wrong)
        return self._spoken()

    def _spoken(self) -> Outcome | None:
        """None where all is quiet, as it must be before the dot; anything that is read now would
        be taken for the dot's answer."""
        server = self._server
        if not server or not server.sock:
            return self._broken("body", ConnectionError("the connection is gone"))
        try:
            if not server.replies.has_input():
                return None
            # Nothing is due: it has refused the mail, or hung up.
            code, text = server.getreply()
        except BROKEN as wrong:
            return self._broken("body", wrong)
        self.hang_up()
        return Reply("DATA", code, text).outcome()

    def end(self) -> Steps:
        """The licence, and with it the dot."""
        licensed = False
        try:
            licensed = yield AskPermit(self.relay.name)
        finally:
            if not licensed:
                # Without its dot the mail does not exist; only hanging up takes the body back.
                self.hang_up()
        if not licensed:
            return Outcome(Result.NO_PERMIT, "permit")
        return self._spoken() or (yield from self._dot())

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
        self._server = connection.open_connection(self.relay, STEP_TIMEOUT, self._trust)
        return self._server

    def _broken(self, phase: str, wrong: Exception) -> Outcome:
        """The way broke before the dot: nothing was sent, whatever the reply was."""
        self.hang_up()
        code = getattr(wrong, "smtp_code", None)
        return Outcome(Result.UNREACHED, phase, code, _sentence(wrong))


def _converse(
    server: connection.NonBlockingSmtp, commands: dict[str, bytes], replies: list[Reply]
) -> Generator[Step, bool, None]:
    """Puts the replies on the list, in order: all of them where the commands leave together, and
    otherwise up to the first that is not good."""
    together = server.has_extn("pipelining")
    if together:
        server.send(b"".join(commands.values()))
    for phase, line in commands.items():
        if not together:
            server.send(line)
        reply = Reply(phase, *(yield from _answer(server, STEP_TIMEOUT)))
        replies.append(reply)
        if not reply.good and not together:
            return


def _answer(
    server: connection.NonBlockingSmtp, timeout: float
) -> Generator[Step, bool, tuple[int, bytes]]:
    """The next reply, waited for in company until the whole of it is there."""
    until = time.monotonic() + timeout
    while not server.replies.has_whole_reply():
        if time.monotonic() >= until:
            raise TimeoutError("timed out")
        yield Wait(_descriptor(server), until)
    return server.getreply()


def _pass_on(server: connection.NonBlockingSmtp, content: bytes) -> Generator[Step, bool, None]:
    """Send it all, at the pace at which it is taken, in company too."""
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
    """MAIL, RCPT and DATA as they are written; Unwritable if this relay cannot be told."""
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
