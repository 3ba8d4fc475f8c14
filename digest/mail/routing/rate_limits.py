"""Rate limits by recipient domain: a token bucket, and a number of mails at once.

The rate of a domain that answers 421 is halved, and grows back slowly. This state may be lost at
any moment, or counted by each process alone: only the speed depends on it.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self

from .token_bucket import LEAST, filled, halved, rate_now, room, take

BUSY = 0.5  # seconds after which to ask again if too many mails are in flight
HOLDS = 700.0  # seconds after which the place of a dead sender is free (a dot may take 600 s)
KEPT = 1000  # domains kept before unneeded ones are searched for
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Limits:
    """A number for some domains (`by_domain`), and for all others (`other`). 0 means no limit."""

    other: float = 0.0
    by_domain: tuple[tuple[str, float], ...] = ()

    @classmethod
    def rates(cls, raw: str) -> Self:
        """Read mails a second: "none", "20", "600/m" or "gmail.com=20/s *=100".

        Raises ValueError.
        """
        return cls._read(raw, _rate)

    @classmethod
    def counts(cls, raw: str) -> Self:
        """Read mails at once: "none", "10" or "gmail.com=5 *=20". Raises ValueError."""
        return cls._read(raw, _count)

    @classmethod
    def _read(cls, raw: str, number: Callable[[str], float]) -> Self:
        limits: dict[str, float] = {}
        for entry in raw.split():
            domain, _, value = entry.rpartition("=")
            domain = domain.lower() or "*"
            if domain in limits or "@" in domain:
                raise ValueError(entry)
            limits[domain] = 0.0 if value == "none" else number(value)
        return cls(limits.pop("*", 0.0), tuple(limits.items()))

    def of(self, domain: str) -> float:
        """Return the number for a domain."""
        return dict(self.by_domain).get(domain, self.other) if self.by_domain else self.other


def _rate(raw: str) -> float:
    amount, _, unit = raw.partition("/")
    rate = float(amount) / _UNITS[unit or "s"]
    if not LEAST <= rate < math.inf:
        raise ValueError(raw)
    return rate


def _count(raw: str) -> float:
    if not raw.isascii() or not raw.isdigit() or int(raw) < 1:
        raise ValueError(raw)
    return float(raw)


class Throttle(Protocol):
    """Rate limits as a transport sees them; `sending_id` identifies one attempt."""

    def acquire(self, domain: str, sending_id: str) -> float:
        """Return the seconds to wait; after 0 send the mail, and `release` afterwards."""
        ...

    def release(self, domain: str, sending_id: str) -> None: ...

    def slow_down(self, domain: str) -> None:
        """Halve the rate of a domain that answered 421."""
        ...


@dataclass(slots=True)
class _Bucket:
    """The state of one domain (see token_bucket.py); `busy` has, for each mail in flight, the time
    until which it counts."""

    tokens: float
    at: float
    ceiling: float = 0.0
    slowed_at: float = 0.0
    queue: float = 0.0
    busy: dict[str, float] = field(default_factory=dict)

    def rate(self, limit: float, now: float) -> float:
        """The current rate in mails a second, 0 for no limit."""
        return rate_now(limit, self.ceiling, self.slowed_at, now)

    def take(self, rate: float, now: float) -> float:
        """Take a token; return 0, or the seconds to wait if there is none."""
        tokens = filled(self.tokens, self.at, rate, now)
        self.tokens, self.queue, wait = take(tokens, self.queue, rate, now)
        self.at = now
        return wait

    def slow_down(self, limit: float, now: float) -> None:
        self.ceiling, self.slowed_at = halved(self.rate(limit, now)), now
        self.tokens, self.at = 0.0, now

    def is_unused(self, limit: float, now: float) -> bool:
        """Whether it can be dropped: full, not slowed, with no mail in flight or waiting."""
        if self.queue > now or any(until > now for until in self.busy.values()):
            return False
        full = not limit or filled(self.tokens, self.at, limit, now) >= room(limit)
        return full and self.rate(limit, now) == limit


class LocalThrottle:
    """Rate limits of one process."""

    def __init__(
        self, rates: Limits, counts: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rates = rates
        self._counts = counts
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._sweep_at = KEPT
        self._lock = threading.Lock()

    def acquire(self, domain: str, sending_id: str) -> float:
        limit, most = self._rates.of(domain), self._counts.of(domain)
        with self._lock:
            if not limit and not most and domain not in self._buckets:
                return 0.0
            bucket, now = self._bucket(domain, limit), self._clock()
            bucket.busy = {mail: until for mail, until in bucket.busy.items() if until > now}
            if most and len(bucket.busy) >= most:
                return BUSY
            rate = bucket.rate(limit, now)
            wait = bucket.take(rate, now) if rate else 0.0
            if not wait and most:
                bucket.busy[sending_id] = now + HOLDS
            return wait

    def release(self, domain: str, sending_id: str) -> None:
        with self._lock:
            if bucket := self._buckets.get(domain):
                bucket.busy.pop(sending_id, None)

    def slow_down(self, domain: str) -> None:
        limit = self._rates.of(domain)
        with self._lock:
            self._bucket(domain, limit).slow_down(limit, self._clock())

    def _bucket(self, domain: str, limit: float) -> _Bucket:
        if domain not in self._buckets:
            if len(self._buckets) >= self._sweep_at:
                self._sweep()
            self._buckets[domain] = _Bucket(tokens=room(limit), at=self._clock())
        return self._buckets[domain]

    def _sweep(self) -> None:
        """Drop the domains that are as new; the next time at twice the number that is left."""
        now = self._clock()
        self._buckets = {
            domain: bucket
            for domain, bucket in self._buckets.items()
            if not bucket.is_unused(self._rates.of(domain), now)
        }
        self._sweep_at = max(KEPT, 2 * len(self._buckets))
