"""A Celery worker of `manage.py up` with the pool `solo`: one process, one task at a time.

Celery's default pool, prefork, has a main process besides those that run tasks. Here the runner is
what starts, restarts and shares memory, so the main process would only cost memory.
"""

import logging
import socket
import sys
import warnings

from . import recycling, time_limit


def main(name: str = "worker", *, has_scheduler: bool = False) -> None:
    """Run until SIGTERM. `name`: different for each worker of this machine; `has_scheduler`: run
    the schedule, too."""
    from celery.concurrency import get_implementation
    from celery.exceptions import SecurityWarning
    from celery.utils.nodenames import nodename

    from digest.celery import app

    from .scheduler_thread import SchedulerThread

    # A line for each tick would bury what matters.
    logging.getLogger("celery").setLevel(logging.WARNING)
    # Celery's warning to root is about pickle; only JSON is accepted here.
    warnings.simplefilter("ignore", SecurityWarning)
    time_limit.enforce(app.conf.task_time_limit)
    recycling.enforce()
    # Not with `app.worker_main`: the command line of Celery loads a shell, 10 MB that nothing uses.
    worker = app.Worker(
        hostname=nodename(name, socket.gethostname()),
        pool_cls=get_implementation("solo"),
        concurrency=1,
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        # Nothing reads the events that it would send every two seconds.
        without_heartbeat=True,
    )
    if has_scheduler:
        SchedulerThread(app).start()
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
