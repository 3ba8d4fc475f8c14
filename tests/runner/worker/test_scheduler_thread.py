"""The scheduler as a thread, in a process that is busy otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.site import ROOT

_PROGRAM = """
import logging, sys, time
from celery import Celery
from celery.beat import Scheduler
from django.conf import settings
from django.db import connection

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(DATABASES={"default": database})
logging.basicConfig()
from digest.runner.worker import scheduler_thread

seen = set()

class FailsOnce(Scheduler):
    ticks = 0

    def tick(self, *arguments, **options):
        FailsOnce.ticks += 1
        if FailsOnce.ticks == 3:
            connection.ensure_connection()
            raise ValueError("a fault of the program")
        seen.add("open" if connection.connection else "closed")
        return super().tick(*arguments, **options)

app = Celery("scheduled", broker="memory://")
app.conf.beat_scheduler = FailsOnce
app.conf.beat_schedule = {"often": {"task": "often", "schedule": 0.01}}
scheduler_thread.RESTART_SECONDS = 0.1
thread = scheduler_thread.SchedulerThread(app)
thread.start()
queue = app.connection_for_read().SimpleQueue("celery")
end = time.monotonic() + 20
while FailsOnce.ticks < 9 and time.monotonic() < end:
    pass  # a task that computes
time.sleep(0.5)
print(queue.get(timeout=10).headers["task"], thread.is_alive(), *seen)
"""


@pytest.mark.real_clock
def test_it_goes_on_while_the_main_thread_computes_and_after_a_failure(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "db.sqlite3")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    # No tick finds the connection of the scheduler that failed.
    assert done.stdout == "often True closed\n"
    assert "The scheduler failed; another one starts in 0.1 s" in done.stderr
    assert done.stderr.count("ValueError: a fault of the program") == 1
