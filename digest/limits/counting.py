"""Counting of requests under the limits of the setting LIMITS."""

import hmac
import math
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from limits import RateLimitItem
from limits.strategies import SlidingWindowCounterRateLimiter as Limiter

if TYPE_CHECKING:
    from .limit_storage import Storage


class LimitReached(Exception):
    """The limit `name` is reached; it has room again after `seconds`."""

    def __init__(self, name: str, seconds: int) -> None:
        super().__init__(f"The limit “{name}” has been reached.")
        self.name, self.seconds = name, seconds


@lru_cache(maxsize=4)
def _storage(url: str) -> "Storage":
    from .limit_storage import Storage  # Redis's library takes a tenth of a second

    return Storage(url)


def reset_counts() -> None:
    """Forget all counts that are held in this process."""
    _storage.cache_clear()


def count(name: str, who: str | None, cost: int = 1) -> None:
    """Count `cost` for a client under a limit. Nothing is counted if `who` is None (unknown).

    Raises LimitReached if the limit has no room.
    """
    if who is None:
        return
    key = _key(name, who)
    for item in settings.LIMITS[name]:
        # A request that costs more than the whole limit is allowed once in a period.
        paid = min(cost, item.amount)
        if not _storage(settings.REDIS_URL).run(Limiter.hit, item, key, cost=paid):
            raise LimitReached(name, _seconds(item, key))


def check(name: str, who: str | None) -> None:
    """Raise LimitReached if the limit has no room for a client; count nothing."""
    if who is None:
        return
    key = _key(name, who)
    for item in settings.LIMITS[name]:
        if not _storage(settings.REDIS_URL).run(Limiter.test, item, key):
            raise LimitReached(name, _seconds(item, key))


def allows(name: str, who: str | None) -> bool:
    """Count once; return whether the limit had room."""
    try:
        count(name, who)
    except LimitReached:
        return False
    return True


def _seconds(item: RateLimitItem, key: str) -> int:
    stats = _storage(settings.REDIS_URL).run(Limiter.get_window_stats, item, key)
    return max(1, math.ceil(min(stats.reset_time - time.time(), item.get_expiry())))


def _key(name: str, who: str) -> str:
    """Return a keyed hash of the client, so that no address is stored."""
    secret = f"limits:{settings.SECRET_KEY}".encode()
    return hmac.digest(secret, f"{name}:{who}".encode(), "sha256").hex()[:32]
