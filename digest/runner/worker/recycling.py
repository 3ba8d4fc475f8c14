"""Memory that a large dump leaves in a worker, returned by a new process in its place.

What is left of 10,000 papers, 20 MB, are free chunks between objects that live on, all over the
heap, which `return_free_memory` cannot return.
"""

import logging
import sys
import time
from pathlib import Path

from celery import Task
from celery.signals import task_postrun, task_prerun
from celery.worker import state

from ..child_process import RECYCLED

log = logging.getLogger(__name__)

MAX_LEFT_MB = 16.0
_NOTHING_MB = 1.0  # of a task that took no papers
# Not sooner, however many dumps arrive: each entry of the schedule has been due once by then (the
# longest is 600 seconds), which a new process counts anew.
MIN_AGE_SECONDS = 660.0
# Not those that plan and send: the index of papers that they keep would be built anew each time.
_TASKS = frozenset({"digest.tasks.ingest", "digest.tasks.fetch"})


def enforce() -> None:
    """End this process after a task that takes papers, once such tasks have left more than
    MAX_LEFT_MB in it; the runner starts another one at once."""
    started, left = time.monotonic(), 0.0
    before: float | None = None

    def begin(sender: Task, **_: object) -> None:
        nonlocal before
        before = own_memory() if sender.name in _TASKS else None

    def finish(**_: object) -> None:
        nonlocal left
        after = own_memory() if before is not None else None
        if before is None or after is None:
            return
        if after - before > _NOTHING_MB:
            left += after - before
        if left > MAX_LEFT_MB and time.monotonic() - started >= MIN_AGE_SECONDS:
            log.info("Dumps have left %.0f MB in this process: a new one starts.", left)
            # As SIGTERM does: the message of this task is acknowledged, then the worker stops.
            state.should_stop = RECYCLED

    task_prerun.connect(begin, weak=False)
    task_postrun.connect(finish, weak=False)


def own_memory() -> float | None:
    """Return the memory of this process that is in no file, in MB; None if it is not known (Linux
    only)."""
    if sys.platform != "linux":
        return None
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0) / 1024
