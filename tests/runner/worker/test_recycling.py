"""Workers that a large dump left memory in: a new process takes their place."""

import subprocess
import sys
from pathlib import Path

import pytest

from digest.runner.worker.recycling import MAX_GROWTH_MB
from tests.bench.ingest import listing
from tests.runner.whole import whole_site
from tests.support.servers import wait_until
from tests.support.site import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
PAPERS = 15_000

_PROGRAM = """
import logging, sys
from celery import Celery
from celery.worker import state
from digest.runner.worker import recycling

logging.basicConfig(level="INFO")
kept = []

def take(size):
    kept.append(bytearray(size << 20))

recycling.enforce()
task = Celery("recycled").task(take, name=f"digest.tasks.{sys.argv[1]}")
for size in sys.argv[2:]:
    task.apply((int(size),))
    print(state.should_stop)
"""


def stops(task: str, *sizes: float) -> list[str]:
    """Whether a worker stops, as its exit code, after each run of a task that keeps `sizes` MB."""
    command = [sys.executable, "-c", _PROGRAM, task, *(str(round(size)) for size in sizes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("a new process starts.") == done.stdout.count("75")
    return done.stdout.split()


def test_after_a_task_that_left_too_much() -> None:
    assert stops("ingest", MAX_GROWTH_MB / 2, MAX_GROWTH_MB * 2) == ["None", "75"]
    assert stops("fetch", MAX_GROWTH_MB * 2) == ["75"]


def test_what_was_there_before_the_task_does_not_count() -> None:
    most = MAX_GROWTH_MB * 3 / 4
    assert stops("ingest", most, most, most) == ["None", "None", "None"]


def test_not_after_a_task_that_builds_the_index() -> None:
    assert stops("drain", MAX_GROWTH_MB * 4) == ["None"]


@pytest.mark.slow
def test_a_large_dump_is_followed_by_a_new_process(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var", WORKERS="1", NEW_PAPERS_LIMIT="100000") as up:
        (before,) = up.services()["worker"]
        arriving = up.folder / "papers.txt"
        arriving.write_bytes(listing(PAPERS))
        arriving.rename(up.folder / "inbox" / arriving.name)
        said = "INFO digest.runner.worker.recycling: digest.tasks.ingest left "
        assert wait_until(lambda: said in up.output, 120), up.output
        assert wait_until(lambda: up.services().get("worker", [before]) != [before], 30)
        assert len(up.services()["worker"]) == 1
        assert up.sql("SELECT count(*) FROM digest_paper") == [(PAPERS,)]
        assert list((up.folder / "inbox" / "done").iterdir())
        assert "ended (" not in up.output
        assert "Traceback" not in up.output
