"""Sending through several backends: shares by weight, circuit breakers, rate limits by domain."""

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
    """One backend with its weight and its circuit breaker.

    `credit` is its state in the weighted round robin, `in_flight` the number of mails it has.
    """

    transport: Transport
    weight: int
    breaker: CircuitBreaker
    credit: int = 0
    in_flight: int = 0

    @property
    def max_in_flight(self) -> int:
        """How many mails it can send at once; while the breaker is open, those in flight."""
        return self.in_flight if self.breaker.wait() else self.transport.max_in_flight


class Router(Transport):
    """A transport made of several. `name` is that of the backend used last."""

    def __init__(self, routes: Sequence[Route], throttle: Throttle) -> None:
        self._routes = list(routes)
        self._throttle = throttle
        self.name = self._routes[0].transport.name

    @property
    def max_in_flight(self) -> int:  # type: ignore[override]
        """The sum over the routes; it shrinks if a relay refuses connections.

        While every breaker is open mails are taken as usual, to be DEFERRED.
        """
        if self.unavailable_reason():
            return sum(route.transport.max_in_flight for route in self._routes)
        return sum(route.max_in_flight for route in self._routes)

    @property
    def backends(self) -> frozenset[str]:
        return frozenset(route.transport.name for route in self._routes)

    def steps(self, mail: Mail) -> Steps:
        """Offer one mail to the backend whose turn it is.

        If that fails before it has requested the permit, or is busy, the others are tried in turn.
        DEFERRED, with a `wait`, if the domain's rate limit is reached or no backend is available.
        """
        if self.unavailable_reason():
            return self._unavailable()
        domain, sending_id = _domain(mail.envelope), uuid.uuid4().hex
        if wait := self._throttle.acquire(domain, sending_id):
            reason = f"{domain} has reached its rate limit for now."
            return Outcome(Result.DEFERRED, "throttle", text=reason, wait=wait)
        try:
            outcome = yield from self._first_working_route(mail)
        finally:
            self._throttle.release(domain, sending_id)
        if outcome.code == 421 and not backend_fault(outcome):
            self._throttle.slow_down(domain)
        return outcome

    def _first_working_route(self, mail: Mail) -> Steps:
        outcome: Outcome | None = None
        for route in self._in_turn():
            self.name = mail.backend = route.transport.name
            tried, asked = yield from _try_route(route, mail)
            if tried is None:
                continue
            route.breaker.record(tried)
            if asked or not _may_try_others(tried):
                return tried
            # A backend that was busy may take it soon, whatever the others answer.
            outcome = outcome if outcome and _was_busy(outcome) else tried
        return outcome or self._unavailable()

    def _unavailable(self) -> Outcome:
        return Outcome(
            Result.DEFERRED, "breaker", text=self.unavailable_reason(), wait=self._shortest_wait()
        )

    def _in_turn(self) -> Iterator[Route]:
        """The available routes: first the one whose turn it is (smooth weighted round robin), then
        the others, the heaviest first.

        A route that could not use its turn gets no compensation: a relay that was busy must not
        be flooded afterwards.
        """
        ready = [route for route in self._routes if not route.breaker.wait()]
        for route in ready:
            route.credit += route.weight
        first = max(ready, key=lambda route: route.credit)
        first.credit -= sum(route.weight for route in ready)
        yield first
        rest = [route for route in ready if route is not first]
        yield from sorted(rest, key=lambda route: -route.weight)

    def _shortest_wait(self) -> float:
        return min(route.breaker.wait() for route in self._routes)

    def unavailable_reason(self) -> str:
        """What is wrong with each backend, "" if any is available."""
        if not self._shortest_wait():
            return ""
        return "; ".join(f"{route.transport.name} {route.breaker}" for route in self._routes)

    def close(self) -> None:
        for route in self._routes:
            route.transport.close()


def _try_route(route: Route, mail: Mail) -> Generator[Step, bool, tuple[Outcome | None, bool]]:
    """Send through one route; return the outcome, and whether the permit was requested.

    The outcome is None, and nothing was begun, if the breaker has opened meanwhile.
    """
    asked = False
    steps = route.transport.steps(mail)
    route.in_flight += 1
    try:
        step = next(steps)
        while True:
            asked = asked or isinstance(step, AskPermit)
            answer = yield step
            if isinstance(step, Blocking) and route.breaker.wait():
                return None, asked
            step = steps.send(answer)
    except StopIteration as ended:
        return ended.value, asked
    finally:
        route.in_flight -= 1
        steps.close()


def _may_try_others(outcome: Outcome) -> bool:
    """Whether no server has replied about the mail or its recipient yet."""
    return backend_fault(outcome) or outcome.phase == "address" or _was_busy(outcome)


def _was_busy(outcome: Outcome) -> bool:
    return outcome.result == Result.DEFERRED and outcome.phase == "connections"


def read_backends(raw: str) -> tuple[Backend, ...]:
    """Read the relays and providers of EMAIL_URL, separated by blanks.

    Raises ValueError or KeyError if one cannot be read, or two have the same name.
    """
    urls = raw.split()
    backends: tuple[Backend, ...] = tuple(
        Provider.from_url(url) if url.startswith("anymail:") else Relay.from_url(url)
        for url in urls
    )
    if len({backend.name for backend in backends}) < len(backends):
        raise ValueError("Give each of several relays its own #name=.")
    return backends


def open_router(
    backends: Sequence[Backend], throttle: Throttle, sign: Callable[[bytes], bytes] | None = None
) -> Router:
    """Open a router over these backends. `sign` is for relays; providers sign by themselves."""
    routes = [Route(_transport(each, sign), each.weight, _breaker(each)) for each in backends]
    return Router(routes, throttle)


def open_directly(
    backends: Sequence[Backend], sign: Callable[[bytes], bytes] | None = None
) -> Router:
    """Open a router without rate limits and with breakers of its own.

    Each mail goes to the first backend that can be reached.
    """
    # Weights so unequal that no later backend has its turn before very many mails.
    routes = [
        Route(_transport(backend, sign), MOST_WEIGHT**place, CircuitBreaker())
        for place, backend in zip(range(len(backends), 0, -1), backends, strict=True)
    ]
    return Router(routes, LocalThrottle(Limits.rates("none"), Limits.counts("none")))


def _transport(backend: Backend, sign: Callable[[bytes], bytes] | None) -> Transport:
    if isinstance(backend, Provider):
        return AnymailTransport(backend)
    return SmtpTransport(backend, sign)


@cache
def _breaker(backend: Backend) -> CircuitBreaker:
    """The breaker of a backend in this process, kept longer than the connections."""
    return CircuitBreaker()


@cache
def throttle(redis_url: str, rates: Limits, counts: Limits) -> Throttle:
    """The throttle in that Redis; without a URL, that of this process."""
    if redis_url:
        from .shared_rate_limits import SharedThrottle  # importing redis takes 0.1 s

        return SharedThrottle.at(redis_url, rates, counts)
    return LocalThrottle(rates, counts)


def _domain(envelope: Envelope) -> str:
    domain = envelope.recipient.rpartition("@")[2].lower()
    try:
        return ascii_domain(domain)
    except UnsupportedAddress:
        return domain
