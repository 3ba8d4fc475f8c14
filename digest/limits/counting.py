"""Counting what somebody does, and refusing what is too much."""

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
    """Somebody asks too often. `seconds`: after which asking again makes sense."""

    def __init__(self, name: str, seconds: int) -> None:
        super().__init__(f"The limit “{name}” is reached.")
        self.name, self.seconds = name, seconds


@lru_cache(maxsize=4)
def _storage(url: str) -> "Storage":
    from .limit_storage import Storage  # Redis's library takes a tenth of a second

    return Storage(url)


def reset_counts() -> None:
    """Start all counts of this process anew."""
    _storage.cache_clear()


def count(name: str, who: str | None, cost: int = 1) -> None:
    """Count `cost` for somebody under a limit of the setting LIMITS.

    `who` is None where the client is not known: then nothing is counted. Raises LimitReached.
    """
    if who is None:
        return
    key = _key(name, who)
    for item in settings.LIMITS[name]:
        # One request may cost more than there is in all; it may then come once in a period.
        paid = min(cost, item.amount)
        if not _storage(settings.REDIS_URL).run(Limiter.hit, item, key, cost=paid):
            raise LimitReached(name, _seconds(item, key))


def check(name: str, who: str | None) -> None:
    """Raise LimitReached if nothing more is allowed to somebody; count nothing."""
    if who is None:
        return
    key = _key(name, who)
    for item in settings.LIMITS[name]:
        if not _storage(settings.REDIS_URL).run(Limiter.test, item, key):
            raise LimitReached(name, _seconds(item, key))


def allows(name: str, who: str | None) -> bool:
    """Count once; whether it is allowed."""
    try:
        count(name, who)
    except LimitReached:
        return False
    return True


def _seconds(item: RateLimitItem, key: str) -> int:
    stats = _storage(settings.REDIS_URL).run(Limiter.get_window_stats, item, key)
    return max(1, math.ceil(min(stats.reset_time - time.time(), item.get_expiry())))


def _key(name: str, who: str) -> str:
    """Whom a counter is of, without saying it: the address of a person or machine is not kept."""
    secret = f"limits:{settings.SECRET_KEY}".encode()
    return hmac.digest(secret, f"{name}:{who}".encode(), "sha256").hex()[:32]
