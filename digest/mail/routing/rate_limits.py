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

BURST = 20.0  # seconds' worth of mail that may leave at once, for senders wake up that often
RECOVERY = 60.0  # seconds in which a slowed domain's rate doubles
FIRST_SLOW = 2.0  # mails a second; half of it is what an unlimited domain gets after a 421
LEAST = 1 / 60  # mails a second
FREE = 64.0  # mails a second at which a slowed domain counts as unlimited again
BUSY = 0.5  # seconds after which to ask again where too many mails are under way
HOLDS = 700.0  # seconds; a sender that died gives its place back (a dot may wait for 600 s)
LONGEST_WAIT = 3600.0
KEPT = 1000  # domains known before those that need not be are looked for
ROUNDING = 1e-6  # of a mail; who waited as long as told shall not wait again
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
    """One domain: `tokens` as of `at`; `ceiling` as of `slowed_at`, 0 for none; `queue`: when the
    next mail that has to wait may come back, so that those that wait don't come back together."""

    tokens: float
    at: float
    ceiling: float = 0.0
    slowed_at: float = 0.0
    queue: float = 0.0
    busy: dict[str, float] = field(default_factory=dict)

    def rate(self, limit: float, now: float) -> float:
        """Mails a second just now, 0 for no limit."""
        if not self.ceiling:
            return limit
        now_at = self.ceiling * 2 ** min((now - self.slowed_at) / RECOVERY, 60.0)
        if now_at >= (limit or FREE):
            self.ceiling = 0.0
            return limit
        return now_at

    def take(self, rate: float, now: float) -> float:
        """One token: 0, or the seconds until it is there."""
        self.tokens = self._filled(rate, now)
        self.at = now
        if self.tokens >= 1.0 - ROUNDING:
            self.tokens = max(0.0, self.tokens - 1.0)
            return 0.0
        turn = max(self.queue, now + (1.0 - self.tokens) / rate - 1 / rate) + 1 / rate
        # Who asks again gets a new turn: without an end the queue would run away from the clock.
        self.queue = min(turn, now + LONGEST_WAIT)
        return self.queue - now

    def is_as_new(self, limit: float, now: float) -> bool:
        """Whether forgetting it changes nothing: full, not slowed, with nobody under way or yet
        to come back."""
        if self.queue > now or any(until > now for until in self.busy.values()):
            return False
        full = not limit or self._filled(limit, now) >= _room(limit)
        return full and self.rate(limit, now) == limit

    def _filled(self, rate: float, now: float) -> float:
        return min(_room(rate), self.tokens + (now - self.at) * rate)

    def slow(self, limit: float, now: float) -> None:
        rate = self.rate(limit, now) or FIRST_SLOW
        self.ceiling, self.slowed_at = max(rate / 2, LEAST), now
        self.tokens = 0.0


def _room(rate: float) -> float:
    return max(1.0, rate * BURST)


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
            self._buckets[domain] = _Bucket(tokens=_room(limit), at=self._clock())
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
