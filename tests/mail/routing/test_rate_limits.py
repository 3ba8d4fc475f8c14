"""A domain gets no more than its share, counted in a process or in Redis."""

import heapq
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.routing.rate_limits import BUSY, HOLDS, KEPT, Limits, LocalThrottle, Throttle
from digest.mail.routing.shared_rate_limits import SharedThrottle
from digest.mail.routing.token_bucket import BURST, LONGEST_WAIT, RECOVERY

NONE = Limits()
Made = Callable[[Limits, Limits], Throttle]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        ("none", NONE),
        ("20", Limits(20.0)),
        ("600/m", Limits(10.0)),
        ("gmail.com=20/s *=3600/h", Limits(1.0, (("gmail.com", 20.0),))),
        ("Outlook.COM=none 2", Limits(2.0, (("outlook.com", 0.0),))),
    ],
)
def test_rates(raw: str, limits: Limits) -> None:
    assert Limits.rates(raw) == limits


@pytest.mark.parametrize(
    "raw", ["fast", "-1", "0", "nan", "inf", "5/d", "1 2", "a@b.c=1", "x=1 x=2", "=", "1/m/s"]
)
def test_bad_rates(raw: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Limits.rates(raw)


@pytest.mark.parametrize("raw", ["0", "-1", "1.5", "many", "²"])
def test_bad_counts(raw: str) -> None:
    with pytest.raises(ValueError):
        Limits.counts(raw)
    assert Limits.counts("gmail.com=5 10") == Limits(10.0, (("gmail.com", 5.0),))


class TestInOneProcess:
    def test_without_limits_nothing_waits(self) -> None:
        throttle = LocalThrottle(NONE, NONE)
        assert not any(throttle.acquire("a.example", str(n)) for n in range(1000))

    def test_a_rate_holds_over_time(self) -> None:
        clock = Clock()
        throttle, passed = LocalThrottle(Limits(2.0), NONE, clock), 0
        for _ in range(10_000):
            passed += not throttle.acquire("a.example", "x")
            clock.now += 0.01
        assert abs(passed - (100 * 2 + 2 * BURST)) <= 1

    def test_mails_that_wait_pass_at_their_time_and_not_all_at_once(self) -> None:
        clock = Clock()
        throttle = LocalThrottle(Limits(1.0), NONE, clock)
        while not throttle.acquire("a.example", "x"):
            pass
        waits = [throttle.acquire("a.example", "x") for _ in range(50)]
        assert waits == sorted(waits)
        assert all(abs(b - a - 1.0) < 1e-6 for a, b in pairwise(waits))
        for turn in waits:
            clock.now = 1000.0 + turn + 2.0
            assert throttle.acquire("a.example", "x") == 0

    def test_mails_at_once(self) -> None:
        clock = Clock()
        throttle = LocalThrottle(NONE, Limits(2.0), clock)
        assert [throttle.acquire("a.example", who) for who in "xyz"] == [0, 0, BUSY]
        assert throttle.acquire("b.example", "z") == 0
        throttle.release("a.example", "x")
        assert throttle.acquire("a.example", "z") == 0
        clock.now += HOLDS + 1  # the others died without leaving
        assert [throttle.acquire("a.example", who) for who in "uvw"] == [0, 0, BUSY]

    def test_a_421_halves_the_rate_and_it_comes_back(self) -> None:
        clock = Clock()
        throttle = LocalThrottle(Limits(8.0), NONE, clock)
        throttle.slow_down("a.example")
        throttle.slow_down("a.example")
        assert throttle.acquire("a.example", "x") == pytest.approx(1 / 2, rel=0.01)
        assert throttle.acquire("b.example", "x") == 0
        clock.now += 2 * RECOVERY
        assert rate_of(throttle, "a.example") == pytest.approx(8.0)

    def test_an_unlimited_domain_is_slowed_too_and_freed_again(self) -> None:
        clock = Clock()
        throttle = LocalThrottle(NONE, NONE, clock)
        throttle.slow_down("a.example")
        assert throttle.acquire("a.example", "x") == pytest.approx(1.0)
        for _ in range(100):
            throttle.slow_down("a.example")
        assert rate_of(throttle, "a.example") == pytest.approx(1 / 60)
        clock.now += 15 * RECOVERY
        assert not any(throttle.acquire("a.example", "x") for _ in range(1000))

    @pytest.mark.parametrize("rate", [0.0, 1.0])
    def test_domains_with_a_full_bucket_are_dropped(self, rate: float) -> None:
        clock = Clock()
        throttle = LocalThrottle(Limits(rate), Limits(2.0), clock)
        throttle.slow_down("once.example")
        clock.now += 10 * RECOVERY
        for number in range(5 * KEPT):
            throttle.acquire(f"d{number}.example", "x")
            throttle.release(f"d{number}.example", "x")
            clock.now += 0.01
        assert len(throttle._buckets) <= 2 * KEPT
        assert "once.example" not in throttle._buckets

    def test_others_are_not(self) -> None:
        clock = Clock()
        throttle = LocalThrottle(Limits(1.0), Limits(2.0), clock)
        assert [throttle.acquire("busy.example", who) for who in "xy"] == [0, 0]
        for _ in range(8):
            throttle.slow_down("slow.example")
        queue = asked_for(throttle, "queue.example", 100)
        clock.now += BURST + 1  # those with a longer wait are yet to come
        asked_for(throttle, "spent.example", int(BURST))
        for number in range(2 * KEPT):
            throttle.acquire(f"d{number}.example", "x")
            throttle.release(f"d{number}.example", "x")
        assert throttle.acquire("busy.example", "z") == BUSY
        assert rate_of(throttle, "slow.example") < 0.1
        assert throttle.acquire("spent.example", "z") > 0
        assert throttle._buckets["queue.example"].queue == pytest.approx(queue)

    @given(
        st.floats(0.05, 50),
        st.lists(st.tuples(st.floats(0, 30), st.booleans()), min_size=1, max_size=60),
    )
    def test_the_rate_is_never_exceeded(self, rate: float, steps: list[tuple[float, bool]]) -> None:
        clock = Clock()
        throttle, passed = LocalThrottle(Limits(rate), NONE, clock), 0
        for pause, slowed in steps:
            clock.now += pause
            if slowed:
                throttle.slow_down("a.example")
            wait = throttle.acquire("a.example", "x")
            assert 0 <= wait <= 3600
            passed += not wait
        assert passed <= max(1.0, rate * BURST) + (clock.now - 1000.0) * rate + 1e-6


def asked_for(throttle: LocalThrottle, domain: str, mails: int) -> float:
    """Acquire so many mails at one moment; return the longest wait."""
    for _ in range(mails):
        throttle.acquire(domain, "x")
        throttle.release(domain, "x")
    return throttle._buckets[domain].queue


def rate_of(throttle: LocalThrottle, domain: str) -> float:
    bucket = throttle._bucket(domain, throttle._rates.of(domain))
    return bucket.rate(throttle._rates.of(domain), throttle._clock())


@pytest.fixture
def shared(redis_url: str) -> Iterator[Made]:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
        yield lambda rates, counts: SharedThrottle(client, rates, counts)


@pytest.mark.redis
class TestInRedis:
    def test_a_rate_is_shared(self, shared: Made) -> None:
        one, other = shared(Limits(0.1), NONE), shared(Limits(0.1), NONE)
        assert [one.acquire("a.example", "x"), other.acquire("a.example", "y")] == [0, 0]
        first = one.acquire("a.example", "x")
        assert first == pytest.approx(10.0, abs=1.0)
        assert other.acquire("a.example", "y") == pytest.approx(first + 10.0, abs=1.0)
        assert one.acquire("b.example", "x") == 0

    def test_tokens_come_back(self, shared: Made) -> None:
        throttle = shared(Limits(20.0), NONE)
        passed = sum(not throttle.acquire("a.example", "x") for _ in range(500))
        assert passed >= 20 * BURST
        # On a busy machine a token may come back between two of them.
        assert max(throttle.acquire("a.example", "x") for _ in range(10)) > 0
        time.sleep(0.1)
        assert throttle.acquire("a.example", "x") == 0

    def test_mails_at_once_are_shared(self, shared: Made) -> None:
        one, other = shared(NONE, Limits(2.0)), shared(NONE, Limits(2.0))
        assert [one.acquire("a.example", "x"), other.acquire("a.example", "y")] == [0, 0]
        assert one.acquire("a.example", "z") == BUSY
        other.release("a.example", "y")
        assert one.acquire("a.example", "z") == 0

    def test_a_421_slows_all_machines(self, shared: Made) -> None:
        one, other = shared(Limits(8.0), NONE), shared(Limits(8.0), NONE)
        for _ in range(5):
            one.slow_down("a.example")
        assert other.acquire("a.example", "x") == pytest.approx(4.0, abs=0.5)
        assert other.acquire("b.example", "x") == 0

    def test_an_unlimited_domain_is_not_asked_for_each_mail(self, shared: Made) -> None:
        throttle = shared(NONE, NONE)
        assert not any(throttle.acquire("a.example", "x") for _ in range(2000))
        throttle.slow_down("a.example")
        assert throttle.acquire("a.example", "x") == pytest.approx(1.0, abs=0.2)

    def test_nothing_is_left_behind_for_good(self, shared: Made, redis_url: str) -> None:
        throttle = shared(Limits(1.0), Limits(1.0))
        throttle.acquire("a.example", "x")
        throttle.slow_down("b.example")
        with redis.Redis.from_url(redis_url) as client:
            keys = client.keys("*")
            assert len(keys) == 3
            assert all(client.ttl(key) > 0 for key in keys)


def test_without_redis_each_process_counts_alone(caplog: pytest.LogCaptureFixture) -> None:
    throttle = SharedThrottle.at("redis://127.0.0.1:1/0", Limits(0.05), Limits(1.0))
    assert throttle.acquire("a.example", "x") == 0
    assert throttle.acquire("a.example", "y") == BUSY
    throttle.release("a.example", "x")
    assert throttle.acquire("a.example", "y") == pytest.approx(20.0, abs=1.0)
    throttle.slow_down("a.example")
    assert caplog.text.count("Redis cannot be asked") == 1


@pytest.mark.parametrize("hours", [0.5, 2.5, 4.5])
def test_a_backlog_of_hours_goes_at_the_rate(hours: float) -> None:
    rate, now = 0.2, 0.0
    throttle = LocalThrottle(Limits(rate), Limits(), clock=lambda: now)
    waiting = [(0.0, number) for number in range(int(hours * 3600 * rate))]
    while waiting:
        now, number = heapq.heappop(waiting)
        if wait := throttle.acquire("slow.example", str(number)):
            assert 0 < wait <= LONGEST_WAIT
            heapq.heappush(waiting, (now + wait, number))
    assert now <= hours * 3600 - BURST + 2 / rate
