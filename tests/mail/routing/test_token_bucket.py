"""The formula of the rate limits gives the same answers in a process and in Redis."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.shared_rate_limits import SharedThrottle
from digest.mail.routing.token_bucket import FIRST_SLOW, RECOVERY

pytestmark = pytest.mark.redis

START = 1_700_000_000_000_000  # microseconds
# Some of these meet the edges: a full bucket, a rate that has just grown back.
PAUSES = st.sampled_from([0, 1, 1_000_000, 20_000_000, int(RECOVERY) * 1_000_000]) | st.integers(
    0, 200_000_000
)
STEPS = st.lists(
    st.tuples(
        PAUSES, st.sampled_from(["acquire"] * 6 + ["release", "slow_down"]), st.sampled_from("xyz")
    ),
    min_size=1,
    max_size=60,
)
RATES = st.sampled_from([0.0, 1 / 60, 0.1, 1.0, 20.0]) | st.floats(0.02, 100)


class Clock:
    """One clock for a process and for Redis, whose TIME counts microseconds."""

    def __init__(self) -> None:
        self.microseconds = START

    def __call__(self) -> float:
        return float("{}.{:06d}".format(*divmod(self.microseconds, 1_000_000)))


class Client:
    """A client of Redis whose scripts read that clock instead of the server's."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client, self._clock = client, clock

    def register_script(self, lua: str) -> Any:
        assert "redis.call('TIME')" in lua

        def run(keys: list[str], arguments: list[object]) -> Any:
            seconds, rest = divmod(self._clock.microseconds, 1_000_000)
            given_time = lua.replace("redis.call('TIME')", f"{{'{seconds}', '{rest}'}}")
            return self._client.eval(given_time, len(keys), *keys, *arguments)

        return run

    def zrem(self, key: str, who: str) -> int:
        return int(self._client.zrem(key, who))


@pytest.fixture(scope="module")
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@settings(deadline=None)
@example(rate=1 / 600, most=0.0, steps=[(1, "acquire", "x")] * 9)  # the longest wait
@given(RATES, st.sampled_from([0.0, 2.0]), STEPS)
def test_both_give_the_same_answers(
    client: Any, rate: float, most: float, steps: list[tuple[int, str, str]]
) -> None:
    client.flushall()
    clock = Clock()
    here = LocalThrottle(Limits(rate), Limits(most), clock)
    there = SharedThrottle(Client(client, clock), Limits(rate), Limits(most))
    for pause, action, who in steps:
        clock.microseconds += pause
        there._free_until.clear()  # an unlimited domain's answer is kept for a second of real time
        arguments = ["a.example"] if action == "slow_down" else ["a.example", who]
        answers = [getattr(each, action)(*arguments) for each in (here, there)]
        assert answers[0] == answers[1]


def test_a_421_takes_the_mails_that_were_saved_up(client: Any) -> None:
    """A domain that is asked for the first time in a minute gets no burst just after a 421."""
    client.flushall()
    clock = Clock()
    for throttle in (
        LocalThrottle(Limits(), Limits(2.0), clock),
        SharedThrottle(Client(client, clock), Limits(), Limits(2.0)),
    ):
        assert throttle.acquire("a.example", "x") == 0
        clock.microseconds += 60_000_000
        throttle.slow_down("a.example")
        assert throttle.acquire("a.example", "y") == pytest.approx(2 / FIRST_SLOW)
