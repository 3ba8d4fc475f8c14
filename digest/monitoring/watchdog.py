"""A watchdog thread in each process: once a minute one of them takes a health snapshot and raises
alarms.

The runner, the web server's processes, the worker and the scheduler each have one; a timer may run
`manage.py doctor --mail` as well. A row in the database decides which process has the turn.
"""

import logging
import os
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError, connections
from django.db.models import Q
from django.db.models.functions import Now

from digest.models import AlarmKind, Run
from digest.models.alarms import raise_alarm

from .alarms.alarm_delivery import send_alarms
from .alarms.database_alarm import alarm_without_database
from .health.clocks import service_clock
from .health.snapshot import HealthSnapshot, find_alarms, take_snapshot

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
MAX_FAILURES = 3  # turns in a row without the database, before the alarm about it
_TURN = "watch"


def watch(at: datetime) -> list[AlarmKind]:
    """Take a snapshot, raise and send alarms; return the kinds that are alarming."""
    return raise_alarms(take_snapshot(at))


def raise_alarms(health: HealthSnapshot) -> list[AlarmKind]:
    """Raise the alarms of a snapshot, each kind once a day, and send all that wait."""
    kinds = []
    for kind, facts in find_alarms(health):
        kinds.append(kind)
        if raise_alarm(kind, facts, health.at):
            log.error("Alarm: %s.", facts.summary)
    send_alarms(health.at)
    return kinds


def take_turn() -> bool:
    """Return whether this process has the turn: none has watched for most of a minute."""
    elapsed = timedelta(seconds=EVERY_SECONDS - 10)
    # A time in the future was written while the clock was wrong.
    ripe = Q(ended_at__lt=Now() - elapsed) | Q(ended_at__gt=Now() + elapsed)
    if Run.objects.filter(ripe, task=_TURN).update(ended_at=Now()):
        return True
    if Run.objects.filter(task=_TURN).exists():
        return False
    return Run.objects.get_or_create(task=_TURN, defaults={"ended_at": Now()})[1]


class Watchdog(threading.Thread):
    """Daemon thread that calls `step` every `every` seconds."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._every = every
        self._over = threading.Event()
        self._failures = 0

    def run(self) -> None:
        while not self._over.wait(self._every):
            self.step()

    def step(self) -> None:
        """Watch if this process has the turn. Exceptions are logged; they do not end the thread."""
        try:
            if take_turn():
                watch(service_clock()())
            self._failures = 0
        except DatabaseError as wrong:
            self._failures += 1
            log.warning("The watchdog has no database (%s).", type(wrong).__name__)
            if self._failures >= MAX_FAILURES:
                alarm_without_database(wrong)
        except Exception:
            log.exception("The watchdog failed")
        finally:
            connections.close_all()

    def stop(self) -> None:
        self._over.set()


_started: dict[int, Watchdog] = {}
_lock = threading.Lock()


def start() -> Watchdog:
    """Start the watchdog of this process, once; a forked process has none until it calls this."""
    with _lock:
        pid = os.getpid()
        if pid not in _started:
            _started.clear()
            _started[pid] = Watchdog()
            _started[pid].start()
        return _started[pid]
