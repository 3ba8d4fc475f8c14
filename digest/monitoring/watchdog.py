"""Each process looks after the others: once a minute one of them measures, and alarms operators.

The runner, the web server's processes, the worker and the scheduler each have a thread for it; a
timer may run `manage.py doctor --mail` as well. The database says whose turn it is.
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
MAX_FAILURES = 3  # turns in a row without the database before that itself is an alarm
_TURN = "watch"


def watch(at: datetime) -> list[AlarmKind]:
    """Measure, raise the alarms that are due and send what waits; return the alarming kinds."""
    return raise_alarms(take_snapshot(at))


def raise_alarms(health: HealthSnapshot) -> list[AlarmKind]:
    """Raise the alarms of this snapshot, once a day each, and send what waits of any."""
    kinds = []
    for kind, facts in find_alarms(health):
        kinds.append(kind)
        if raise_alarm(kind, facts, health.at):
            log.error("Alarm: %s.", facts.summary)
    send_alarms(health.at)
    return kinds


def take_turn() -> bool:
    """Whether no process has watched for most of a minute; this one has its turn then."""
    elapsed = timedelta(seconds=EVERY_SECONDS - 10)
    # An instant in the future was written by a clock that was wrong.
    ripe = Q(ended_at__lt=Now() - elapsed) | Q(ended_at__gt=Now() + elapsed)
    if Run.objects.filter(ripe, task=_TURN).update(ended_at=Now()):
        return True
    if Run.objects.filter(task=_TURN).exists():
        return False
    return Run.objects.get_or_create(task=_TURN, defaults={"ended_at": Now()})[1]


class Watchdog(threading.Thread):
    """Watches from inside a process that has other work to do."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._every = every
        self._over = threading.Event()
        self._failures = 0

    def run(self) -> None:
        while not self._over.wait(self._every):
            self.step()

    def step(self) -> None:
        """One turn, if it is this process's; whatever goes wrong must not end the thread."""
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
    """Start this process's watchdog, once; a thread does not come along when a process forks."""
    with _lock:
        pid = os.getpid()
        if pid not in _started:
            _started.clear()
            _started[pid] = Watchdog()
            _started[pid].start()
        return _started[pid]
