"""The throttle that all machines share, in Redis. Without Redis it is each process's own."""

import logging
import time
from collections.abc import Callable
from typing import Any

import redis

from .rate_limits import (
    BURST,
    BUSY,
    FIRST_SLOW,
    FREE,
    HOLDS,
    KEPT,
    LEAST,
    LONGEST_WAIT,
    RECOVERY,
    ROUNDING,
    Limits,
    LocalThrottle,
)

log = logging.getLogger(__name__)

TIMEOUT = 1.0  # seconds; a slow Redis must not hold the mail up
AWAY = 30.0  # seconds for which an unreachable Redis is not asked again
GLANCE = 1.0  # seconds for which an unlimited domain is taken as still unlimited
FORGOTTEN = 7200  # seconds after which an unused domain's keys go

# The same sums as throttle.py, done where the numbers are. Redis's clock is everybody's clock.
_RATE = """
local told = redis.call('TIME')
local stamp = told[1] .. '.' .. string.format('%06d', told[2])
local now = tonumber(stamp)
local limit = tonumber(ARGV[1])
local function number(name, other)
    return tonumber(redis.call('HGET', KEYS[1], name) or other)
end
local function keep(...)
    redis.call('HSET', KEYS[1], ...)
    redis.call('EXPIRE', KEYS[1], FORGOTTEN)
end
local rate, ceiling = limit, number('ceiling', 0)
if ceiling > 0 then
    local gone = math.max(0, now - number('slowed_at', now))
    local grown = ceiling * 2 ^ math.min(gone / RECOVERY, 60)
    local free = limit
    if free == 0 then free = FREE end
    if grown >= free then redis.call('HDEL', KEYS[1], 'ceiling') else rate = grown end
end
"""
_ENTER = (
    _RATE
    + """
local most = tonumber(ARGV[2])
if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if redis.call('ZCARD', KEYS[2]) >= most then return tostring(BUSY) end
end
if rate > 0 then
    local room = math.max(1, rate * BURST)
    local gone = math.max(0, now - number('at', now))
    local tokens = math.min(room, number('tokens', room) + gone * rate)
    if tokens < 1 - ROUNDING then
        local turn = math.max(number('queue', 0), now + (1 - tokens) / rate - 1 / rate) + 1 / rate
        local queue = math.min(turn, now + LONGEST_WAIT)
        keep('tokens', tostring(tokens), 'at', stamp, 'queue', string.format('%.6f', queue))
        return tostring(queue - now)
    end
    keep('tokens', tostring(math.max(0, tokens - 1)), 'at', stamp)
end
if most > 0 then
    redis.call('ZADD', KEYS[2], now + HOLDS, ARGV[3])
    redis.call('EXPIRE', KEYS[2], FORGOTTEN)
end
if rate == 0 then return '-1' end
return '0'
"""
)
_SLOW = (
    _RATE
    + """
if rate == 0 then rate = FIRST_SLOW end
keep('ceiling', tostring(math.max(rate / 2, LEAST)), 'slowed_at', stamp, 'tokens', '0', 'at', stamp)
return '0'
"""
)
_NUMBERS = {
    "FORGOTTEN": FORGOTTEN,
    "BURST": BURST,
    "RECOVERY": RECOVERY,
    "FIRST_SLOW": FIRST_SLOW,
    "FREE": FREE,
    "BUSY": BUSY,
    "LONGEST_WAIT": LONGEST_WAIT,
    "HOLDS": HOLDS,
    "LEAST": LEAST,
    "ROUNDING": ROUNDING,
}


def _script(lua: str) -> str:
    header = "".join(f"local {name} = {value}\n" for name, value in _NUMBERS.items())
    return header + lua


class SharedThrottle:
    """The throttle in Redis; while Redis is away each process counts for itself."""

    def __init__(self, client: Any, rates: Limits, counts: Limits) -> None:
        self._client = client
        self._enter = client.register_script(_script(_ENTER))
        self._slow = client.register_script(_script(_SLOW))
        self._rates, self._counts = rates, counts
        self._local = LocalThrottle(rates, counts)
        self._away_until = float("-inf")
        self._free_until: dict[str, float] = {}

    @classmethod
    def at(cls, url: str, rates: Limits, counts: Limits) -> "SharedThrottle":
        """The throttle in the Redis with this address, which is asked no earlier than needed."""
        client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        return cls(client, rates, counts)

    def enter(self, domain: str, who: str) -> float:
        if self._free_until.get(domain, 0.0) > time.monotonic():
            return 0.0
        limit, most = self._rates.of(domain), self._counts.of(domain)
        told = self._ask(
            lambda: float(self._enter(_keys(domain), [limit, most, who])),
            lambda: self._local.enter(domain, who),
        )
        if told < 0 and not most:
            if len(self._free_until) >= KEPT:
                self._free_until.clear()
            self._free_until[domain] = time.monotonic() + GLANCE
        return max(told, 0.0)

    def leave(self, domain: str, who: str) -> None:
        self._local.leave(domain, who)
        if self._counts.of(domain):
            self._ask(lambda: float(self._client.zrem(_keys(domain)[1], who)), lambda: 0.0)

    def slow(self, domain: str) -> None:
        self._local.slow(domain)
        self._free_until.pop(domain, None)
        limit = self._rates.of(domain)
        self._ask(lambda: float(self._slow(_keys(domain), [limit])), lambda: 0.0)

    def _ask(self, ask: Callable[[], float], otherwise: Callable[[], float]) -> float:
        if self._away_until > time.monotonic():
            return otherwise()
        try:
            return ask()
        except redis.RedisError as wrong:
            self._away_until = time.monotonic() + AWAY
            log.warning("Redis cannot be asked for the domains' rates (%s).", type(wrong).__name__)
            return otherwise()


def _keys(domain: str) -> list[str]:
    # One hash tag: on a cluster both keys are on one node.
    return [f"mail:rate:{{{domain}}}", f"mail:busy:{{{domain}}}"]
