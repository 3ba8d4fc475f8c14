"""The Celery app: wake-ups only. Losing or doubling any message changes nothing but time."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_before_create_process
from kombu.transport import TRANSPORT_ALIASES

from digest.runner.process import freeze_for_forks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
# By their alias: of `redis+socket://` kombu takes the transport's name from the address alone.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "digest.broker_transport:Transport"))

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["digest"])


@worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """Have the pool's processes share what the worker's main process has loaded."""
    freeze_for_forks()
