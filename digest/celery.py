"""The Celery app: wake-ups only. Losing or doubling any message changes nothing but time."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
# By their alias: of `redis+socket://` kombu takes the transport's name from the address alone.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "digest.broker_transport:Transport"))

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["digest"])
