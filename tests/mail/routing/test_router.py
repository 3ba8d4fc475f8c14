"""Several relays: shares by weight, circuit breakers, one permit a mail."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from digest.mail.routing import router
from digest.mail.routing.circuit_breaker import FIRST_PAUSE, CircuitBreaker
from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.relay import Relay
from digest.mail.routing.router import Route, Router, open_router, read_backends, throttle
from digest.mail.routing.shared_rate_limits import SharedThrottle
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import (
    AskPermit,
    Envelope,
    Mail,
    Outcome,
    Result,
    Steps,
    Transport,
)
from tests.support.sink import Sink

MESSAGE = b"Subject: hello\r\n\r\nhello\r\n"
NONE = Limits()


def to(recipient: str) -> Envelope:
    return Envelope("digest@example.org", recipient)


ADA = to("ada@example.org")


@pytest.fixture
def sinks() -> Iterator[Callable[..., Sink]]:
    with ExitStack() as stack:
        yield lambda *args, **script: stack.enter_context(Sink(*args, **script))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


MakeRouter = Callable[..., Router]


@pytest.fixture
def make_router(clock: Clock) -> Iterator[MakeRouter]:
    made: list[Router] = []

    def make(
        *sinks: Sink,
        weights: tuple[int, ...] = (),
        rates: Limits = NONE,
        counts: Limits = NONE,
    ) -> Router:
        routes = []
        for number, sink in enumerate(sinks):
            transport = SmtpTransport(Relay("127.0.0.1", sink.port, name=f"relay{number}"))
            routes.append(Route(transport, (weights or (1,) * 9)[number], CircuitBreaker(clock)))
        made.append(Router(routes, LocalThrottle(rates, counts, clock)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_each_gets_its_share_on_a_kept_connection(
    sinks: Callable[..., Sink], make_router: MakeRouter
) -> None:
    a, b, c = sinks(), sinks(), sinks()
    transport = make_router(a, b, c, weights=(5, 3, 1))
    names: list[str] = []
    for _ in range(27):
        assert transport.send(ADA, MESSAGE, lambda: True).result == Result.ACCEPTED
        names.append(transport.name)
    assert Counter(names) == {"relay0": 15, "relay1": 9, "relay2": 3}
    assert [len(sink.accepted) for sink in (a, b, c)] == [15, 9, 3]
    assert [sink.seen.count("connect") for sink in (a, b, c)] == [1, 1, 1]
    assert "relay1" in names[:3]  # mixed, not one after the other


@pytest.mark.parametrize(
    "script",
    [
        {"connect": ["421 busy"]},
        {"connect": [None]},
        {"EHLO": [None]},
        {"MAIL": ["451 4.3.0 later"]},
        {"MAIL": [None]},
        {"MAIL": ["550 5.7.1 who are you"]},
    ],
)
def test_a_mail_that_fails_before_the_recipient_goes_to_another_relay(
    sinks: Callable[..., Sink],
    make_router: MakeRouter,
    clock: Clock,
    script: dict[str, list[str | None]],
) -> None:
    bad, good = sinks(**script), sinks()
    transport = make_router(bad, good)
    permits = 0

    def permit() -> bool:
        nonlocal permits
        permits += 1
        return True

    assert transport.send(ADA, MESSAGE, permit).result == Result.ACCEPTED
    assert (transport.name, permits, len(good.accepted), len(bad.accepted)) == ("relay1", 1, 1, 0)
    for _ in range(4):
        transport.send(ADA, MESSAGE, permit)
    assert (len(good.accepted), len(bad.accepted)) == (5, 0)
    assert transport.unavailable_reason() == ""
    clock.now += FIRST_PAUSE
    for _ in range(4):
        transport.send(ADA, MESSAGE, permit)
    assert len(bad.accepted) == 2


@pytest.mark.parametrize(
    "script",
    [
        {"RCPT": ["550 5.1.1 nobody"]},
        {"RCPT": ["450 4.2.1 later"]},
        {"DATA": ["451 later"]},
        {"dot": ["554 5.7.1 no"]},
        {"dot": [None]},
        {"dot": ["taken, silent"]},
    ],
)
def test_no_other_relay_gets_a_mail_that_one_has_replied_to(
    sinks: Callable[..., Sink], make_router: MakeRouter, script: dict[str, list[str | None]]
) -> None:
    first, second = sinks(**script), sinks()
    outcome = make_router(first, second).send(ADA, MESSAGE, lambda: True)
    assert outcome.result in (Result.REFUSED, Result.UNKNOWN)
    assert second.seen == []


class RefusedAfterPermit(Transport):
    """Requests the permit and then finds its credentials refused, as over HTTP."""

    name = "http"

    def steps(self, mail: Mail) -> Steps:
        assert (yield AskPermit(self.name))
        return Outcome(Result.REFUSED, "MAIL", 535, "HTTP 401")

    def close(self) -> None: ...


def test_after_the_permit_there_is_no_second_try(sinks: Callable[..., Sink]) -> None:
    sink = sinks()
    second = SmtpTransport(Relay("127.0.0.1", sink.port))
    routes = [Route(RefusedAfterPermit(), 9, CircuitBreaker()), Route(second, 1, CircuitBreaker())]
    transport = Router(routes, LocalThrottle(NONE, NONE))
    outcome = transport.send(ADA, MESSAGE, lambda: True)
    assert (outcome.code, sink.seen) == (535, [])
    assert disposition(outcome) == Disposition.RETRY


def test_with_all_breakers_open_nothing_is_tried(
    sinks: Callable[..., Sink], make_router: MakeRouter, clock: Clock
) -> None:
    a, b = sinks(connect=["421 busy"]), sinks(connect=[None])
    transport = make_router(a, b)
    outcome = transport.send(ADA, MESSAGE, lambda: pytest.fail("there was a permit"))
    assert (outcome.result, disposition(outcome)) == (Result.UNREACHED, Disposition.RETRY)
    assert "relay0 is left alone for 10 s (connect: 421" in transport.unavailable_reason()
    assert "relay1 is left alone for 10 s" in transport.unavailable_reason()
    outcome = transport.send(ADA, MESSAGE, lambda: pytest.fail("there was a permit"))
    assert (outcome.result, outcome.wait) == (Result.DEFERRED, FIRST_PAUSE)
    assert disposition(outcome) == Disposition.DEFER
    assert [sink.seen.count("connect") for sink in (a, b)] == [1, 1]
    clock.now += FIRST_PAUSE
    assert transport.unavailable_reason() == ""
    assert transport.send(ADA, MESSAGE, lambda: True).result == Result.ACCEPTED


def test_a_domain_out_of_tokens_waits_and_the_others_do_not(
    sinks: Callable[..., Sink], make_router: MakeRouter, clock: Clock
) -> None:
    sink = sinks()
    transport = make_router(sink, rates=Limits(0.0, (("slow.example", 0.05),)))
    assert transport.send(to("a@slow.example"), MESSAGE, lambda: True).result == Result.ACCEPTED
    outcome = transport.send(to("b@SLOW.example"), MESSAGE, lambda: pytest.fail("permit"))
    assert (outcome.result, disposition(outcome)) == (Result.DEFERRED, Disposition.DEFER)
    assert outcome.wait == pytest.approx(20)
    assert transport.send(ADA, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert len(sink.accepted) == 2
    clock.now += outcome.wait
    assert transport.send(to("b@slow.example"), MESSAGE, lambda: True).result == Result.ACCEPTED


@pytest.mark.parametrize("command", ["RCPT", "DATA", "dot"])
def test_421_closes_the_connection_and_slows_the_domain(
    sinks: Callable[..., Sink], make_router: MakeRouter, command: str
) -> None:
    sink = sinks(**{command: ["421 4.7.28 too fast"]})
    transport = make_router(sink)
    refused = transport.send(ADA, MESSAGE, lambda: True)
    assert (refused.code, disposition(refused)) == (421, Disposition.RETRY)
    assert transport.send(ADA, MESSAGE, lambda: True).result == Result.DEFERRED
    assert transport.send(to("a@b.example"), MESSAGE, lambda: True).result == Result.ACCEPTED
    assert sink.seen.count("connect") == 2


def test_places_are_given_back_whatever_happens(
    sinks: Callable[..., Sink], make_router: MakeRouter
) -> None:
    sink = sinks(RCPT=["550 5.1.1 nobody"], dot=[None])
    transport = make_router(sink, counts=Limits(1.0))

    def broken() -> bool:
        raise RuntimeError("the database is away")

    ends = [transport.send(ADA, MESSAGE, lambda: True).result for _ in range(2)]
    assert ends == [Result.REFUSED, Result.UNKNOWN]
    with pytest.raises(RuntimeError):
        transport.send(ADA, MESSAGE, broken)
    assert transport.send(ADA, MESSAGE, lambda: True).result == Result.ACCEPTED
    assert len(sink.accepted) == 1


def test_an_address_that_one_relay_cannot_write_goes_to_one_that_can(
    sinks: Callable[..., Sink], make_router: MakeRouter
) -> None:
    plain, able = sinks(), sinks("SMTPUTF8")
    envelope = to("jürgen@bücher.example")
    assert make_router(plain, able).send(envelope, MESSAGE, lambda: True).result == Result.ACCEPTED
    outcome = make_router(plain).send(envelope, MESSAGE, lambda: True)
    assert disposition(outcome) == Disposition.FAIL
    assert make_router(plain).unavailable_reason() == ""


def test_the_list_of_relays_is_read() -> None:
    raw = "smtp://a.example#name=one&weight=3  smtps://u:p%23w@b.example:4650#name=two"
    assert read_backends(raw) == (
        Relay("a.example", 25, name="one", weight=3),
        Relay("b.example", 4650, "u", "p#w", "tls", name="two"),
    )
    assert read_backends("") == ()


@pytest.mark.parametrize(
    "raw",
    ["smtp://a smtp://b", "smtp://a#name=x smtp://b#name=x", "smtp://a#weight=0",
     "smtp://a#weight=x", "smtp://a?tls=1", "smtp://a/b",
     "smtp://a#name=A%20B", "smtp://a#wait=3", "smtp://a#name", "smtp://a,smtp://b:25", "anymail://",
     "anymail://nobody?api_key=x", "anymail://base?x=y", "anymail://mailgun/x?api_key=y"],
)  # fmt: skip
def test_a_list_that_cannot_be_used(raw: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        read_backends(raw)


def test_a_breaker_outlives_the_connections(sinks: Callable[..., Sink]) -> None:
    relay = Relay("127.0.0.1", sinks(connect=["421 busy"]).port)
    shares = LocalThrottle(NONE, NONE)
    open_router([relay], shares).send(ADA, MESSAGE, lambda: True)
    assert open_router([relay], shares).unavailable_reason() != ""
    router._breaker.cache_clear()


def test_the_throttle_is_in_redis_where_there_is_one() -> None:
    assert isinstance(throttle("", NONE, NONE), LocalThrottle)
    assert throttle("", NONE, NONE) is throttle("", NONE, NONE)
    assert isinstance(throttle("redis://127.0.0.1:1/0", NONE, NONE), SharedThrottle)
