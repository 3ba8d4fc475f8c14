"""Workers that large dumps left memory in: a new process takes their place."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from digest.runner.child_process import RECYCLED
from digest.runner.worker.recycling import MAX_LEFT_MB
from tests.bench.ingest import listing
from tests.support.site import ROOT, Site

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

recycling.MIN_AGE_SECONDS = float(sys.argv[2])
recycling.enforce()
task = Celery("recycled").task(take, name=f"digest.tasks.{sys.argv[1]}")
for size in sys.argv[3:]:
    task.apply((int(size),))
    print(state.should_stop)
"""
_WORKER = """
from digest.runner.worker import recycling, solo_worker
recycling.MIN_AGE_SECONDS = 0
solo_worker.main()
"""


def stops(task: str, *sizes: float, age: int = 0) -> list[str]:
    """Whether a worker stops, as its exit code, after each run of a task that keeps `sizes` MB;
    `age`: the seconds before it may."""
    command = [sys.executable, "-c", _PROGRAM, task, str(age), *(str(int(each)) for each in sizes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert ("MB in this process: a new one starts." in done.stderr) == ("75" in done.stdout)
    return done.stdout.split()


def test_after_tasks_that_left_too_much_together() -> None:
    assert stops("ingest", MAX_LEFT_MB * 3 / 4, 0, MAX_LEFT_MB * 3 / 4) == ["None", "None", "75"]
    assert stops("fetch", MAX_LEFT_MB * 2) == ["75"]


def test_not_before_each_entry_of_the_schedule_was_due() -> None:
    assert stops("ingest", MAX_LEFT_MB * 2, MAX_LEFT_MB * 2, age=60) == ["None", "None"]


def test_not_after_a_task_that_builds_the_index() -> None:
    assert stops("drain", MAX_LEFT_MB * 4) == ["None"]


@pytest.mark.slow
@pytest.mark.redis
def test_the_dump_is_done_when_the_worker_ends(tmp_path: Path, redis_url: str) -> None:
    broker = Redis.from_url(redis_url)
    broker.flushdb()
    site = Site(tmp_path / "var", REDIS_URL=redis_url, NEW_PAPERS_LIMIT="100000")
    site.run("migrate", "--verbosity=0")
    (site.folder / "inbox").mkdir()
    today = f"\n{datetime.now(UTC):%b %d}\n".encode()
    arriving = site.folder / "inbox" / "papers.txt"
    arriving.write_bytes(listing(PAPERS).replace(b"\nNov 20\n", today, 1))
    os.utime(arriving, (time.time() - 60,) * 2)  # settled
    site.run("shell", "-c", "from digest import tasks; tasks.ingest.apply_async()")
    log = tmp_path / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-c", _WORKER]
        worker = subprocess.Popen(
            command, cwd=ROOT, env=site.environment, stdout=output, stderr=output
        )
    try:
        worker.wait(120)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == RECYCLED, log.read_text()
    assert site.sql("SELECT count(*) FROM digest_paper") == [(PAPERS,)]
    assert "INFO digest.runner.worker.recycling: Dumps have left " in log.read_text()
    assert "Traceback" not in log.read_text()
    assert broker.hlen("unacked") == 0
