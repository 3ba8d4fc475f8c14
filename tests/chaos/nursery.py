"""Workers as forked processes: born with a fate, killed, stopped, continued, and counted."""

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

from .deck import Deck
from .points import POINTS
from .worker import LEASES_LAPSE, Day, Fate, Life, crash_postgres

LIFE = 5.0  # seconds; on a busy machine a short one is over before its first mail
AT_RANDOM = "at random"
# Where a stopped worker is most dangerous comes around more often.
STOPS = (*POINTS, "body", "permit", "dot")
CRASHES = ("dot", "reply read")


@dataclass
class Running:
    """A worker that lives. `killed_at`: when it shall be killed, wherever it is then."""

    point: str
    killed_at: float = 0.0
    stopped_at: float = 0.0


@dataclass
class Fates:
    """What has happened to the workers so far. `ends`: exit codes of those nobody killed."""

    kills: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    crashes: int = 0
    ends: Counter[int] = field(default_factory=Counter)


class Nursery:
    """Keeps up to `room` workers alive. `work(life)` is what each does; it gives its exit code."""

    def __init__(
        self, work: Callable[[Life], int], starttls: Relay, random: Random, room: int = 4
    ) -> None:
        self._work, self._starttls, self._random, self._room = work, starttls, random, room
        self._points = Deck((*POINTS, AT_RANDOM), random)
        self._stops, self._crashes = Deck(STOPS, random), Deck(CRASHES, random)
        self._running: dict[int, Running] = {}
        self.fates = Fates()
        self.crashing = False

    def fill(self, day: Day, *, peace: bool = False) -> None:
        """Have as many workers awake as there is room for; in peace nothing happens to them."""
        awake = sum(not each.stopped_at for each in self._running.values())
        for _ in range(self._room - awake):
            if peace:
                self._start(Life(day, LIFE, self._random.randrange(2**32)), Running(""))
            else:
                self._bear(day)

    def _bear(self, day: Day) -> None:
        chance, seed = self._random.random(), self._random.randrange(2**32)
        options = {"relay": self._starttls if chance < 0.03 else None, "tasks": chance > 0.8}
        fate, running = self._fate()
        self._start(Life(day, LIFE, seed, fate, **options), running)

    def _fate(self) -> tuple[Fate | None, Running]:
        passage, chance = self._random.choice((1, 1, 2, 3)), self._random.random()
        if self.crashing:
            self.crashing = False
            self.fates.crashes += 1
            point = self._crashes.draw()
            return Fate(point, 1, crash_postgres), Running(point)
        if chance < 0.08:
            point = self._stops.draw()
            return Fate(point, passage, _stop), Running(point)
        point = self._points.draw()
        if point == AT_RANDOM:
            return None, Running(point, time.monotonic() + self._random.uniform(0.02, 0.4))
        return Fate(point, passage, _die), Running(point)

    def _start(self, life: Life, running: Running) -> None:
        self._running[fork(lambda: self._work(life))] = running

    def meanwhile(self, do: Callable[[], None]) -> None:
        """Have it done by one more process: who waits for a stopped worker's lock cannot at the
        same time be the one to continue it."""
        pid = fork(lambda: do() or 0)
        while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
            self.tend()
            time.sleep(0.005)
        assert ended[1] == 0, "see the lines above"

    def tend(self) -> set[int]:
        """Kill, continue and bury those whose time has come; the exit codes of the buried."""
        codes = set()
        for pid, running in list(self._running.items()):
            self._meddle(pid, running)
            ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if ended and os.WIFSTOPPED(status):
                running.stopped_at = time.monotonic()
                self.fates.stops[running.point] += 1
            elif ended:
                codes.add(self._bury(pid, status))
        return codes

    def _meddle(self, pid: int, running: Running) -> None:
        now = time.monotonic()
        if running.killed_at and now > running.killed_at:
            os.kill(pid, signal.SIGKILL)
        if running.stopped_at and now > running.stopped_at + LEASES_LAPSE:
            os.kill(pid, signal.SIGCONT)
            running.stopped_at = 0.0

    def _bury(self, pid: int, status: int) -> int:
        running = self._running.pop(pid)
        if os.WIFSIGNALED(status):
            self.fates.kills[running.point] += 1
            return -os.WTERMSIG(status)
        self.fates.ends[os.WEXITSTATUS(status)] += 1
        return os.WEXITSTATUS(status)

    def wait_for_all(self) -> None:
        """Let everybody who lives come to an end."""
        while self._running:
            self.tend()
            time.sleep(0.01)


def fork(work: Callable[[], int]) -> int:
    """A child that works and exits with the code it gives; its pid."""
    # A connection that both had would carry the words of two.
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


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
