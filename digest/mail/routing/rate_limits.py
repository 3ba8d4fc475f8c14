"""How much mail one recipient domain gets: a token bucket and a number of mails at once.

A domain that answers 421 has its rate halved, and gets it back little by little. All of this may
be forgotten at any moment, or be counted by each process alone: it changes speed only.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self

from .token_bucket import LEAST, filled, halved, rate_now, room, take

BUSY = 0.5  # seconds after which to ask again where too many mails are under way
HOLDS = 700.0  # seconds; a sender that died gives its place back (a dot may wait for 600 s)
KEPT = 1000  # domains known before those that need not be are looked for
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Limits:
    """A number for every domain (`other`), and other ones for some; 0: no limit."""

    other: float = 0.0
    by_domain: tuple[tuple[str, float], ...] = ()

    @classmethod
    def rates(cls, raw: str) -> Self:
        """Mails a second from "none", "20", "600/m" or "gmail.com=20/s *=100"; ValueError."""
        return cls._read(raw, _rate)

    @classmethod
    def counts(cls, raw: str) -> Self:
        """Mails at once from "none", "10" or "gmail.com=5 *=20"; ValueError."""
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
    """What a transport asks before each mail and tells after it."""

    def enter(self, domain: str, who: str) -> float:
        """Seconds to wait; 0: go on, and `leave` afterwards. `who` names one mail's sending."""
        ...

    def leave(self, domain: str, who: str) -> None: ...

    def slow(self, domain: str) -> None:
        """The domain asked for less (421)."""
        ...


@dataclass(slots=True)
class _Bucket:
    """One domain's state (see token_bucket), and until when each mail under way is counted."""

    tokens: float
    at: float
    ceiling: float = 0.0
    slowed_at: float = 0.0
    queue: float = 0.0
    busy: dict[str, float] = field(default_factory=dict)

    def rate(self, limit: float, now: float) -> float:
        """Mails a second just now, 0 for no limit."""
        return rate_now(limit, self.ceiling, self.slowed_at, now)

    def take(self, rate: float, now: float) -> float:
        """One token: 0, or the seconds until it is there."""
        tokens = filled(self.tokens, self.at, rate, now)
        self.tokens, self.queue, wait = take(tokens, self.queue, rate, now)
        self.at = now
        return wait

    def slow(self, limit: float, now: float) -> None:
        self.ceiling, self.slowed_at = halved(self.rate(limit, now)), now
        self.tokens, self.at = 0.0, now

    def is_as_new(self, limit: float, now: float) -> bool:
        """Whether forgetting it changes nothing: full, not slowed, with nobody under way or yet
        to come back."""
        if self.queue > now or any(until > now for until in self.busy.values()):
            return False
        full = not limit or filled(self.tokens, self.at, limit, now) >= room(limit)
        return full and self.rate(limit, now) == limit


class LocalThrottle:
    """The throttle of one process."""

    def __init__(
        self, rates: Limits, counts: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rates = rates
        self._counts = counts
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._sweep_at = KEPT
        self._lock = threading.Lock()

    def enter(self, domain: str, who: str) -> float:
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
                bucket.busy[who] = now + HOLDS
            return wait

    def leave(self, domain: str, who: str) -> None:
        with self._lock:
            if bucket := self._buckets.get(domain):
                bucket.busy.pop(who, None)

    def slow(self, domain: str) -> None:
        limit = self._rates.of(domain)
        with self._lock:
            self._bucket(domain, limit).slow(limit, self._clock())

    def _bucket(self, domain: str, limit: float) -> _Bucket:
        if domain not in self._buckets:
            if len(self._buckets) >= self._sweep_at:
                self._sweep()
            self._buckets[domain] = _Bucket(tokens=room(limit), at=self._clock())
        return self._buckets[domain]

    def _sweep(self) -> None:
        """Forget the domains that need not be known; not again before twice as many are left."""
        now = self._clock()
        self._buckets = {
            domain: bucket
            for domain, bucket in self._buckets.items()
            if not bucket.is_as_new(self._rates.of(domain), now)
        }
        self._sweep_at = max(KEPT, 2 * len(self._buckets))
