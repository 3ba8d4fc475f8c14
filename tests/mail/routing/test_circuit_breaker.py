"""A failing relay is paused for growing times, and never because of a recipient."""

import pytest

from digest.mail.routing.circuit_breaker import (
    FIRST_PAUSE,
    FORGIVEN,
    LONGEST_PAUSE,
    MOST_POLICY,
    CircuitBreaker,
)
from digest.mail.transport import Outcome, Result

TAKEN = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok")
NOBODY = Outcome(Result.REFUSED, "RCPT", 550, "5.1.1 nobody")
POLICY = Outcome(Result.REFUSED, "dot", 554, "5.7.26 dmarc")
GONE = Outcome(Result.UNREACHED, "connect", None, "connection refused")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_reason_has_no_address(clock: Clock) -> None:
    breaker = CircuitBreaker(clock)
    refused = "5.7.1 <ada@example.org>: Relay access denied (to=bob@example.org)"
    for _ in range(MOST_POLICY):
        breaker.record(Outcome(Result.REFUSED, "RCPT", 550, refused))
    assert str(breaker) == "is left alone for 10 s (RCPT: 550 5.7.1 … Relay access denied …)"


@pytest.mark.parametrize(
    "outcome",
    [
        GONE,
        Outcome(Result.UNREACHED, "connect", 535, "5.7.8 no"),
        Outcome(Result.UNREACHED, "MAIL"),
        Outcome(Result.REFUSED, "MAIL", 451, "later"),
        Outcome(Result.REFUSED, "MAIL", 421, "closing"),
    ],
)
def test_a_failure_before_the_recipient_opens_at_once(clock: Clock, outcome: Outcome) -> None:
    breaker = CircuitBreaker(clock)
    assert breaker.wait() == 0
    breaker.record(outcome)
    assert breaker.wait() == FIRST_PAUSE
    assert outcome.phase in str(breaker)


@pytest.mark.parametrize(
    "outcome",
    [
        TAKEN,
        NOBODY,
        Outcome(Result.REFUSED, "RCPT", 421, "closing"),
        Outcome(Result.NO_PERMIT, "permit"),
        Outcome(Result.DEFERRED, "throttle"),
    ],
)
def test_outcomes_that_are_not_about_the_relay_never_open(clock: Clock, outcome: Outcome) -> None:
    breaker = CircuitBreaker(clock)
    for _ in range(100):
        breaker.record(outcome)
    assert breaker.wait() == 0


def test_the_pauses_grow_and_start_small_again(clock: Clock) -> None:
    breaker, pauses = CircuitBreaker(clock), []
    for _ in range(9):
        breaker.record(GONE)
        pauses.append(breaker.wait())
        clock.now += breaker.wait()
        assert breaker.wait() == 0
    assert pauses == [10, 20, 40, 80, 160, 320, 640, LONGEST_PAUSE, LONGEST_PAUSE]
    breaker.record(TAKEN)
    clock.now += FORGIVEN + 1
    breaker.record(GONE)
    assert breaker.wait() == FIRST_PAUSE


def test_many_policy_refusals_open_it(clock: Clock) -> None:
    breaker = CircuitBreaker(clock)
    for _ in range(MOST_POLICY - 1):
        breaker.record(POLICY)
        breaker.record(TAKEN)
    assert breaker.wait() == 0
    breaker.record(POLICY)
    assert breaker.wait() == FIRST_PAUSE


def test_few_policy_refusals_among_many_mails_do_not(clock: Clock) -> None:
    breaker = CircuitBreaker(clock)
    for _ in range(20):
        breaker.record(POLICY)
        for _ in range(9):
            breaker.record(TAKEN)
    assert breaker.wait() == 0


def test_half_open_one_refusal_opens_and_one_success_closes(clock: Clock) -> None:
    breaker = CircuitBreaker(clock)
    breaker.record(GONE)
    clock.now += FIRST_PAUSE
    breaker.record(POLICY)
    assert breaker.wait() == 2 * FIRST_PAUSE
    clock.now += 2 * FIRST_PAUSE
    breaker.record(TAKEN)
    breaker.record(POLICY)
    assert breaker.wait() == 0


@pytest.mark.parametrize("outcome", [Outcome(Result.UNREACHED, "body"), Outcome(Result.UNKNOWN)])
def test_connections_that_keep_breaking_open_it(clock: Clock, outcome: Outcome) -> None:
    breaker = CircuitBreaker(clock)
    for _ in range(4):
        breaker.record(outcome)
    breaker.record(TAKEN)
    for _ in range(4):
        breaker.record(outcome)
    assert breaker.wait() == 0
    breaker.record(outcome)
    assert breaker.wait() == FIRST_PAUSE
