"""The Celery app. Messages are wake-ups: a lost or doubled one changes only when things happen."""

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
# By alias: for `redis+socket://` kombu takes the name of the transport from the address only.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "digest.broker_transport:Transport"))

log = logging.getLogger(__name__)

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["digest"])


@after_setup_logger.connect
@after_setup_task_logger.connect
def redact_logs(logger: logging.Logger, **_: object) -> None:
    """Redact tokens and addresses in the handlers that Celery creates, too."""
    for each in (logger, get_multiprocessing_logger()):
        redact_handlers(each)


@worker_before_create_process.connect
def share_memory(**_: object) -> None:
    """Load modules before the fork, so that the pool's processes share their memory."""
    formats.load()
    freeze_for_forks()


# Models cannot be imported before Django is set up, which Celery does later than this.


@worker_ready.connect
@beat_init.connect
def watch_the_others(**_: object) -> None:
    """Start the watchdog in the main process of the worker and of the scheduler."""
    from digest.monitoring import watchdog

    watchdog.start()


@worker_ready.connect
def check_suppression_key(**_: object) -> None:
    """Log at start that this machine's key is wrong; each drain compares it again."""
    from django.db import connection

    from subscriptions.suppression_key import check_key

    if wrong := check_key():
        log.error("%s", wrong)
    connection.close()


@task_postrun.connect
def note_worker_heartbeat(**_: object) -> None:
    """Record a heartbeat after each task: a main process that runs does not prove that tasks do."""
    from digest.monitoring.heartbeats import Kind, record_heartbeat

    record_heartbeat(Kind.WORKER)
