"""Sending by SMTP: a few kept connections to one relay (see connection.py for what they say)."""

import ssl
import time
from collections.abc import Callable, Generator
from functools import cache

from digest.mail.routing.relay import Relay
from digest.mail.transport import Blocking, Envelope, Mail, Outcome, Result, Step, Steps, Transport

from .client import SmtpSession

LONGEST_CONNECTION = 100  # mails
EACH = 16  # mails for which one more connection is worth its while
IDLE = 15.0  # seconds after which a kept connection is asked whether it still lives

# It comes again in a second.
_FULL = Outcome(
    Result.DEFERRED, "connections", text="The mail server takes no more connections.", wait=1.0
)


class SmtpTransport(Transport):
    """Connections to one relay, as many as there are mails under way. `sign`: what is done to each
    mail before it leaves."""

    def __init__(self, relay: Relay, sign: Callable[[bytes], bytes] | None = None) -> None:
        self.relay = relay
        self.name = relay.name
        self.max_in_flight = relay.connections
        self._sign = sign
        self._kept: list[SmtpSession] = []
        self._open: list[SmtpSession] = []
        self._begun = 0
        # Reading the machine's certificates takes a while: once for all connections.
        self._trust = cache(ssl.create_default_context)

    def steps(self, mail: Mail) -> Steps:
        """Offer one mail; see `Outcome`."""
        connection, ended = yield from self._offered(mail.envelope)
        try:
            ended = ended or (yield from connection.body(self._signed(mail)))
            return ended or (yield from connection.end())
        except BaseException:
            connection.hang_up()
            raise
        finally:
            if connection.is_open:
                self._kept.append(connection)

    def _offered(
        self, envelope: Envelope
    ) -> Generator[Step, bool, tuple[SmtpSession, Outcome | None]]:
        """A connection that waits for the body, or the outcome where there will be none."""
        self._begun += 1
        kept = self._take_kept()
        if not kept:
            yield Blocking()
            kept = self._take_kept()  # one may have become free meanwhile
        if kept:
            ended = yield from self._offer(kept, envelope)
            if not (ended and _had_hung_up(ended)):
                return kept, ended
        return (yield from self._offered_anew(envelope))

    def _offered_anew(
        self, envelope: Envelope
    ) -> Generator[Step, bool, tuple[SmtpSession, Outcome | None]]:
        """The same on a new connection. A relay that takes no further one is not in trouble while
        others are open: their number is the limit from then on."""
        fresh = SmtpSession(self.relay, self._trust)
        others = [each for each in self._open if each.is_open]
        if len(others) >= self.max_in_flight:
            return fresh, _FULL
        self._open = [*others, fresh]
        ended = yield from self._offer(fresh, envelope)
        if ended and others and _takes_no_more(ended):
            self.max_in_flight = len(others)
            ended = _FULL
        return fresh, ended

    def _offer(
        self, connection: SmtpSession, envelope: Envelope
    ) -> Generator[Step, bool, Outcome | None]:
        try:
            return (yield from connection.offer(envelope))
        except BaseException:
            connection.hang_up()
            raise

    def _take_kept(self) -> SmtpSession | None:
        """A connection of an earlier mail; one that has been idle is asked first. None where it is
        time for one more connection: few mails go by few of them."""
        wanted = min(self.max_in_flight, 1 + self._begun // EACH)
        if sum(each.is_open for each in self._open) < wanted:
            return None
        while self._kept:
            connection = self._kept.pop()
            if connection.sent >= LONGEST_CONNECTION:
                connection.close()
            elif time.monotonic() - connection.used_at <= IDLE or connection.is_alive():
                return connection
            else:
                connection.hang_up()
        return None

    def _signed(self, mail: Mail) -> bytes:
        message = mail.write()
        return self._sign(message) if self._sign else message

    def close(self) -> None:
        for connection in self._kept:
            connection.close()
        self._kept.clear()


def _had_hung_up(ended: Outcome) -> bool:
    """Whether a kept connection turned out to be gone when it was used again."""
    return ended.phase == "MAIL" and ended.code in (None, 421)


def _takes_no_more(ended: Outcome) -> bool:
    """Whether a relay refused a connection for now."""
    return ended.phase == "connect" and ended.code is not None and 400 <= ended.code < 500
