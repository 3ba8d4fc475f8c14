"""The Celery worker of `manage.py up`, whose pool ends with it."""

import logging
import os
import sys
import warnings

from .process import die_with_parent


def main() -> None:
    """Run until SIGTERM."""
    from celery.concurrency import get_implementation
    from celery.exceptions import SecurityWarning
    from celery.signals import worker_process_init

    from digest.celery import app

    main_process = os.getpid()

    def die_with_main(**_: object) -> None:
        """End the pool process with its worker: otherwise it would wait for tasks after a
        kill -9."""
        die_with_parent(main_process)

    worker_process_init.connect(die_with_main, weak=False)
    # A line for each tick would bury what matters.
    logging.getLogger("celery").setLevel(logging.WARNING)
    # Celery's warning to root is about pickle; only JSON is accepted here.
    warnings.simplefilter("ignore", SecurityWarning)
    # Not with `app.worker_main`: the command line of Celery loads a shell, 10 MB that nothing uses.
    worker = app.Worker(
        pool_cls=get_implementation(app.conf.worker_pool),
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
