"""What is done with the machines: more and more hosts at work, then one link after another cut."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from digest.simulation import process_costs
from tests.support.servers import wait_until

from . import people
from .machines import BROKER, DATABASE, RELAY, Machines

WARM = 200  # mails of each host
UNDER_WAY = 60.0  # seconds until the first mails of a day
RECOVERS_WITHIN = 180.0  # seconds, on a machine that has other things to do


@dataclass(frozen=True, slots=True)
class Speed:
    """A day with so many hosts at work. `processor`: seconds, by who spent them."""

    hosts: int
    mails: int
    seconds: float
    processor: Mapping[str, float]

    @property
    def rate(self) -> float:
        return self.mails / self.seconds

    @property
    def per_mail(self) -> float:
        """Milliseconds of the hosts' processor for a mail."""
        return self.processor["hosts"] / self.mails * 1e3


@dataclass(frozen=True, slots=True)
class Cut:
    """A day on which a link was down for a while."""

    name: str
    recovered: bool
    lost: int
    doubled: int
    seconds: float
    states: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.recovered and not self.lost and not self.doubled


def speed(machines: Machines, hosts: int) -> Speed:
    """Send a day's mail with the first `hosts` machines, started at the same time.

    Each first sends about WARM mails that are not measured: a worker loads papers and templates
    once, however many mails follow.
    """
    early = datetime.now(UTC) - people.EARLIER / 2
    machines.run_people("plan", str(WARM * hosts))
    with contextlib.ExitStack() as stack:
        command = (sys.executable, "-m", "digest.simulation.draining")
        workers = [
            stack.enter_context(machines.process(name, *command, answers=True))
            for name in machines.hosts[:hosts]
        ]
        pids = [worker.pid for worker in workers]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        _drain(workers, early)
        before, spent, began = machines.accepted(), _processor(machines, pids), time.perf_counter()
        _drain(workers, datetime.now(UTC))
        seconds = time.perf_counter() - began
        after = _processor(machines, pids)
    used = {name: after[name] - was for name, was in spent.items()}
    return Speed(hosts, machines.accepted() - before, seconds, used)


def _drain(workers: "Sequence[subprocess.Popen[str]]", at: datetime) -> None:
    """Have all of them send what is due at `at`, and wait for the last."""
    for worker in workers:
        assert worker.stdin
        worker.stdin.write(f"{at.isoformat()}\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.stdout
        json.loads(worker.stdout.readline())


def _processor(machines: Machines, pids: list[int]) -> dict[str, float]:
    servers = {name: machines.processor(name) for name in (DATABASE, RELAY)}
    return {"hosts": sum(map(process_costs.processor, pids)), **servers}


@contextlib.contextmanager
def at_work(machines: Machines) -> Iterator[None]:
    """Worker and scheduler on every host, for the block."""
    with contextlib.ExitStack() as stack:
        for name in machines.hosts:
            stack.enter_context(machines.process(name, sys.executable, "-m", "tests.hosts.host"))
        yield


def cut(machines: Machines, machine: str, outage: float) -> Cut:
    """A day with the machine's link down for `outage` seconds, from a tenth of its mails on."""
    began, before = time.monotonic(), machines.accepted()
    machines.run_people("next_day")
    first = before + machines.people // 10
    is_under_way = wait_until(lambda: machines.accepted() >= first, UNDER_WAY)
    in_mid_run = machines.accepted() < before + machines.people
    with machines.network.cut(machine):
        time.sleep(outage)
    is_over = wait_until(machines.is_over, RECOVERS_WITHIN)
    recovered = is_under_way and in_mid_run and is_over
    seconds = time.monotonic() - began
    what = f"{machine} cut off for {outage:.0f} s"
    return Cut(what, recovered, machines.lost(), machines.doubled(), seconds, machines.states())


def cuts(machines: Machines, outage: float, *, quick: bool) -> Iterator[Cut]:
    """A host, and unless it is to be `quick` the relay, the database and the broker."""
    others = () if quick else (RELAY, DATABASE, BROKER)
    for machine in (machines.hosts[-1], *others):
        yield cut(machines, machine, outage)


def cores() -> int:
    return os.cpu_count() or 1
