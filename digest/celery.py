"""The Celery app: wake-ups only. Losing or doubling any message changes nothing but time."""

import logging
import os

from celery import Celery
from celery.signals import (
    after_setup_logger,
    after_setup_task_logger,
    beat_init,
    task_postrun,
    worker_before_create_process,
    worker_ready,
)
from celery.utils.log import get_multiprocessing_logger
from kombu.transport import TRANSPORT_ALIASES

from digest.ingest import formats
from digest.logs import redact_handlers
from digest.runner.process import freeze_for_forks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
# By their alias: of `redis+socket://` kombu takes the transport's name from the address alone.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "digest.broker_transport:Transport"))

log = logging.getLogger(__name__)

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["digest"])


@after_setup_logger.connect
@after_setup_task_logger.connect
def redact_logs(logger: logging.Logger, **_: object) -> None:
    """Keep tokens and addresses out of the handlers that Celery makes, too."""
    for each in (logger, get_multiprocessing_logger()):
        redact_handlers(each)


@worker_before_create_process.connect
def share_memory(**_: object) -> None:
    """Have the pool's processes share what the worker's main process has loaded."""
    formats.load()
    freeze_for_forks()


# Models cannot be imported before Django is set up, which Celery does later than this.


@worker_ready.connect
@beat_init.connect
def watch_the_others(**_: object) -> None:
    """Have the worker's and the scheduler's main process look after the other processes."""
    from digest.monitoring import watchdog

    watchdog.start()


@worker_ready.connect
def check_suppression_key(**_: object) -> None:
    """Say at once when this machine may send nothing; each drain compares the key anew."""
    from django.db import connection

    from subscriptions.suppression_key import check_key

    if wrong := check_key():
        log.error("%s", wrong)
    connection.close()


@task_postrun.connect
def note_worker_heartbeat(**_: object) -> None:
    """A task that ended is a worker's sign of life: that its main process runs proves nothing."""
    from digest.monitoring.heartbeats import Kind, record_heartbeat

    record_heartbeat(Kind.WORKER)
