"""The Celery worker of `manage.py up`, whose pool ends with it. Run with `python -m`."""

import logging
import os
import warnings

from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init

from .process import die_with_parent

MAIN = os.getpid()


@worker_process_init.connect
def die_with_main(**_: object) -> None:
    """End the pool process with its worker: otherwise it would wait for tasks after a kill -9."""
    die_with_parent(MAIN)


def main() -> None:
    """Run until SIGTERM."""
    from digest.celery import app

    # A line for each tick would bury what matters.
    logging.getLogger("celery").setLevel(logging.WARNING)
    # Celery's warning to root is about pickle; only JSON is accepted here.
    warnings.simplefilter("ignore", SecurityWarning)
    app.worker_main(
        ["--quiet", "worker", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    )


if __name__ == "__main__":
    main()
