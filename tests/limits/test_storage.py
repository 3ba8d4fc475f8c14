"""Counting in Redis and without it: its failure fails no request, and memory is bounded."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from limits import parse
from limits.strategies import SlidingWindowCounterRateLimiter as Limiter

from digest.limits import counting, limit_storage
from digest.limits.counting import LimitReached, allows, check, count
from digest.limits.limit_storage import BoundedMemory, Storage
from digest.limits.rates import DEFAULTS, read_rates
from tests.support.servers import free_port

THREE = parse("3/minute")


@pytest.fixture
def three(settings: Any) -> None:
    settings.LIMITS = read_rates("letters=3/minute")


@pytest.mark.usefixtures("three")
class TestCounting:
    def test_too_many_are_refused_until_the_time_that_is_named(self) -> None:
        with time_machine.travel("2026-11-20 12:00:00Z", tick=False) as clock:
            for _ in range(3):
                count("letters", "198.51.100.1")
            with pytest.raises(LimitReached) as reached:
                count("letters", "198.51.100.1")
            assert 1 <= reached.value.seconds <= 120
            count("letters", "198.51.100.2")
            clock.shift(reached.value.seconds + 60)
            count("letters", "198.51.100.1")

    def test_who_is_not_known_is_not_counted(self) -> None:
        for _ in range(10):
            count("letters", None)
            check("letters", None)

    def test_looking_does_not_count(self) -> None:
        for _ in range(10):
            check("letters", "198.51.100.1")
        assert [allows("letters", "198.51.100.1") for _ in range(4)] == [True] * 3 + [False]
        with pytest.raises(LimitReached):
            check("letters", "198.51.100.1")

    def test_what_costs_more_than_there_is_may_come_once(self) -> None:
        count("letters", "198.51.100.1", cost=100)
        with pytest.raises(LimitReached):
            count("letters", "198.51.100.1")

    def test_a_limit_can_be_switched_off(self, settings: Any) -> None:
        settings.LIMITS = read_rates("letters=none")
        assert all(allows("letters", "198.51.100.1") for _ in range(10))

    def test_no_address_is_kept(self) -> None:
        count("letters", "198.51.100.1")
        memory = counting._storage("")._memory.storage
        assert memory.storage
        assert not [key for key in memory.storage if "198.51" in key]


@pytest.mark.parametrize(
    "raw",
    ["letters", "letters=", "letters=0/hour", "letters=fast", "unknown=1/hour", "letters=-1/hour",
     "letters=2000000/hour", "letters 1/hour"],
)  # fmt: skip
def test_what_is_no_rate_is_refused(raw: str) -> None:
    with pytest.raises(ValueError):
        read_rates(raw)


def test_several_rates_of_one_limit_all_hold(settings: Any) -> None:
    settings.LIMITS = read_rates("mailbox=2/hour;3/day")
    with time_machine.travel("2026-11-20 00:00:00Z", tick=False) as clock:
        given = []
        for _ in range(6):
            given.append(sum(allows("mailbox", "ada@example.org") for _ in range(3)))
            clock.shift(2 * 3600)
    # A sliding window: three a day, and never more than two of them in an hour.
    assert given[0] == 2
    assert sum(given) == 3


def test_the_defaults_do_not_stop_a_lecture_hall() -> None:
    """200 people behind one address open the page, type ten keywords and sign up."""
    rates = read_rates("")
    counter = Storage("")
    with time_machine.travel("2026-11-20 12:00:00Z", tick=False) as clock:
        for _ in range(200):
            for name, cost, times in (("pages", 1, 25), ("keywords", 5, 20), ("letters", 1, 1)):
                for item in rates[name]:
                    for _ in range(times):
                        assert counter.run(Limiter.hit, item, name, "hall", cost=cost)
            clock.shift(3)  # within ten minutes
    assert set(rates) == set(DEFAULTS)


class TestMemory:
    def test_it_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limit_storage, "MAX_KEYS", 100)
        memory = BoundedMemory()
        for number in range(1_000):
            memory.incr(str(number), 60)
            assert len(memory.storage) <= 100
            assert len(memory.expirations) <= 100
            assert len(memory.locks) <= 100

    def test_what_is_over_goes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limit_storage, "_PRUNED_EACH", 0.0)
        memory = BoundedMemory()
        with time_machine.travel("2026-11-20 12:00:00Z", tick=False) as clock:
            memory.incr("old", 60)
            clock.shift(61)
            memory.incr("new", 60)
        assert set(memory.storage) == set(memory.expirations) == {"new"}

    def test_it_starts_no_thread(self) -> None:
        memory = BoundedMemory()
        # Not counted: a thread of an earlier test may end meanwhile.
        before = set(threading.enumerate())
        for _ in range(10):
            memory.incr("one", 60)
        assert set(threading.enumerate()) <= before

    def test_threads_lose_no_count(self) -> None:
        memory = BoundedMemory()

        def work() -> None:
            for _ in range(500):
                memory.incr("one", 60)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert memory.get("one") == 2_000


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def connections(server: socket.socket) -> int:
    """How many were made to it and not counted yet."""
    found = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            found += 1
    return found


def test_a_redis_that_is_gone_is_not_missed() -> None:
    counter = Storage(f"redis://127.0.0.1:{free_port()}/0")
    asked = [counter.run(Limiter.hit, THREE, "one") for _ in range(4)]
    assert asked == [True, True, True, False]


def test_a_redis_that_is_silent_is_waited_for_once(
    silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_storage, "TIMEOUT", 0.05)
    counter = Storage(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
    asked = [counter.run(Limiter.hit, THREE, "one") for _ in range(4)]
    assert asked == [True, True, True, False]
    assert connections(silent) == 1
    monkeypatch.setattr(counter, "_away_until", 0.0)
    counter.run(Limiter.hit, THREE, "one")
    assert connections(silent) == 1


@pytest.mark.slow
@pytest.mark.redis
def test_two_processes_share_one_count(redis_url: str) -> None:
    one, other = Storage(redis_url), Storage(redis_url)
    asked = [each.run(Limiter.hit, THREE, "one") for each in (one, other, one, other)]
    assert asked == [True, True, True, False]
    assert one._away_until == float("-inf")
