"""Several relays: one that has no connection free, or is down, keeps no mail from the others."""

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
Out = Callable[..., Router]


def mail(number: int = 0, name: str = "p") -> Mail:
    envelope = Envelope("digest@example.org", f"{name}{number}@example.org")
    return Mail(envelope, lambda: b"Subject: hello\r\n\r\nhello\r\n", number)


def sent_to_all(way_out: Router, count: int) -> "Ledger":
    ledger = Ledger()
    send_all(way_out, map(mail, range(count)), ledger)
    return ledger


class Ledger:
    """A book in memory that licenses everything."""

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
def out() -> Iterator[Out]:
    """The way out through relays on these ports, each with its weight and so many connections."""
    made: list[Router] = []

    def make(*ports: int, weights: Sequence[int] = (1, 1), connections: int = 1) -> Router:
        ways = [
            Route(
                SmtpTransport(Relay("127.0.0.1", port, connections=connections)),
                weight,
                CircuitBreaker(),
            )
            for port, weight in zip(ports, weights, strict=False)
        ]
        made.append(Router(ways, LocalThrottle(Limits(), Limits())))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def held(way_out: Router) -> Steps:
    """A mail that waits for its licence, and so keeps a connection."""
    steps = way_out.steps(mail())
    while not isinstance(step := next(steps), AskPermit):
        if isinstance(step, Wait):
            step.block()
    return steps


def licensed(steps: Steps) -> Outcome:
    try:
        step = steps.send(True)
        while isinstance(step, Wait):
            step.block()
            step = next(steps)
    except StopIteration as ended:
        outcome: Outcome = ended.value
        return outcome
    raise AssertionError(step)


def test_what_a_slow_relay_has_no_connection_for_goes_to_the_other(sinks: Sinks, out: Out) -> None:
    fast = sinks()

    def when_the_others_have_left() -> str:
        until = time.monotonic() + 5
        while len(fast.accepted) < 19 and time.monotonic() < until:
            time.sleep(0.001)
        return "250 at last"

    slow = sinks(dot=[when_the_others_have_left])
    ledger = sent_to_all(out(slow.port, fast.port), 20)
    assert ledger.results == {Result.ACCEPTED: 20}
    assert ledger.asked == dict.fromkeys(range(20), 1)
    assert (len(slow.accepted), len(fast.accepted)) == (1, 19)


def test_a_relay_that_is_down_has_no_lanes(sinks: Sinks, out: Out, closed_port: int) -> None:
    def at_leisure() -> str:
        time.sleep(0.005)
        return "250 taken"

    up = sinks(dot=[at_leisure] * 50)
    way_out = out(closed_port, up.port, connections=2)
    assert way_out.max_in_flight == 4
    assert way_out.send(mail().envelope, b"\r\n", lambda: True).result == Result.ACCEPTED
    assert way_out.max_in_flight == 2
    assert sent_to_all(way_out, 40).results == {Result.ACCEPTED: 40}


def test_what_is_under_way_on_a_broken_relay_takes_no_lane_of_the_other(
    sinks: Sinks, out: Out
) -> None:
    way_out = out(sinks().port, sinks().port, connections=3)
    first = held(way_out)
    way_out._routes[0].breaker.record(GONE)
    assert way_out.max_in_flight == 1 + 3
    assert licensed(first).result == Result.ACCEPTED
    assert way_out.max_in_flight == 3


def test_with_all_of_them_broken_the_next_mail_finds_out(sinks: Sinks, out: Out) -> None:
    way_out = out(sinks().port, connections=3)
    way_out._routes[0].breaker.record(GONE)
    assert way_out.max_in_flight == 3
    assert sent_to_all(way_out, 10).results == {Result.DEFERRED: 10}


@pytest.mark.parametrize("relays", [1, 2])
def test_with_all_of_them_full_a_mail_waits(sinks: Sinks, out: Out, relays: int) -> None:
    way_out = out(*(sinks().port for _ in range(relays)))
    in_flight = [held(way_out) for _ in range(relays)]
    outcome = way_out.send(mail().envelope, b"", lambda: pytest.fail("there was a licence"))
    assert (outcome.result, outcome.phase, outcome.wait) == (Result.DEFERRED, "connections", 1.0)
    assert [licensed(each).result for each in in_flight] == [Result.ACCEPTED] * relays
    assert way_out.unavailable_reason() == ""


def test_what_another_relay_says_is_not_the_last_word_while_one_is_full(
    sinks: Sinks, out: Out, closed_port: int
) -> None:
    able, plain = sinks("SMTPUTF8"), sinks()
    for second in (plain.port, closed_port):
        way_out = out(able.port, second, weights=(9, 1))
        in_flight = held(way_out)
        outcome = way_out.send(mail(name="ü").envelope, b"", lambda: pytest.fail("a licence"))
        assert (outcome.result, outcome.phase) == (Result.DEFERRED, "connections")
        in_flight.close()


def test_after_having_been_full_it_gets_its_share_again(sinks: Sinks, out: Out) -> None:
    heavy, light = sinks(), sinks()
    way_out = out(heavy.port, light.port, weights=(5, 1))
    in_flight = held(way_out)
    for count in range(1, 51):
        way_out.send(mail().envelope, b"\r\n", lambda: True)
        assert len(light.accepted) == count
    assert licensed(in_flight).result == Result.ACCEPTED
    heavy.accepted.clear()
    light.accepted.clear()
    for _ in range(36):
        way_out.send(mail().envelope, b"\r\n", lambda: True)
    assert abs(len(heavy.accepted) - 30) <= 1
    assert len(heavy.accepted) + len(light.accepted) == 36
