"""A watchdog thread in each process: once a minute one of them takes a health snapshot and raises
alarms.

That of the scheduler's process does it; those of the web server's processes and of the workers take
over when it has not for two minutes, so that one process has loaded what a snapshot needs.
`manage.py up` runs one in a process of its own while services fail, and a timer may run
`manage.py doctor --mail`. A row in the database decides which process has the turn.
"""

import logging
import os
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError, connections
from django.db.models import Q
from django.db.models.functions import Now

from digest.models import AlarmKind, Heartbeat, Run
from digest.models.alarms import raise_alarm

from .alarms.alarm_delivery import send_alarms
from .alarms.daily_report import report_day
from .alarms.database_alarm import alarm_without_database
from .health.clocks import service_clock
from .health.snapshot import HealthSnapshot, find_alarms, take_snapshot
from .heartbeats import record_heartbeat

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
FIRST_SECONDS = EVERY_SECONDS - 10  # without a turn, before a process that is no spare has it
SPARE_SECONDS = 120.0  # without a turn, before the process of a spare has it
MAX_FAILURES = 3  # turns in a row without the database, before the alarm about it
_TURN = "watch"


def watch(at: datetime) -> list[AlarmKind]:
    """Take a snapshot, raise and send alarms and the daily report; return the kinds that are
    alarming."""
    kinds = raise_alarms(take_snapshot(at))
    if report_day(at):
        send_alarms(at)
    return kinds


def raise_alarms(health: HealthSnapshot) -> list[AlarmKind]:
    """Raise the alarms of a snapshot, each kind once a day, and send all that wait."""
    kinds = []
    for kind, facts in find_alarms(health):
        kinds.append(kind)
        if raise_alarm(kind, facts, health.at):
            log.error("Alarm: %s.", facts.summary)
    send_alarms(health.at)
    return kinds


def take_turn(after: float = FIRST_SECONDS) -> bool:
    """Return whether this process has the turn: none has watched for `after` seconds."""
    elapsed = timedelta(seconds=after)
    # A time in the future was written while the clock was wrong.
    ripe = Q(ended_at__lt=Now() - elapsed) | Q(ended_at__gt=Now() + elapsed)
    if Run.objects.filter(ripe, task=_TURN).update(ended_at=Now()):
        return True
    if Run.objects.filter(task=_TURN).exists():
        return False
    return Run.objects.get_or_create(task=_TURN, defaults={"ended_at": Now()})[1]


class Watchdog(threading.Thread):
    """Daemon thread that calls `step` every minute; a spare watches only if others do not.

    `kind`: what it records a heartbeat of, for a process that has no other place to do so.
    """

    def __init__(self, kind: Heartbeat.Kind | None = None, *, is_spare: bool = False) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._kind = kind
        self._after = SPARE_SECONDS if is_spare else FIRST_SECONDS
        self._over = threading.Event()
        self._failures = 0

    def run(self) -> None:
        self.beat()
        while not self._over.wait(EVERY_SECONDS):
            self.step()

    def beat(self) -> None:
        """Record the heartbeat of this process."""
        try:
            if self._kind:
                record_heartbeat(self._kind)
        except Exception:
            log.exception("No heartbeat could be recorded")
        finally:
            connections.close_all()

    def step(self) -> None:
        """Watch if this process has the turn. Exceptions are logged; they do not end the thread."""
        self.beat()
        try:
            if take_turn(self._after):
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

    def watch_first(self) -> None:
        """Be no spare any more."""
        self._after = FIRST_SECONDS

    def stop(self) -> None:
        self._over.set()


def main() -> None:
    """Watch in the main thread, until a signal."""
    Watchdog(is_spare=True).run()


_started: dict[int, Watchdog] = {}
_lock = threading.Lock()


def start(kind: Heartbeat.Kind | None = None, *, is_spare: bool = False) -> Watchdog:
    """Start the watchdog of this process, once; a forked process has none until it calls this.

    `kind` and `is_spare`: see `Watchdog`. A worker that has the scheduler asks for both; it is no
    spare then.
    """
    with _lock:
        pid = os.getpid()
        if pid not in _started:
            _started.clear()
            _started[pid] = Watchdog(kind, is_spare=is_spare)
            _started[pid].start()
        elif not is_spare:
            _started[pid].watch_first()
        return _started[pid]
