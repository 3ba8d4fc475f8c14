"""Rate limits that all machines share, in Redis."""

import logging
import time
from collections.abc import Callable

import redis

from .rate_limits import BUSY, HOLDS, KEPT, Limits, LocalThrottle
from .token_bucket import LUA

log = logging.getLogger(__name__)

TIMEOUT = 1.0  # seconds; a slow Redis must not delay mails
AWAY = 30.0  # seconds for which an unreachable Redis is not tried again
GLANCE = 1.0  # seconds for which the answer "no limit" is cached
FORGOTTEN = 7200  # seconds after which the keys of an unused domain expire

# The clock of Redis is the only one that all machines share.
_STATE = f"""
local BUSY, HOLDS, FORGOTTEN = {BUSY}, {HOLDS}, {FORGOTTEN}
local time = redis.call('TIME')
local now = tonumber(time[1] .. '.' .. string.format('%06d', time[2]))
local limit = tonumber(ARGV[1])
local function number(name, other)
    return tonumber(redis.call('HGET', KEYS[1], name) or other)
end
local function exact(value)
    return string.format('%.17g', value)
end
local function keep(...)
    redis.call('HSET', KEYS[1], ...)
    redis.call('EXPIRE', KEYS[1], FORGOTTEN)
end
local ceiling = number('ceiling', 0)
local rate = rate_now(limit, ceiling, number('slowed_at', now), now)
"""
_ACQUIRE = (
    LUA
    + _STATE
    + """
-- A rate that has grown back stays so when the server's clock is set back.
if ceiling > 0 and rate == limit then redis.call('HDEL', KEYS[1], 'ceiling') end
local most = tonumber(ARGV[2])
if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', exact(now))
    if redis.call('ZCARD', KEYS[2]) >= most then return exact(BUSY) end
end
if rate > 0 then
    local tokens = filled(number('tokens', room(rate)), number('at', now), rate, now)
    local left, queue, wait = take(tokens, number('queue', 0), rate, now)
    keep('tokens', exact(left), 'at', exact(now), 'queue', exact(queue))
    if wait > 0 then return exact(wait) end
end
if most > 0 then
    redis.call('ZADD', KEYS[2], exact(now + HOLDS), ARGV[3])
    redis.call('EXPIRE', KEYS[2], FORGOTTEN)
end
if rate == 0 then return '-1' end
return '0'
"""
)
_SLOW_DOWN = (
    LUA
    + _STATE
    + """
keep('ceiling', exact(halved(rate)), 'slowed_at', exact(now), 'tokens', '0', 'at', exact(now))
return '0'
"""
)


class SharedThrottle:
    """Rate limits in Redis; while it is unreachable each process counts for itself."""

    def __init__(self, client: redis.Redis, rates: Limits, counts: Limits) -> None:
        self._client = client
        self._acquire = client.register_script(_ACQUIRE)
        self._slow_down = client.register_script(_SLOW_DOWN)
        self._rates, self._counts = rates, counts
        self._local = LocalThrottle(rates, counts)
        self._away_until = float("-inf")
        self._free_until: dict[str, float] = {}

    @classmethod
    def at(cls, url: str, rates: Limits, counts: Limits) -> "SharedThrottle":
        """Open the limits at this Redis URL; it is first connected to when a mail is sent."""
        client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        return cls(client, rates, counts)

    def acquire(self, domain: str, sending_id: str) -> float:
        if self._free_until.get(domain, 0.0) > time.monotonic():
            return 0.0
        limit, most = self._rates.of(domain), self._counts.of(domain)
        wait = self._ask(
            lambda: float(self._acquire(_keys(domain), [limit, most, sending_id])),
            lambda: self._local.acquire(domain, sending_id),
        )
        if wait < 0 and not most:
            if len(self._free_until) >= KEPT:
                self._free_until.clear()
            self._free_until[domain] = time.monotonic() + GLANCE
        return max(wait, 0.0)

    def release(self, domain: str, sending_id: str) -> None:
        self._local.release(domain, sending_id)
        if self._counts.of(domain):
            self._ask(lambda: float(self._client.zrem(_keys(domain)[1], sending_id)), lambda: 0.0)

    def slow_down(self, domain: str) -> None:
        self._local.slow_down(domain)
        self._free_until.pop(domain, None)
        limit = self._rates.of(domain)
        self._ask(lambda: float(self._slow_down(_keys(domain), [limit])), lambda: 0.0)

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
    # With one hash tag both keys are on the same node of a cluster.
    return [f"mail:rate:{{{domain}}}", f"mail:busy:{{{domain}}}"]
