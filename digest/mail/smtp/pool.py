"""The SMTP transport: a pool of connections to one relay."""

import ssl
import time
from collections.abc import Callable, Generator
from functools import cache

from digest.mail.routing.relay import Relay
from digest.mail.transport import Blocking, Envelope, Mail, Outcome, Result, Step, Steps, Transport

from .client import SmtpSession

MOST_MAILS = 100  # on one connection
EACH = 16  # mails that are worth one more connection
IDLE = 15.0  # seconds after which a kept connection is checked before it is used

_FULL = Outcome(
    Result.DEFERRED, "connections", text="The mail server accepts no more connections.", wait=1.0
)


class SmtpTransport(Transport):
    """Sends through one relay, over as many connections as there are mails in flight.

    `sign` is applied to the bytes of each mail.
    """

    def __init__(self, relay: Relay, sign: Callable[[bytes], bytes] | None = None) -> None:
        self.relay = relay
        self.name = relay.name
        self.max_in_flight = relay.connections
        self._sign = sign
        self._kept: list[SmtpSession] = []
        self._open: list[SmtpSession] = []
        self._begun = 0
        # Reading the machine's certificates is slow: once for all connections.
        self._ssl_context = cache(ssl.create_default_context)

    def steps(self, mail: Mail) -> Steps:
        """Send one mail over a free connection."""
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
        """Return a connection that is ready for the body, or with it the outcome of a failure."""
        self._begun += 1
        kept = self._take_kept()
        if not kept:
            yield Blocking()
            kept = self._take_kept()  # a connection may have become free meanwhile
        if kept:
            ended = yield from self._offer(kept, envelope)
            if not (ended and ended.phase == "MAIL" and ended.code in (None, 421)):
                return kept, ended
            # The relay had closed the kept connection.
        return (yield from self._offered_anew(envelope))

    def _offered_anew(
        self, envelope: Envelope
    ) -> Generator[Step, bool, tuple[SmtpSession, Outcome | None]]:
        """The same on a new connection.

        A relay that refuses one more connection while others are open is not in trouble: their
        number is the limit from then on.
        """
        fresh = SmtpSession(self.relay, self._ssl_context)
        others = [each for each in self._open if each.is_open]
        if len(others) >= self.max_in_flight:
            return fresh, _FULL
        self._open = [*others, fresh]
        ended = yield from self._offer(fresh, envelope)
        if ended and others and _refuses_connection(ended):
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
        """Return an open connection that is free, None to open a new one.

        The number of connections grows with the number of mails, one for each EACH. Idle ones are
        checked first.
        """
        wanted = min(self.max_in_flight, 1 + self._begun // EACH)
        if sum(each.is_open for each in self._open) < wanted:
            return None
        while self._kept:
            connection = self._kept.pop()
            if connection.sent >= MOST_MAILS:
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


def _refuses_connection(ended: Outcome) -> bool:
    """Whether the relay refused the connection temporarily (4xx)."""
    return ended.phase == "connect" and ended.code is not None and 400 <= ended.code < 500
