"""Several ways out at once: by weight, past those that are in trouble, and to no domain faster
than it wants."""

import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from digest.mail.esp import AnymailTransport, Provider
from digest.mail.smtp.paths import UnsupportedAddress, ascii_domain
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import (
    AskPermit,
    Blocking,
    Envelope,
    Mail,
    Outcome,
    Result,
    Step,
    Steps,
    Transport,
)

from .circuit_breaker import CircuitBreaker, backend_fault
from .rate_limits import Limits, LocalThrottle, Throttle
from .relay import MOST_WEIGHT, Relay

Backend = Relay | Provider


@dataclass(slots=True)
class Route:
    """One way out, its share, and whether it works; `credit` is what it is owed of its share,
    `in_flight` the mails that are with it."""

    transport: Transport
    weight: int
    breaker: CircuitBreaker
    credit: int = 0
    in_flight: int = 0

    @property
    def max_in_flight(self) -> int:
        """How many mails it takes at once; while it is left alone, only those it has."""
        return self.in_flight if self.breaker.wait() else self.transport.max_in_flight


class Router(Transport):
    """A transport made of others. `name` is that of the one used last."""

    def __init__(self, ways: Sequence[Route], throttle: Throttle) -> None:
        self._ways = list(ways)
        self._throttle = throttle
        self.name = self._ways[0].transport.name

    @property
    def max_in_flight(self) -> int:  # type: ignore[override]
        """Of all ways together; a relay may turn out to have fewer. Where nothing can leave, mails
        come as ever, and are told so."""
        if self.unavailable_reason():
            return sum(way.transport.max_in_flight for way in self._ways)
        return sum(way.max_in_flight for way in self._ways)

    @property
    def backends(self) -> frozenset[str]:
        return frozenset(way.transport.name for way in self._ways)

    def steps(self, mail: Mail) -> Steps:
        """Offer one mail to the relay whose turn it is; another one gets it where that failed
        before the licence was asked for, or takes no more just now. DEFERRED, with a `wait`, if it
        is not its time."""
        if self.unavailable_reason():
            return self._unavailable()
        domain, who = _domain(mail.envelope), uuid.uuid4().hex
        if wait := self._throttle.enter(domain, who):
            reason = f"{domain} has had its share of mail for now."
            return Outcome(Result.DEFERRED, "throttle", text=reason, wait=wait)
        try:
            outcome = yield from self._first_that_works(mail)
        finally:
            self._throttle.leave(domain, who)
        if outcome.code == 421 and not backend_fault(outcome):
            self._throttle.slow(domain)
        return outcome

    def _first_that_works(self, mail: Mail) -> Steps:
        outcome: Outcome | None = None
        for way in self._in_turn():
            self.name = mail.backend = way.transport.name
            tried, asked = yield from _try_route(way, mail)
            if tried is None:
                continue
            way.breaker.record(tried)
            if asked or not _may_go_elsewhere(tried):
                return tried
            # A way that was full may take it soon, whatever the others say of it.
            outcome = outcome if outcome and _was_full(outcome) else tried
        return outcome or self._unavailable()

    def _unavailable(self) -> Outcome:
        return Outcome(
            Result.DEFERRED, "breaker", text=self.unavailable_reason(), wait=self._shortest_wait()
        )

    def _in_turn(self) -> Iterator[Route]:
        """The ways that may be tried: first the one whose turn it is, evenly mixed by weight
        (smooth weighted round robin), then the others, the heaviest first. A turn that goes to
        another way is not made up for: one that was full shall not be flooded afterwards."""
        ready = [way for way in self._ways if not way.breaker.wait()]
        for way in ready:
            way.credit += way.weight
        first = max(ready, key=lambda way: way.credit)
        first.credit -= sum(way.weight for way in ready)
        yield first
        rest = [way for way in ready if way is not first]
        yield from sorted(rest, key=lambda way: -way.weight)

    def _shortest_wait(self) -> float:
        return min(way.breaker.wait() for way in self._ways)

    def unavailable_reason(self) -> str:
        """Why nothing can leave: what is wrong with each relay; "" while one of them may work."""
        if not self._shortest_wait():
            return ""
        return "; ".join(f"{way.transport.name} {way.breaker}" for way in self._ways)

    def close(self) -> None:
        for way in self._ways:
            way.transport.close()


def _try_route(way: Route, mail: Mail) -> Generator[Step, bool, tuple[Outcome | None, bool]]:
    """The steps of one way; the outcome, and whether the licence was asked for. No outcome, and
    nothing begun, where other mails found out meanwhile that the way does not work."""
    asked = False
    steps = way.transport.steps(mail)
    way.in_flight += 1
    try:
        step = next(steps)
        while True:
            asked = asked or isinstance(step, AskPermit)
            answer = yield step
            if isinstance(step, Blocking) and way.breaker.wait():
                return None, asked
            step = steps.send(answer)
    except StopIteration as ended:
        return ended.value, asked
    finally:
        way.in_flight -= 1
        steps.close()


def _may_go_elsewhere(outcome: Outcome) -> bool:
    """Whether nobody has said anything about the mail or its recipient yet."""
    return backend_fault(outcome) or outcome.phase == "address" or _was_full(outcome)


def _was_full(outcome: Outcome) -> bool:
    return outcome.result == Result.DEFERRED and outcome.phase == "connections"


def read_backends(raw: str) -> tuple[Backend, ...]:
    """The relays and providers that EMAIL_URL names, blanks between them; ValueError or KeyError
    where one cannot be read, or two have one name."""
    urls = raw.split()
    read = tuple(_backend(url) for url in urls)
    if len({backend.name for backend in read}) < len(read):
        raise ValueError("Give each of several relays a #name= of its own.")
    return read


def _backend(url: str) -> Backend:
    return Provider.from_url(url) if url.startswith("anymail:") else Relay.from_url(url)


def open_router(
    backends: Sequence[Backend], throttle: Throttle, sign: Callable[[bytes], bytes] | None = None
) -> Router:
    """The way out through these; `sign` is for relays only, for providers sign themselves."""
    ways = [Route(_transport(each, sign), each.weight, _breaker(each)) for each in backends]
    return Router(ways, throttle)


def open_directly(
    backends: Sequence[Backend], sign: Callable[[bytes], bytes] | None = None
) -> Router:
    """Open transports that share nothing with others: no limit, no breaker's memory. Each mail goes
    to the first backend that can be reached."""
    # Shares so unequal that no later backend has its turn before very many mails.
    ways = [
        Route(_transport(backend, sign), MOST_WEIGHT**place, CircuitBreaker())
        for place, backend in zip(range(len(backends), 0, -1), backends, strict=True)
    ]
    return Router(ways, LocalThrottle(Limits.rates("none"), Limits.counts("none")))


def _transport(backend: Backend, sign: Callable[[bytes], bytes] | None) -> Transport:
    if isinstance(backend, Provider):
        return AnymailTransport(backend)
    return SmtpTransport(backend, sign)


@cache
def _breaker(backend: Backend) -> CircuitBreaker:
    """A process's own knowledge of a relay; connections come and go."""
    return CircuitBreaker()


@cache
def throttle(redis_url: str, rates: Limits, counts: Limits) -> Throttle:
    """The throttle in that Redis, and without one that of the process."""
    if redis_url:
        from .shared_rate_limits import SharedThrottle  # its library takes a tenth of a second

        return SharedThrottle.at(redis_url, rates, counts)
    return LocalThrottle(rates, counts)


def _domain(envelope: Envelope) -> str:
    domain = envelope.recipient.rpartition("@")[2].lower()
    try:
        return ascii_domain(domain)
    except UnsupportedAddress:
        return domain
