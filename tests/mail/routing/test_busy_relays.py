"""Several relays: mails do not wait for one that is busy or down."""

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from digest.mail.routing.circuit_breaker import CircuitBreaker
from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.relay import Relay
from digest.mail.routing.router import Route, Router
from digest.mail.send_loop import MailOutcome, PermitRequest, send_all
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import AskPermit, Envelope, Mail, Outcome, Result, Steps, Wait
from tests.support.sink import Sink

GONE = Outcome(Result.UNREACHED, "connect", None, "connection refused")
Sinks = Callable[..., Sink]
MakeRouter = Callable[..., Router]


def mail(number: int = 0, name: str = "p") -> Mail:
    envelope = Envelope("digest@example.org", f"{name}{number}@example.org")
    return Mail(envelope, lambda: b"Subject: hello\r\n\r\nhello\r\n", number)


def sent_to_all(transport: Router, count: int) -> "MemoryRecorder":
    recorder = MemoryRecorder()
    send_all(transport, map(mail, range(count)), recorder)
    return recorder


class MemoryRecorder:
    """A recorder in memory that permits everything."""

    def __init__(self) -> None:
        self.results: Counter[Result] = Counter()
        self.asked: Counter[int] = Counter()

    def record_and_permit(
        self, ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]
    ) -> set[Mail]:
        self.results.update(each.outcome.result for each in ended)
        self.asked.update(each.mail.row for each in asking)
        return {each.mail for each in asking}

    def give_up(self, mail: Mail, wrong: Exception) -> None:
        raise wrong


@pytest.fixture
def sinks() -> Iterator[Sinks]:
    with ExitStack() as stack:
        yield lambda *args, **script: stack.enter_context(Sink(*args, **script))


@pytest.fixture
def make_router() -> Iterator[MakeRouter]:
    """Make a router over relays on these ports, each with a weight and a number of connections."""
    made: list[Router] = []

    def make(*ports: int, weights: Sequence[int] = (1, 1), connections: int = 1) -> Router:
        routes = [
            Route(
                SmtpTransport(Relay("127.0.0.1", port, connections=connections)),
                weight,
                CircuitBreaker(),
            )
            for port, weight in zip(ports, weights, strict=False)
        ]
        made.append(Router(routes, LocalThrottle(Limits(), Limits())))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def awaiting_permit(transport: Router) -> Steps:
    """The steps of a mail that waits for its permit, and so keeps a connection."""
    steps = transport.steps(mail())
    while not isinstance(step := next(steps), AskPermit):
        if isinstance(step, Wait):
            step.block()
    return steps


def with_permit(steps: Steps) -> Outcome:
    """Grant the permit; the outcome of the mail."""
    try:
        step = steps.send(True)
        while isinstance(step, Wait):
            step.block()
            step = next(steps)
    except StopIteration as ended:
        outcome: Outcome = ended.value
        return outcome
    raise AssertionError(step)


def test_mails_that_a_slow_relay_has_no_connection_for_go_to_the_other(
    sinks: Sinks, make_router: MakeRouter
) -> None:
    fast = sinks()

    def when_the_others_have_left() -> str:
        until = time.monotonic() + 5
        while len(fast.accepted) < 19 and time.monotonic() < until:
            time.sleep(0.001)
        return "250 at last"

    slow = sinks(dot=[when_the_others_have_left])
    recorder = sent_to_all(make_router(slow.port, fast.port), 20)
    assert recorder.results == {Result.ACCEPTED: 20}
    assert recorder.asked == dict.fromkeys(range(20), 1)
    assert (len(slow.accepted), len(fast.accepted)) == (1, 19)


def test_a_relay_that_is_down_takes_no_mail_at_once(
    sinks: Sinks, make_router: MakeRouter, closed_port: int
) -> None:
    def at_leisure() -> str:
        time.sleep(0.005)
        return "250 taken"

    up = sinks(dot=[at_leisure] * 50)
    transport = make_router(closed_port, up.port, connections=2)
    assert transport.max_in_flight == 4
    assert transport.send(mail().envelope, b"\r\n", lambda: True).result == Result.ACCEPTED
    assert transport.max_in_flight == 2
    assert sent_to_all(transport, 40).results == {Result.ACCEPTED: 40}


def test_mails_in_flight_on_a_broken_relay_take_no_place_of_the_other(
    sinks: Sinks, make_router: MakeRouter
) -> None:
    transport = make_router(sinks().port, sinks().port, connections=3)
    first = awaiting_permit(transport)
    transport._routes[0].breaker.record(GONE)
    assert transport.max_in_flight == 1 + 3
    assert with_permit(first).result == Result.ACCEPTED
    assert transport.max_in_flight == 3


def test_with_all_breakers_open_mails_are_deferred(sinks: Sinks, make_router: MakeRouter) -> None:
    transport = make_router(sinks().port, connections=3)
    transport._routes[0].breaker.record(GONE)
    assert transport.max_in_flight == 3
    assert sent_to_all(transport, 10).results == {Result.DEFERRED: 10}


@pytest.mark.parametrize("relays", [1, 2])
def test_with_all_relays_busy_a_mail_waits(
    sinks: Sinks, make_router: MakeRouter, relays: int
) -> None:
    transport = make_router(*(sinks().port for _ in range(relays)))
    in_flight = [awaiting_permit(transport) for _ in range(relays)]
    outcome = transport.send(mail().envelope, b"", lambda: pytest.fail("there was a permit"))
    assert (outcome.result, outcome.phase, outcome.wait) == (Result.DEFERRED, "connections", 1.0)
    assert [with_permit(each).result for each in in_flight] == [Result.ACCEPTED] * relays
    assert transport.unavailable_reason() == ""


def test_a_mail_waits_for_a_busy_relay_whatever_another_one_replies(
    sinks: Sinks, make_router: MakeRouter, closed_port: int
) -> None:
    able, plain = sinks("SMTPUTF8"), sinks()
    for second in (plain.port, closed_port):
        transport = make_router(able.port, second, weights=(9, 1))
        in_flight = awaiting_permit(transport)
        outcome = transport.send(mail(name="ü").envelope, b"", lambda: pytest.fail("a permit"))
        assert (outcome.result, outcome.phase) == (Result.DEFERRED, "connections")
        in_flight.close()


def test_a_relay_that_was_busy_gets_its_share_again(sinks: Sinks, make_router: MakeRouter) -> None:
    heavy, light = sinks(), sinks()
    transport = make_router(heavy.port, light.port, weights=(5, 1))
    in_flight = awaiting_permit(transport)
    for count in range(1, 51):
        transport.send(mail().envelope, b"\r\n", lambda: True)
        assert len(light.accepted) == count
    assert with_permit(in_flight).result == Result.ACCEPTED
    heavy.accepted.clear()
    light.accepted.clear()
    for _ in range(36):
        transport.send(mail().envelope, b"\r\n", lambda: True)
    assert abs(len(heavy.accepted) - 30) <= 1
    assert len(heavy.accepted) + len(light.accepted) == 36
