"""Memory that a large dump leaves in a worker, returned by a new process in its place.

What is left of 10,000 papers, 20 MB, are free chunks between objects that live on, all over the
heap, which `return_free_memory` cannot return.
"""

import logging
import sys
from pathlib import Path

from celery import Task
from celery.signals import task_postrun, task_prerun
from celery.worker import state

from ..child_process import RECYCLED

log = logging.getLogger(__name__)

MAX_GROWTH_MB = 16.0
# Not those that plan and send: the index of papers that they keep would be built anew each time. A
# task that takes no paper leaves nothing, so a new process is never recycled at once.
_TASKS = frozenset({"digest.tasks.ingest", "digest.tasks.fetch"})


def enforce() -> None:
    """End this process after a task that took papers, if it left more than MAX_GROWTH_MB; the
    runner starts another one at once."""
    before: float | None = None

    def begin(sender: Task, **_: object) -> None:
        nonlocal before
        before = own_memory() if sender.name in _TASKS else None

    def finish(sender: Task, **_: object) -> None:
        after = own_memory() if before is not None else None
        if before is None or after is None or after - before <= MAX_GROWTH_MB:
            return
        log.info("%s left %.0f MB: a new process starts.", sender.name, after - before)
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
