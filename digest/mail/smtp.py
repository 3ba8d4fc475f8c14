"""Sending by SMTP, step by step, so that the licence falls between the body and the final dot.

`smtplib` sends body and dot in one call and raises one exception for five different endings; here
DATA, body and dot are separate steps (RFC 5321 4.1.1.4), and the ending says which one failed.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from .transport import Envelope, Licence, Outcome, Result

STEP_TIMEOUT = 30.0  # seconds for a connection and for each reply before the dot
DOT_TIMEOUT = 600.0  # RFC 5321 4.5.3.2.6: giving up earlier makes the other side send doubles
LONGEST_CONNECTION = 100  # mails

# UnicodeError: a host name, user or address that this relay has no way to write.
BROKEN = (OSError, smtplib.SMTPException, UnicodeError)
Step = Callable[[], tuple[int, bytes]]

SECURITY = {"smtp": "plain", "smtp+tls": "starttls", "smtps": "tls"}
PORTS = {"plain": 25, "starttls": 587, "tls": 465}


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = "plain"  # "plain", "starttls" or "tls"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """`smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`; ValueError for anything else."""
        parts = urlsplit(url)
        security = SECURITY[parts.scheme]
        if not parts.hostname:
            raise ValueError(url)
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[security],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            security=security,
        )


class SmtpTransport:
    """One kept connection to one relay."""

    name = "smtp"

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._server: smtplib.SMTP | None = None
        self._sent = 0

    def send(self, envelope: Envelope, message: bytes, licence: Licence) -> Outcome:
        """Offer one mail. `message` is complete, with CRLF line ends; see `Outcome`."""
        try:
            server = self._connection()
        except BROKEN as wrong:
            return self._broken("connect", wrong)
        try:
            refused = self._announce(server, envelope)
            if refused:
                return refused
            _write_body(server, message)
        except BROKEN as wrong:
            return self._broken("body", wrong)
        if not licence():
            # Without its dot the mail does not exist; only closing takes the body back.
            self.close()
            return Outcome(Result.UNLICENSED, "licence")
        return self._dot(server)

    def _announce(self, server: smtplib.SMTP, envelope: Envelope) -> Outcome | None:
        """MAIL, RCPT and DATA; an Outcome where one of them is refused."""
        options = [] if envelope.recipient.isascii() else ["SMTPUTF8"]
        steps: tuple[tuple[str, int, Step], ...] = (
            ("MAIL", 250, lambda: server.mail(envelope.sender, options)),
            ("RCPT", 250, lambda: server.rcpt(envelope.recipient)),
            ("DATA", 354, lambda: server.docmd("DATA")),
        )
        for phase, wanted, step in steps:
            code, text = step()
            if code != wanted and not (phase == "RCPT" and code == 251):
                return self._refused(server, phase, code, text)
        return None

    def _refused(self, server: smtplib.SMTP, phase: str, code: int, text: bytes) -> Outcome:
        if code == 421 or code < 400:
            self.close()
        else:
            try:
                server.rset()
            except (OSError, smtplib.SMTPException):
                self.close()
        result = Result.REFUSED if code >= 400 else Result.UNREACHED
        return Outcome(result, phase, code, text.decode(errors="replace"))

    def _dot(self, server: smtplib.SMTP) -> Outcome:
        try:
            if server.sock:
                server.sock.settimeout(DOT_TIMEOUT)
            server.send(b".\r\n")
            code, text = server.getreply()
            if server.sock:
                server.sock.settimeout(STEP_TIMEOUT)
        except (OSError, smtplib.SMTPException) as wrong:
            self.close()
            return Outcome(Result.UNKNOWN, "dot", None, _sentence(wrong))
        self._sent += 1
        if code == 421:
            self.close()
        if code == 250:
            return Outcome(Result.ACCEPTED, "dot", code, text.decode(errors="replace"))
        result = Result.REFUSED if 400 <= code < 600 else Result.UNKNOWN
        return Outcome(result, "dot", code, text.decode(errors="replace"))

    def _connection(self) -> smtplib.SMTP:
        if self._server and self._sent >= LONGEST_CONNECTION:
            self.close()
        if self._server and not _alive(self._server):
            self.close()
        if not self._server:
            self._server = self._connect()
            self._sent = 0
        return self._server

    def _connect(self) -> smtplib.SMTP:
        relay, context = self.relay, ssl.create_default_context()
        server: smtplib.SMTP
        if relay.security == "tls":
            server = smtplib.SMTP_SSL(relay.host, relay.port, timeout=STEP_TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(relay.host, relay.port, timeout=STEP_TIMEOUT)
        try:
            if relay.security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if relay.user:
                server.login(relay.user, relay.password)
        except BaseException:
            server.close()
            raise
        return server

    def _broken(self, phase: str, wrong: Exception) -> Outcome:
        """The way broke before the dot: nothing was sent, whatever the reply was."""
        self.close()
        code = getattr(wrong, "smtp_code", None)
        return Outcome(Result.UNREACHED, phase, code, _sentence(wrong))

    def close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None


def _alive(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _write_body(server: smtplib.SMTP, message: bytes) -> None:
    """The body with its dots doubled (RFC 5321 4.5.2), without the final dot."""
    body = message if message.endswith(b"\r\n") else message + b"\r\n"
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    server.send(b"." + stuffed if stuffed.startswith(b".") else stuffed)


def _sentence(wrong: Exception) -> str:
    text = getattr(wrong, "smtp_error", None) or str(wrong) or type(wrong).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
