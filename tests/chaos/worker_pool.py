"""Workers as forked processes: interrupted, killed, stopped, continued, and counted."""

import os
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from django.db import connections

from digest.mail.routing.relay import Relay
from digest.runner.process import die_with_parent

from .points import POINTS
from .shuffled_cycle import ShuffledCycle
from .worker import LEASES_LAPSE, Day, Interruption, WorkerRun, crash_postgres

RUN_SECONDS = 5.0  # seconds; on a busy machine a short one is over before its first mail
AT_RANDOM = "at random"
# Points at which a stopped worker is most dangerous occur more often.
STOPS = (*POINTS, "body", "permit", "dot")
CRASHES = ("dot", "reply read")


@dataclass
class RunningWorker:
    """A worker process. `killed_at`: when it is to be killed, wherever it is then."""

    point: str
    killed_at: float = 0.0
    stopped_at: float = 0.0


@dataclass
class WorkerTotals:
    """Counts of what happened to workers. `ends`: exit codes of those that were not killed."""

    kills: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    crashes: int = 0
    ends: Counter[int] = field(default_factory=Counter)


class WorkerPool:
    """Up to `size` running workers. `work(run)` does a worker's run and returns its exit code."""

    def __init__(
        self, work: Callable[[WorkerRun], int], starttls: Relay, random: Random, size: int = 4
    ) -> None:
        self._work, self._starttls, self._random, self._size = work, starttls, random, size
        self._points = ShuffledCycle((*POINTS, AT_RANDOM), random)
        self._stops, self._crashes = ShuffledCycle(STOPS, random), ShuffledCycle(CRASHES, random)
        self._running: dict[int, RunningWorker] = {}
        self.totals = WorkerTotals()
        self.crash_next = False

    def fill(self, day: Day, *, undisturbed: bool = False) -> None:
        """Start workers until `size` run; with `undisturbed`, none is interrupted."""
        awake = sum(not each.stopped_at for each in self._running.values())
        for _ in range(self._size - awake):
            if undisturbed:
                self._start(
                    WorkerRun(day, RUN_SECONDS, self._random.randrange(2**32)), RunningWorker("")
                )
            else:
                self._start_interrupted(day)

    def _start_interrupted(self, day: Day) -> None:
        chance, seed = self._random.random(), self._random.randrange(2**32)
        options = {"relay": self._starttls if chance < 0.03 else None, "tasks": chance > 0.8}
        interruption, running = self._next_interruption()
        self._start(WorkerRun(day, RUN_SECONDS, seed, interruption, **options), running)

    def _next_interruption(self) -> tuple[Interruption | None, RunningWorker]:
        passage, chance = self._random.choice((1, 1, 2, 3)), self._random.random()
        if self.crash_next:
            self.crash_next = False
            self.totals.crashes += 1
            point = self._crashes.draw()
            return Interruption(point, 1, crash_postgres), RunningWorker(point)
        if chance < 0.08:
            point = self._stops.draw()
            return Interruption(point, passage, _stop_self), RunningWorker(point)
        point = self._points.draw()
        if point == AT_RANDOM:
            return None, RunningWorker(point, time.monotonic() + self._random.uniform(0.02, 0.4))
        return Interruption(point, passage, _kill_self), RunningWorker(point)

    def _start(self, run: WorkerRun, running: RunningWorker) -> None:
        self._running[fork(lambda: self._work(run))] = running

    def run_beside(self, do: Callable[[], None]) -> None:
        """Run `do` in another process: a process that waits for a stopped worker's lock cannot
        continue that worker."""
        pid = fork(lambda: do() or 0)
        while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
            self.poll()
            time.sleep(0.005)
        assert ended[1] == 0, "see the lines above"

    def poll(self) -> set[int]:
        """Kill and continue workers whose time has come; return the exit codes of ended ones."""
        codes = set()
        for pid, running in list(self._running.items()):
            self._kill_or_continue(pid, running)
            ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if ended and os.WIFSTOPPED(status):
                running.stopped_at = time.monotonic()
                self.totals.stops[running.point] += 1
            elif ended:
                codes.add(self._remove(pid, status))
        return codes

    def _kill_or_continue(self, pid: int, running: RunningWorker) -> None:
        now = time.monotonic()
        if running.killed_at and now > running.killed_at:
            os.kill(pid, signal.SIGKILL)
        if running.stopped_at and now > running.stopped_at + LEASES_LAPSE:
            os.kill(pid, signal.SIGCONT)
            running.stopped_at = 0.0

    def _remove(self, pid: int, status: int) -> int:
        running = self._running.pop(pid)
        if os.WIFSIGNALED(status):
            self.totals.kills[running.point] += 1
            return -os.WTERMSIG(status)
        self.totals.ends[os.WEXITSTATUS(status)] += 1
        return os.WEXITSTATUS(status)

    def wait_for_all(self) -> None:
        """Wait until every worker has ended."""
        while self._running:
            self.poll()
            time.sleep(0.01)


def fork(work: Callable[[], int]) -> int:
    """Fork a child that calls `work` and exits with the code it returns; return its pid."""
    # Both processes would write to a connection that they share.
    connections.close_all()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        die_with_parent(parent)
        os._exit(work())
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(255)


def _kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop_self() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
