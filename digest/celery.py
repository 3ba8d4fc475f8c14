"""The Celery app. Messages are wake-ups: a lost or doubled one changes only when things happen."""

import logging
import os
from contextlib import ExitStack

from celery import Celery, Task
from celery.signals import (
    after_setup_logger,
    after_setup_task_logger,
    beat_init,
    task_postrun,
    task_prerun,
    worker_before_create_process,
    worker_ready,
)
from celery.utils.log import get_multiprocessing_logger
from kombu.transport import TRANSPORT_ALIASES

from digest.ingest import formats
from digest.logs import log_context, redact_handlers
from digest.process_facts import stage_times
from digest.process_facts.version import version
from digest.runner.heap_holes import return_free_memory
from digest.runner.process import freeze_for_forks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
# By alias: for `redis+socket://` kombu takes the name of the transport from the address only.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "digest.broker_transport:Transport"))

log = logging.getLogger(__name__)
_running: dict[str, ExitStack] = {}

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
    version()
    freeze_for_forks()


# Models cannot be imported before Django is set up, which Celery does later than this.


@beat_init.connect
def watch_the_others(**_: object) -> None:
    """Start the watchdog in the process of the scheduler."""
    from digest.monitoring import watchdog

    watchdog.start()


@worker_ready.connect
def watch_the_scheduler(**_: object) -> None:
    """Start a spare watchdog in the main process of the worker."""
    from digest.monitoring import watchdog

    watchdog.start(is_spare=True)


@worker_ready.connect
def check_database(**_: object) -> None:
    """Hold a restored database before it gives ids to new rows, and log that this machine's key is
    wrong; each drain checks both again."""
    from django.db import connection

    from digest.epochs.checking import check_at_start
    from subscriptions.suppression_key import check_key

    for wrong in filter(None, (check_at_start(), check_key())):
        log.error("%s", wrong)
    connection.close()


@task_prerun.connect
def begin_task(task_id: str, task: Task, **_: object) -> None:
    """Begin to measure a task, which is a stage of the pipeline; its lines in the log name it."""
    name = task.name.rpartition(".")[2]
    _running[task_id] = running = ExitStack()
    running.enter_context(stage_times.measure(name))
    running.enter_context(log_context(task=name, task_id=task_id))


@task_postrun.connect
def end_task(task_id: str, **_: object) -> None:
    """Store what `begin_task` began to measure, and return the memory that the task freed."""
    if running := _running.pop(task_id, None):
        running.close()
    return_free_memory()


@task_postrun.connect
def note_worker_heartbeat(**_: object) -> None:
    """Record a heartbeat after each task: a main process that runs does not prove that tasks do."""
    from digest.monitoring.heartbeats import Kind, record_heartbeat

    record_heartbeat(Kind.WORKER)
