"""One run of a worker: the program's own code, on the clock of the simulated day."""

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
# How a run ended, besides by a signal.
OUT_OF_TIME, IDLE, DATABASE_GONE, BROKEN = 0, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Day:
    """A local date of the simulation: its clock starts at `start` and runs as the real one does."""

    start: datetime
    began: float

    @classmethod
    def starting(cls, start: datetime) -> "Day":
        return cls(start, time.monotonic())

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.began)


@dataclass(frozen=True, slots=True)
class Interruption:
    """What happens to a worker at the `passage`-th passage of `point`: `act` of ACTS."""

    point: str
    passage: int
    act: Callable[[], None]


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """What one worker is to do. `tasks`: by calling the Celery tasks, each 0, 1 or 5 times."""

    day: Day
    seconds: float
    seed: int
    interruption: Interruption | None = None
    relay: Relay | None = None
    tasks: bool = False


def shorten() -> None:
    for module, name, value in TIMES:
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)


def run_worker(run: WorkerRun, log: Path) -> int:
    """Work until the time is over or nothing is left to do; the exit code."""
    random.seed(run.seed)
    logging.basicConfig(filename=log, force=True, format="%(levelname)s %(message)s")
    if run.relay:
        settings.MAIL_RELAYS = (run.relay,)
    if run.interruption:
        points.install_hooks(_Watch(run.interruption))
    try:
        return _work(run)
    except Error as gone:
        logging.warning("The worker gave up: %r", gone)
        return DATABASE_GONE
    except Exception:
        logging.exception("The worker broke down")
        return BROKEN


class _Watch:
    def __init__(self, interruption: Interruption) -> None:
        self._interruption, self._left = interruption, interruption.passage

    def __call__(self, point: str) -> None:
        if point == self._interruption.point:
            self._left -= 1
            if self._left == 0:
                self._interruption.act()


def _work(run: WorkerRun) -> int:
    until = time.monotonic() + run.seconds
    drain.reap(run.day.now())
    reconcile()
    planning.plan(run.day.now())
    turn = _run_tasks if run.tasks else _drain
    while time.monotonic() < until:
        turn(run.day)
        if not _is_work_left():
            return IDLE
        time.sleep(0.05)
    return OUT_OF_TIME


def _is_work_left() -> bool:
    waiting = (State.PLANNED, State.LEASED)
    return any(model.objects.filter(state__in=waiting).exists() for model in (Letter, Digest))


def _drain(day: Day) -> None:
    transport = drain.open_transport()
    try:
        drain.drain(transport, day.now)
    finally:
        transport.close()


def _run_tasks(day: Day) -> None:
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
    # A steady clock that agrees: between two runs a day passes.
    clocks.read_clocks = lambda _: clocks.ClockReading(
        now := day.now(), now, now.timestamp(), "chaos"
    )
    try:
        yield
    finally:
        timezone.now, clocks.service_clock, clocks.read_clocks = real


def crash_postgres() -> None:
    """Kill the backend of this connection: PostgreSQL then ends every connection and recovers
    from its log."""
    os.kill(connection.connection.info.backend_pid, 9)
