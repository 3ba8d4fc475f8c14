"""Child processes: their lines, how they end, and that none outlives its parent."""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.runner.child_process import MAX_LINE_BYTES, ChildProcess, LineBuffer, run_command
from tests.support.servers import wait_until
from tests.support.site import ROOT

# A runner whose child has a child of its own; it prints both pids and waits to be killed.
RUNNER = """
import os, sys, time
from pathlib import Path
from digest.runner.child_process import run_command
CHILD = '''
import os, subprocess, sys, time
from digest.runner.process import die_with_parent
me = os.getpid()
inner = subprocess.Popen(["sleep", "60"], preexec_fn=lambda: die_with_parent(me))
print(me, inner.pid, flush=True)
time.sleep(60)
'''
child = run_command([sys.executable, "-c", CHILD], Path.cwd(), os.environ)
while not (lines := child.lines()):
    time.sleep(0.02)
print(lines[0], flush=True)
time.sleep(60)
"""


# The same with a fork that has a child of its own.
FORKING_RUNNER = """
import os, subprocess, time
from pathlib import Path
from digest.runner.child_process import fork
from digest.runner.process import die_with_parent
def main():
    me = os.getpid()
    inner = subprocess.Popen(["sleep", "60"], preexec_fn=lambda: die_with_parent(me))
    print(me, inner.pid)
    time.sleep(60)
child = fork(main, "fork", Path.cwd(), {})
while not (lines := child.lines()):
    time.sleep(0.02)
print(lines[0], flush=True)
time.sleep(60)
"""


def start(program: str, folder: Path) -> ChildProcess:
    return run_command(["/bin/sh", "-c", program], folder, os.environ)


def ending(child: ChildProcess) -> str | None:
    """How it ended; None if it still runs after 5 seconds."""
    until = time.monotonic() + 5
    while (how := child.exit_reason()) is None and time.monotonic() < until:
        time.sleep(0.02)
    return how


def alive(pid: int) -> bool:
    """Whether the process runs (one that ended and was not yet noticed does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_lines_are_the_same_whatever_pieces_they_come_in(data: bytes, cuts: list[int]) -> None:
    lines, output = LineBuffer(), []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start_, end in itertools.pairwise(edges):
        output += lines.feed(data[start_:end])
    output += lines.flush()
    at_once = LineBuffer()
    assert output == at_once.feed(data) + at_once.flush()
    assert len(output) == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


def test_a_line_without_end_is_printed_in_pieces() -> None:
    lines = LineBuffer()
    output = [line for _ in range(100) for line in lines.feed(b"x" * 40_000)]
    assert sum(map(len, output)) + sum(map(len, lines.flush())) == 4_000_000
    assert max(map(len, output)) < 2 * MAX_LINE_BYTES


def test_a_child_says_all_it_said_before_it_ended(tmp_path: Path) -> None:
    child = start("pwd; echo wrong >&2; printf 'caf\\303\\251 \\377'; exit 3", tmp_path)
    assert ending(child) == "exit 3"
    assert child.remaining_lines() == [str(tmp_path), "wrong", "café \ufffd"]


def test_a_killed_child_says_which_signal(tmp_path: Path) -> None:
    child = start("exec sleep 60", tmp_path)
    child.kill()
    assert ending(child) == "signal 9"
    assert child.remaining_lines() == []


def test_what_a_child_left_behind_ends_with_it(tmp_path: Path) -> None:
    child = start("sleep 60 & echo $!", tmp_path)
    assert ending(child) == "exit 0"
    (left,) = child.remaining_lines()
    assert wait_until(lambda: not alive(int(left)), 5)


@pytest.mark.real_clock
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("program", [RUNNER, FORKING_RUNNER], ids=["command", "fork"])
def test_nothing_outlives_a_runner_killed_with_9(program: str) -> None:
    runner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    with runner:
        pids = [int(pid) for pid in runner.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(alive, pids))
        runner.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not any(map(alive, pids)), 5)


# Forks must not be made in the process of the tests, which has threads.
IN_FORK = """
import os, threading
from digest.runner import CannotStart
from digest.runner.process import in_fork

def given_and_pid(given):
    return given, os.getpid()

def die():
    os.kill(os.getpid(), 9)

def fail():
    raise CannotStart("The disk is full.")

with in_fork(given_and_pid, 7) as result:
    print("meanwhile")
given, pid = result.result()
print(given, pid != os.getpid(), os.path.exists(f"/proc/{pid}"), threading.active_count())
for function in (fail, die):
    try:
        with in_fork(function) as result:
            result.result()
    except CannotStart as wrong:
        print(wrong, threading.active_count())
"""


def test_a_function_runs_in_a_fork_and_its_error_passes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_FORK], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        "meanwhile",
        "7 True False 1",
        "The disk is full. 1",
        "A process of the start was killed. Start again. 1",
    ]
