"""Days of sending with faults on one database, then days without, then the count."""

import argparse
import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection, connections

from digest.mail.routing.relay import Relay
from digest.models import Digest, Letter
from digest.runner.process import die_with_parent

from . import people
from .count import count
from .sink import Sink
from .worker import IDLE, LEASES_LAPSE, Day, run_worker, shorten
from .worker_pool import WorkerPool, WorkerTotals

LONGEST_DAY = 300.0  # seconds; a day that lasts longer hangs
KILLS_A_CRASH = 40
Found = TypeVar("Found")


def main() -> None:
    asked = _arguments()
    began, folder = time.monotonic(), Path(settings.DATA_DIR)
    record, log = folder / "sink.jsonl", folder / "workers.log"
    with _sink(record, asked.share, Random(asked.seed)) as (port, stop_faults):
        settings.MAIL_RELAYS = (Relay("127.0.0.1", port, connections=3),)
        simulation = Simulation(asked.kills, asked.people, Random(asked.seed), port, log)
        totals = simulation.run(stop_faults)
    found = count(record, log, totals, simulation.days)
    connections.close_all()
    print(json.dumps(found | {"seconds": round(time.monotonic() - began, 1)}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run")
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--share", type=float, default=0.12, help="of mails that meet a fault")
    return parser.parse_args()


@contextmanager
def _sink(record: Path, share: float, random: Random) -> Iterator[tuple[int, Callable[[], None]]]:
    """A sink in a process of its own: its port, and a function that ends its faults."""
    parent, listener = os.getpid(), socket.create_server(("127.0.0.1", 0), backlog=200)
    pid = os.fork()
    if not pid:
        try:
            die_with_parent(parent)
            asyncio.run(Sink(listener, record, share, random).serve())
        finally:
            os._exit(255)
    port = listener.getsockname()[1]
    listener.close()
    try:
        yield port, lambda: os.kill(pid, signal.SIGUSR1)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class Simulation:
    """`kills` workers die while mail goes to so many people by 127.0.0.1:`port`."""

    def __init__(self, kills: int, size: int, random: Random, port: int, log: Path) -> None:
        self._kills, self._size, self._random = kills, size, random
        starttls = Relay("127.0.0.1", port, security="starttls", connections=3)
        self._pool = WorkerPool(lambda run: run_worker(run, log), starttls, random)
        self._crashed = 0
        self.days = 0

    def run(self, stop_faults: Callable[[], None]) -> WorkerTotals:
        """Send until enough workers have died, then let every mail end without faults."""
        call_command("migrate", verbosity=0)
        people.subscribe_people(self._size)
        people.warm_up()
        shorten()
        while self._pool.totals.kills.total() < self._kills:
            self._day(self._with_faults)
        stop_faults()
        self._pool.wait_for_all()
        # Two: what ended UNKNOWN on the first rolls on to the second.
        for _ in range(2):
            self._day(self._without_faults)
            _retrying(self._end_all)
        return self._pool.totals

    def _day(self, start_workers: Callable[[Day], None]) -> None:
        """One day, until nothing waits any more; what is on its way may go on in the next."""
        day = Day.starting(people.day_start(self.days))
        seed = self._random.random()
        self._pool.run_beside(lambda: _retrying(lambda: self._list(day, Random(seed))))
        self.days += 1
        while True:
            start_workers(day)
            time.sleep(0.005)
            if IDLE in self._pool.poll() and _retrying(lambda: _is_planned(day)):
                return
            assert time.monotonic() < day.began + LONGEST_DAY, f"day {self.days} never ends"

    def _list(self, day: Day, random: Random) -> None:
        people.new_day(day, self.days, random)

    def _with_faults(self, day: Day) -> None:
        killed = self._pool.totals.kills.total()
        if connection.vendor == "postgresql" and killed // KILLS_A_CRASH > self._crashed:
            self._crashed, self._pool.crash_next = killed // KILLS_A_CRASH, True
        self._pool.fill(day, undisturbed=killed >= self._kills)

    def _without_faults(self, day: Day) -> None:
        self._pool.fill(day, undisturbed=True)

    def _end_all(self) -> None:
        self._pool.wait_for_all()
        time.sleep(LEASES_LAPSE)
        for model in (Letter, Digest):
            model.objects.reap(people.day_start(self.days - 1))


def _is_planned(day: Day) -> bool:
    return Digest.objects.filter(local_date=day.start.date()).exists()


def _retrying(do: Callable[[], Found], tries: int = 50) -> Found:
    """Call `do`, retrying while the database recovers; close every connection afterwards."""
    for left in reversed(range(tries)):
        try:
            return do()
        except Error:
            if not left:
                raise
            time.sleep(0.1)
        finally:
            connections.close_all()
    raise AssertionError("unreachable")
