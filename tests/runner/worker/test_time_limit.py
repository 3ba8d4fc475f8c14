"""The time limit of tasks, in a process that it ends."""

import subprocess
import sys

import pytest

from tests.support.site import ROOT

_PROGRAM = """
import itertools, logging, time
from celery import Celery
from digest.runner.worker import time_limit

logging.basicConfig()
time_limit.GRACE_SECONDS = 0.2

def idle():
    time.sleep(60)

def count():
    sum(itertools.repeat(1))

def quick():
    pass

time_limit.enforce(0.3)
Celery("limited").task(TASK, name="digest.tasks.TASK").apply()
time.sleep(0.7)
print("still here")
"""


def run(task: str) -> subprocess.CompletedProcess[str]:
    """Run a task with a limit of 0.3 seconds in a process of its own."""
    command = [sys.executable, "-c", _PROGRAM.replace("TASK", task)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)


@pytest.mark.real_clock
def test_a_task_over_the_limit_ends_its_process_with_a_sentence() -> None:
    ended = run("idle")
    assert ended.returncode == 1
    assert ended.stderr.endswith("digest.tasks.idle ran for 0.3 s, the limit: its worker ends.\n")
    assert ended.stdout == ""


@pytest.mark.real_clock
def test_a_task_that_is_busy_in_c_code_is_ended_too() -> None:
    ended = run("count")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Timeout (0:00:00.500000)!\n")
    assert "in count\n" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.real_clock
def test_a_task_in_time_leaves_no_timer_behind() -> None:
    ended = run("quick")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "still here\n", "")
