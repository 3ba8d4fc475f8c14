"""Storage of counts: Redis for all processes, or memory of this process while Redis is down."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import redis
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
P = ParamSpec("P")

TIMEOUT = 0.25  # seconds that a request waits for Redis
RETRY_AFTER = 30.0  # seconds until a Redis that failed is tried again
MAX_KEYS = 50_000  # counters of one process, some 10 MB
_PRUNED_EACH = 10.0  # seconds


class BoundedMemory(MemoryStorage):
    """In-process counters in bounded memory, without the thread that the library starts for each
    count: expired ones are deleted regularly, and all of them if there are MAX_KEYS."""

    STORAGE_SCHEME = ["bounded-memory"]

    def __init__(self) -> None:
        super().__init__()
        self.timer.cancel()
        self._lock = threading.RLock()
        self._next_pruning = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._lock:
            self._prune()
            count = self.get(key) + amount
            self.storage[key] = count
            if count == amount:
                self.expirations[key] = time.time() + expiry
            return count

    def decr(self, key: str, amount: int = 1) -> int:
        with self._lock:
            self.storage[key] = max(self.get(key) - amount, 0)
            return self.storage[key]

    def _prune(self) -> None:
        if len(self.storage) >= MAX_KEYS:
            self.reset()
        if time.monotonic() < self._next_pruning:
            return
        self._next_pruning = time.monotonic() + _PRUNED_EACH
        for key in list(self.expirations):
            self.get(key)


class Storage:
    """Counts in Redis if there is a URL, in memory without one and while Redis does not answer."""

    def __init__(self, url: str) -> None:
        self._memory = SlidingWindowCounterRateLimiter(BoundedMemory())
        self._shared: SlidingWindowCounterRateLimiter | None = None
        if url:
            shared = RedisStorage(
                url, key_prefix="limit", socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
            )
            self._shared = SlidingWindowCounterRateLimiter(shared)
        self._away_until = float("-inf")

    def run(
        self,
        operation: Callable[Concatenate[SlidingWindowCounterRateLimiter, P], Answer],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answer:
        """Call a method of the rate limiter on Redis if it answers, else on memory."""
        if self._shared is None or time.monotonic() < self._away_until:
            return operation(self._memory, *args, **kwargs)
        try:
            return operation(self._shared, *args, **kwargs)
        except (redis.RedisError, OSError) as wrong:
            self._away_until = time.monotonic() + RETRY_AFTER
            log.warning("Redis cannot be asked for the limits (%s).", type(wrong).__name__)
            return operation(self._memory, *args, **kwargs)
