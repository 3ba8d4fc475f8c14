"""Hosts with networks of their own in small, and that nothing of them is left behind."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.hosts import __main__ as program
from tests.hosts import network
from tests.hosts.machines import Machines
from tests.hosts.network import Network
from tests.hosts.rounds import Cut, Speed
from tests.support.site import ROOT

# The tests' own processes talk to loopback only.
_CUT = """
import contextlib, socket
from tests.hosts.network import Network

def answers():
    with net.beside(), contextlib.suppress(OSError):
        socket.create_connection((net.address("one"), 2525), timeout=1.5).close()
        return True
    return False

with Network(["one"]) as net:
    with net.inside("one"):
        listener = socket.create_server((net.address("one"), 2525))
    print(answers())
    with net.cut("one"):
        print(answers())
    print(answers())
"""
_KILLED = """
import sys
from tests.hosts.network import Network
with Network(["one", "two"]):
    print("up", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def rights() -> None:
    if why := network.missing():
        pytest.skip(why)


@contextlib.contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A Python program with pipes; afterwards none of its namespaces is left."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
    assert network.removed(process.pid)


@pytest.mark.slow
@pytest.mark.namespaces
def test_a_host_that_is_cut_off_and_back(rights: None) -> None:
    with running("-m", "tests.hosts", "--quick", "--people=400", "--outage=8") as process:
        printed, _ = process.communicate()
    if printed.startswith("skipped: "):
        pytest.skip(printed)
    assert "host2 cut off for 8 s" in printed
    assert "recovered alone; lost 0, twice 0" in printed, printed
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.namespaces
def test_a_cut_link_loses_packets_and_comes_back(rights: None) -> None:
    with running("-c", _CUT) as process:
        printed, _ = process.communicate()
    assert printed.split() == ["True", "False", "True"]


@pytest.mark.slow
@pytest.mark.namespaces
def test_namespaces_go_with_a_program_that_is_killed(rights: None) -> None:
    with running("-c", _KILLED) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        assert len(network.namespaces_of(process.pid)) == 3
        process.send_signal(signal.SIGKILL)


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """Two people, whose digests of both days are dealt with."""
    machines = Machines(Network([]), tmp_path, [], people=2)
    machines.days = 2
    monkeypatch.setattr(machines, "sql", lambda _: [("ada@x", 2), ("bob@x", 2)])
    return machines


def taken(machines: Machines, *mails: tuple[str, str, list[int]]) -> None:
    """The relay's record of these mails (Message-ID, recipient, papers), the last half written."""
    lines = [json.dumps({"accepted": key, "to": to, "papers": found}) for key, to, found in mails]
    machines.record.write_text("\n".join([*lines, '{"accepted": "half']))


def test_all_is_well(day: Machines) -> None:
    taken(day, ("1", "ada@x", [1]), ("2", "bob@x", [1, 2]), ("3", "ada@x", [2]))
    assert (day.accepted(), day.lost(), day.doubled()) == (3, 0, 0)


def test_a_mail_that_came_twice(day: Machines) -> None:
    taken(day, ("1", "ada@x", [1, 2]), ("2", "bob@x", [1, 2]), ("1", "ada@x", [1, 2]))
    assert (day.lost(), day.doubled()) == (0, 1)


def test_a_paper_that_nobody_sent(day: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(day, ("1", "ada@x", [1]), ("2", "bob@x", [1, 2]))
    assert (day.lost(), day.doubled()) == (1, 0)
    # It is in the next window.
    monkeypatch.setattr(day, "sql", lambda _: [("ada@x", 1), ("bob@x", 2)])
    assert day.lost() == 0


def test_a_digest_that_has_not_ended(day: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    def states(*last: str) -> None:
        monkeypatch.setattr(day, "sql", lambda _: [(each,) for each in ("sent", "empty", *last)])

    states("sent", "unknown")
    assert day.is_over()
    states("sent", "leased")
    assert not day.is_over()
    states("sent")
    assert not day.is_over()


def speeds(*of_two: float) -> list[Speed]:
    """One host at 100 mails a second and 1 ms a mail; two at this rate and cost."""
    rate, cost = of_two
    return [
        Speed(1, 1000, 10.0, {"hosts": 1.0}),
        Speed(2, 1000, 1000 / rate, {"hosts": cost}),
    ]


@pytest.mark.parametrize(
    ("cores", "two", "good"),
    [
        (4, (180, 5.0), True),
        (4, (170, 1.0), False),
        (2, (100, 1.4), True),
        (2, (199, 1.6), False),
    ],
)
def test_the_speed_of_two_hosts_is_judged_where_cores_allow(
    cores: int, two: Sequence[float], good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "cores", lambda: cores)
    assert program.judged(speeds(*two)) == good


def test_a_loss_and_a_double_are_failures() -> None:
    assert Cut("", True, 0, 0, 1.0).passed
    assert not Cut("", False, 0, 0, 1.0).passed
    assert not Cut("", True, 1, 0, 1.0).passed
    assert not Cut("", True, 0, 1, 1.0).passed


def test_without_the_rights_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network.os, "geteuid", lambda: 1000)
    assert network.missing() == "network namespaces need root"
    monkeypatch.setattr(network.shutil, "which", lambda _: None)
    assert network.missing() == "iproute2 is missing: apt-get install iproute2"
