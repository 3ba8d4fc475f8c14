"""Days of sending under fire on one database, then quiet ones, then the count."""

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
from .nursery import Fates, Nursery
from .sink import Sink
from .worker import IDLE, LEASES_LAPSE, Day, live, shorten

LONGEST_DAY = 300.0  # seconds; a day that lasts longer hangs
KILLS_A_CRASH = 40
Found = TypeVar("Found")


def main() -> None:
    asked = _arguments()
    began, folder = time.monotonic(), Path(settings.DATA_DIR)
    record, log = folder / "sink.jsonl", folder / "workers.log"
    with _sink(record, asked.share, Random(asked.seed)) as (port, behave):
        settings.MAIL_RELAYS = (Relay("127.0.0.1", port, connections=3),)
        campaign = Campaign(asked.kills, asked.people, Random(asked.seed), port, log)
        fates = campaign.run(behave)
    found = count(record, log, fates, campaign.days)
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
    """A sink in a process of its own: its port, and what makes it behave from then on."""
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


class Campaign:
    """`kills` workers die while mail goes to so many people by 127.0.0.1:`port`."""

    def __init__(self, kills: int, size: int, random: Random, port: int, log: Path) -> None:
        self._kills, self._size, self._random = kills, size, random
        starttls = Relay("127.0.0.1", port, security="starttls", connections=3)
        self._nursery = Nursery(lambda life: live(life, log), starttls, random)
        self._crashed = 0
        self.days = 0

    def run(self, behave: Callable[[], None]) -> Fates:
        """Send until enough workers have died, then bring everything to its end in peace."""
        call_command("migrate", verbosity=0)
        people.settle(self._size)
        people.warm_up()
        shorten()
        while self._nursery.fates.kills.total() < self._kills:
            self._day(self._under_fire)
        behave()
        self._nursery.wait_for_all()
        # Two: what ended UNKNOWN on the first rolls on to the second.
        for _ in range(2):
            self._day(self._in_peace)
            _patiently(self._end_all)
        return self._nursery.fates

    def _day(self, crew: Callable[[Day], None]) -> None:
        """One day, until nothing waits any more; what is on its way may go on in the next."""
        day = Day.starting(people.dawn(self.days))
        seed = self._random.random()
        self._nursery.meanwhile(lambda: _patiently(lambda: self._list(day, Random(seed))))
        self.days += 1
        while True:
            crew(day)
            time.sleep(0.005)
            if IDLE in self._nursery.tend() and _patiently(lambda: _is_planned(day)):
                return
            assert time.monotonic() < day.began + LONGEST_DAY, f"day {self.days} never ends"

    def _list(self, day: Day, random: Random) -> None:
        people.new_day(day, self.days, random)

    def _under_fire(self, day: Day) -> None:
        killed = self._nursery.fates.kills.total()
        if connection.vendor == "postgresql" and killed // KILLS_A_CRASH > self._crashed:
            self._crashed, self._nursery.crashing = killed // KILLS_A_CRASH, True
        self._nursery.fill(day, peace=killed >= self._kills)

    def _in_peace(self, day: Day) -> None:
        self._nursery.fill(day, peace=True)

    def _end_all(self) -> None:
        self._nursery.wait_for_all()
        time.sleep(LEASES_LAPSE)
        for lane in (Letter, Digest):
            lane.objects.reap(people.dawn(self.days - 1))


def _is_planned(day: Day) -> bool:
    return Digest.objects.filter(local_date=day.dawn.date()).exists()


def _patiently(do: Callable[[], Found], tries: int = 50) -> Found:
    """Do it, again and again while the database recovers; no connection is left open."""
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
