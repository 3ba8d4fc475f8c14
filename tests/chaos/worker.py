"""One life of a worker: the program's own code against the clock of the day, until it dies."""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from digest import tasks
from digest.mail.routing import circuit_breaker, token_bucket
from digest.mail.routing.relay import Relay
from digest.mail.smtp import client as smtp_connection
from digest.mail_events.reconciliation import reconcile
from digest.models import Digest, Letter, State, digests, outgoing
from digest.monitoring.health import clocks
from digest.sending import batch, claims, drain, outcomes, permit, planning
from digest.sending import claims as leases

from . import points

# The program's own proportions, in tenths of seconds instead of minutes.
TIMES: tuple[tuple[Any, str, Any], ...] = (
    (outgoing, "LEASE", timedelta(seconds=1)),
    (digests, "LEASE", timedelta(seconds=1)),
    (permit, "PERMIT_LEASE", timedelta(seconds=1.5)),
    (leases, "RENEW_SECONDS", 0.25),
    (drain, "RENEW_IF_OLDER", 0.75),
    (smtp_connection, "STEP_TIMEOUT", 0.8),
    (smtp_connection, "DOT_TIMEOUT", 0.8),
    (circuit_breaker, "FIRST_PAUSE", 0.1),
    (circuit_breaker, "LONGEST_PAUSE", 0.2),
    (token_bucket, "FIRST_SLOW", 40.0),
    (token_bucket, "RECOVERY", 0.2),
    (drain, "DRAIN_SECONDS", 2.0),
    (claims, "BATCH", 4),
    (outcomes, "BACKOFF", [timedelta(seconds=0.1)]),
    (outcomes, "HELD_BACK", timedelta(seconds=0.1)),
    (batch, "HELD_BACK", timedelta(seconds=0.1)),
)
LEASES_LAPSE = 1.8  # seconds
# How a life ended, besides by a signal.
TIRED, IDLE, DATABASE_GONE, WRONG = 0, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Day:
    """A local date of the campaign: its clock starts at `dawn` and runs as the real one does."""

    dawn: datetime
    began: float

    @classmethod
    def starting(cls, dawn: datetime) -> "Day":
        return cls(dawn, time.monotonic())

    def now(self) -> datetime:
        return self.dawn + timedelta(seconds=time.monotonic() - self.began)


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a worker at the `passage`-th passage of `point`: `act` of ACTS."""

    point: str
    passage: int
    act: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Life:
    """What one worker is to do. `tasks`: by calling the Celery tasks, each 0, 1 or 5 times."""

    day: Day
    seconds: float
    seed: int
    fate: Fate | None = None
    relay: Relay | None = None
    tasks: bool = False


def shorten() -> None:
    for module, name, value in TIMES:
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)


def live(life: Life, log: Path) -> int:
    """Work until the time is over or nothing is left to do; the exit code."""
    random.seed(life.seed)
    logging.basicConfig(filename=log, force=True, format="%(levelname)s %(message)s")
    if life.relay:
        settings.MAIL_RELAYS = (life.relay,)
    if life.fate:
        points.watch(_Watch(life.fate))
    try:
        return _work(life)
    except Error as gone:
        logging.warning("The worker gave up: %r", gone)
        return DATABASE_GONE
    except Exception:
        logging.exception("The worker broke down")
        return WRONG


class _Watch:
    def __init__(self, fate: Fate) -> None:
        self._fate, self._left = fate, fate.passage

    def __call__(self, point: str) -> None:
        if point == self._fate.point:
            self._left -= 1
            if self._left == 0:
                self._fate.act()


def _work(life: Life) -> int:
    until = time.monotonic() + life.seconds
    drain.reap(life.day.now())
    reconcile()
    planning.plan(life.day.now())
    turn = _turn_by_tasks if life.tasks else _drain
    while time.monotonic() < until:
        turn(life.day)
        if not _is_work_left():
            return IDLE
        time.sleep(0.05)
    return TIRED


def _is_work_left() -> bool:
    waiting = (State.PLANNED, State.LEASED)
    return any(lane.objects.filter(state__in=waiting).exists() for lane in (Letter, Digest))


def _drain(day: Day) -> None:
    transport = drain.open_transport()
    try:
        drain.drain(transport, day.now)
    finally:
        transport.close()


def _turn_by_tasks(day: Day) -> None:
    """Each message of the broker delivered never, once or five times, in any order."""
    messages = [
        task
        for task in (tasks.plan, tasks.drain, tasks.reap)
        for _ in range(random.choice((0, 1, 5)))
    ]
    with _clock_of(day):
        for task in random.sample(messages, len(messages)):
            task()


@contextmanager
def _clock_of(day: Day) -> Iterator[None]:
    """Tasks read the clocks themselves."""
    real = timezone.now, clocks.service_clock, clocks.read_clocks
    timezone.now, clocks.service_clock = day.now, lambda: day.now
    # A steady clock that agrees: between two lives a day passes.
    clocks.read_clocks = lambda _: clocks.ClockReading(
        now := day.now(), now, now.timestamp(), "chaos"
    )
    try:
        yield
    finally:
        timezone.now, clocks.service_clock, clocks.read_clocks = real


def crash_postgres() -> None:
    """Have the server die under us: it ends every connection when one backend is killed, and
    recovers from its log."""
    os.kill(connection.connection.info.backend_pid, 9)
