"""The time limit of tasks that run in the worker's own process.

Celery enforces `task_time_limit` only in pools that have processes to kill.
"""

import faulthandler
import logging
import os
import signal
from types import FrameType

from celery import Task
from celery.signals import task_postrun, task_prerun

log = logging.getLogger(__name__)

# For Python code to be interrupted, before code in C is.
GRACE_SECONDS = 5.0


def enforce(seconds: float) -> None:
    """End this process when a task runs longer than `seconds`; the runner starts it again.

    Python runs a signal handler between two steps of its own, not while a library computes.
    GRACE_SECONDS later faulthandler ends the process from a thread that needs no interpreter, and
    writes where it was.
    """
    running = ""

    def begin(sender: Task, **_: object) -> None:
        nonlocal running
        running = sender.name
        signal.setitimer(signal.ITIMER_REAL, seconds)
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=2)

    def finish(**_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()

    def end(_signum: int, _frame: FrameType | None) -> None:
        try:
            log.error("%s ran for %g s, the limit: its worker ends.", running, seconds)
        finally:
            os._exit(1)

    signal.signal(signal.SIGALRM, end)
    task_prerun.connect(begin, weak=False)
    task_postrun.connect(finish, weak=False)
