"""The scheduler (Celery beat) as a thread, which goes on while the worker runs a task."""

import logging
import threading
import time

from celery import Celery
from celery.beat import Service
from django.db import connections

log = logging.getLogger(__name__)

RESTART_SECONDS = 5.0


class SchedulerThread(threading.Thread):
    """Daemon thread that runs the schedule of `app` until its process ends.

    For a process that forks no others: they would not have the thread, but its locks.
    """

    def __init__(self, app: Celery) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._app = app

    def run(self) -> None:
        self._app.set_current()
        while True:
            try:
                Service(self._app, scheduler_cls=self._app.conf.beat_scheduler).start()
            except Exception:
                log.exception("The scheduler failed; another one starts in %g s", RESTART_SECONDS)
            finally:
                connections.close_all()
            time.sleep(RESTART_SECONDS)
