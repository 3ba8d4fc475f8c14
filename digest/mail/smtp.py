"""Sending by SMTP, step by step, so that the licence falls between the body and the final dot.

`smtplib` sends body and dot in one call and raises one exception for five different endings; here
DATA, body and dot are separate steps (RFC 5321 4.1.1.4), and the ending says which one failed.
Where the relay offers PIPELINING (RFC 2920), MAIL, RCPT and DATA leave in one write.
"""

import contextlib
import selectors
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from .addresses import Unwritable, path
from .relay import Relay
from .transport import Envelope, Licence, Outcome, Result

STEP_TIMEOUT = 30.0  # seconds for a connection and for each reply before the dot
DOT_TIMEOUT = 600.0  # RFC 5321 4.5.3.2.6: giving up earlier makes the other side send doubles
LONGEST_CONNECTION = 100  # mails
IDLE = 15.0  # seconds after which a kept connection is asked whether it still lives

# UnicodeError: a host name, user or address that this relay has no way to write.
BROKEN = (OSError, smtplib.SMTPException, UnicodeError)
_WANTED = {"MAIL": (250,), "RCPT": (250, 251), "DATA": (354,)}


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


class SmtpTransport:
    """One kept connection to one relay. `sign`: what is done to each mail before it leaves."""

    def __init__(self, relay: Relay, sign: Callable[[bytes], bytes] | None = None) -> None:
        self.relay = relay
        self.name = relay.name
        self._sign = sign
        self._server: smtplib.SMTP | None = None
        self._sent = 0
        self._used_at = 0.0

    def send(self, envelope: Envelope, message: bytes, licence: Licence) -> Outcome:
        """Offer one mail. `message` is complete, with CRLF line ends; see `Outcome`."""
        signed = self._sign(message) if self._sign else message
        kept = self._keeps_living_connection()
        ended = self._offer(envelope)
        if kept and ended and _had_hung_up(ended):
            ended = self._offer(envelope)
        ended = ended or self._body(signed) or self._end(licence)
        self._used_at = time.monotonic()
        return ended

    def close(self) -> None:
        if self._server:
            with contextlib.suppress(*BROKEN):
                self._server.send(b"QUIT\r\n")
        self._hang_up()

    def _keeps_living_connection(self) -> bool:
        """Whether the last mail's connection is there; one that has been idle is asked first."""
        if self._server and self._sent >= LONGEST_CONNECTION:
            self.close()
        idle = time.monotonic() - self._used_at > IDLE
        if self._server and idle and not _alive(self._server):
            self._hang_up()
        return self._server is not None

    def _offer(self, envelope: Envelope) -> Outcome | None:
        """Connection, MAIL, RCPT and DATA; an Outcome where one of them is refused."""
        try:
            server = self._server or self._connect()
            commands = _commands(server, envelope)
        except Unwritable as cannot:
            # RFC 5321 4.2.3: mailbox name not allowed; RFC 6531 3.5.
            return Outcome(Result.REFUSED, "address", 553, f"5.6.7 {cannot}")
        except BROKEN as wrong:
            return self._broken("connect", wrong)
        return self._announce(server, commands)

    def _announce(self, server: smtplib.SMTP, commands: dict[str, bytes]) -> Outcome | None:
        replies: list[Reply] = []
        try:
            for reply in _converse(server, commands):
                replies.append(reply)
        except BROKEN as wrong:
            refusal = next((reply for reply in replies if not reply.good), None)
            broken = self._broken(list(commands)[len(replies)], wrong)
            return refusal.outcome() if refusal else broken
        refusal = next((reply for reply in replies if not reply.good), None)
        if refusal is None:
            return None
        self._abandon(server, replies)
        return refusal.outcome()

    def _abandon(self, server: smtplib.SMTP, replies: list[Reply]) -> None:
        """Make the connection fit for the next mail after a refusal, or give it up."""
        told = {reply.phase: reply for reply in replies}
        if not all(reply.good or reply.definite for reply in replies):
            return self._hang_up()
        try:
            if "DATA" in told and told["DATA"].good:
                # RFC 2920 3.1: it waits for a mail though nobody will get it, so it gets none.
                # Had the recipient not been refused, the dot would send an empty one.
                if not told["RCPT"].definite:
                    return self._hang_up()
                clean = server.docmd(".")[0] not in (-1, 421)
            else:
                clean = server.rset()[0] == 250
        except BROKEN:
            clean = False
        return None if clean else self._hang_up()

    def _body(self, message: bytes) -> Outcome | None:
        """The body without its dot; an Outcome if the relay gave up meanwhile."""
        server = self._server
        if not server or not server.sock:
            return self._broken("body", ConnectionError("the connection is gone"))
        try:
            server.send(_stuffed(message))
            if not _has_spoken(server, server.sock):
                return None
            # Nothing is due before the dot: it has refused the mail, or hung up.
            code, text = server.getreply()
        except BROKEN as wrong:
            return self._broken("body", wrong)
        self._hang_up()
        return Reply("DATA", code, text).outcome()

    def _end(self, licence: Licence) -> Outcome:
        """The licence, and with it the dot."""
        licensed = False
        try:
            licensed = licence()
        finally:
            if not licensed:
                # Without its dot the mail does not exist; only hanging up takes the body back.
                self._hang_up()
        return self._dot() if licensed else Outcome(Result.UNLICENSED, "licence")

    def _dot(self) -> Outcome:
        server = self._server
        try:
            if not server or not server.sock:
                return self._broken("body", ConnectionError("the connection is gone"))
            server.sock.settimeout(DOT_TIMEOUT)
            server.send(b".\r\n")
            code, text = server.getreply()
            if server.sock:
                server.sock.settimeout(STEP_TIMEOUT)
        except BROKEN as wrong:
            self._hang_up()
            return Outcome(Result.UNKNOWN, "dot", None, _sentence(wrong))
        self._sent += 1
        if code == 421:
            self._hang_up()
        known = Result.REFUSED if 400 <= code < 600 else Result.UNKNOWN
        result = Result.ACCEPTED if code == 250 else known
        return Outcome(result, "dot", code, text.decode(errors="replace"))

    def _connect(self) -> smtplib.SMTP:
        relay, context = self.relay, ssl.create_default_context()
        server: smtplib.SMTP
        if relay.security == "tls":
            server = smtplib.SMTP_SSL(
                relay.host, relay.port, _own_name(), timeout=STEP_TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(relay.host, relay.port, _own_name(), STEP_TIMEOUT)
        try:
            if server.sock:
                # The dot is a small write behind a large one: held back until the other side
                # has acknowledged that, it would take 40 ms more.
                server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if relay.security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if relay.user:
                server.login(relay.user, relay.password)
        except BaseException:
            server.close()
            raise
        self._server, self._sent = server, 0
        return server

    def _broken(self, phase: str, wrong: Exception) -> Outcome:
        """The way broke before the dot: nothing was sent, whatever the reply was."""
        self._hang_up()
        code = getattr(wrong, "smtp_code", None)
        return Outcome(Result.UNREACHED, phase, code, _sentence(wrong))

    def _hang_up(self) -> None:
        if self._server:
            self._server.close()
            self._server = None


@cache
def _own_name() -> str:
    """What EHLO says we are; finding it out may take the name server a while."""
    return smtplib.SMTP().local_hostname


def _converse(server: smtplib.SMTP, commands: dict[str, bytes]) -> Iterator[Reply]:
    """The replies in order: all of them where the commands leave together, and otherwise up to
    the first that is not good."""
    together = server.has_extn("pipelining")
    if together:
        server.send(b"".join(commands.values()))
    for phase, line in commands.items():
        if not together:
            server.send(line)
        reply = Reply(phase, *server.getreply())
        yield reply
        if not reply.good and not together:
            return


def _commands(server: smtplib.SMTP, envelope: Envelope) -> dict[str, bytes]:
    """MAIL, RCPT and DATA as they are written; Unwritable if this relay cannot be told."""
    smtputf8 = server.has_extn("smtputf8")
    sender = path(envelope.sender, smtputf8) if envelope.sender else ""  # "": the null sender
    recipient = path(envelope.recipient, smtputf8)
    needed = "" if (sender + recipient).isascii() else " SMTPUTF8"
    return {
        "MAIL": f"MAIL FROM:<{sender}>{needed}\r\n".encode(),
        "RCPT": f"RCPT TO:<{recipient}>\r\n".encode(),
        "DATA": b"DATA\r\n",
    }


def _had_hung_up(ended: Outcome) -> bool:
    """Whether a kept connection turned out to be gone when it was used again."""
    return ended.phase == "MAIL" and ended.code in (None, 421)


def _alive(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except BROKEN:
        return False


def _has_spoken(server: smtplib.SMTP, sock: socket.socket) -> bool:
    """Whether there is something to read that nothing was asked for, or the end of all. An
    answer left over from before would be taken for the dot's."""
    sock.settimeout(0)
    try:
        if server.file and server.file.peek(1):
            return True
    except ssl.SSLWantReadError:
        pass  # nothing of it was for us
    finally:
        sock.settimeout(STEP_TIMEOUT)
    # Not select(): it fails for descriptors beyond 1,023.
    poll = getattr(selectors, "PollSelector", selectors.SelectSelector)
    with poll() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _stuffed(message: bytes) -> bytes:
    """The body with its dots doubled (RFC 5321 4.5.2), without the final dot."""
    body = message if message.endswith(b"\r\n") else message + b"\r\n"
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _sentence(wrong: Exception) -> str:
    text = getattr(wrong, "smtp_error", None) or str(wrong) or type(wrong).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
