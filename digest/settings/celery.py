"""The broker, and the Celery app's settings and schedule."""

from digest.environment import broker_socket, positive_number, redis_url, setting
from digest.environment.cores import available_cores

from .site import DATA_DIR

REDIS_URL = setting(
    "REDIS_URL",
    "",
    lambda raw: redis_url(raw) if raw else "",
    "like redis://host:6379/0 or rediss://:password@host:6379/0, optionally with "
    "?ssl_ca_certs=FILE",
    secret=True,
)

BROKER_SOCKET = broker_socket(DATA_DIR)
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Two, so that a long task does not delay all others; on one core they would only take memory.
_WORKERS = "2" if available_cores() >= 2 else "1"
CELERY_WORKER_CONCURRENCY = setting("WORKERS", _WORKERS, positive_number, "1 or more")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Without a limit: after Celery's 100 tries, some 45 minutes, the worker would exit.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A mail that waits for its answer must not be cut off because the broker dropped.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A message whose worker died comes back after this long; nothing runs longer than a task may.
    "visibility_timeout": 960,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    # Without these a visitor would wait for 6 s while the broker is down; the tick does the work.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "health_check_interval": 30,
}
CELERY_BEAT_SCHEDULER = "digest.monitoring.scheduler:Scheduler"
# `expires`: a tick nobody took in time is dropped, for the next one does the same work.
CELERY_BEAT_SCHEDULE = {
    "ingest": {"task": "digest.tasks.ingest", "schedule": 10.0, "options": {"expires": 10}},
    "plan": {"task": "digest.tasks.plan", "schedule": 60.0, "options": {"expires": 60}},
    "reap": {"task": "digest.tasks.reap", "schedule": 60.0, "options": {"expires": 60}},
    "fetch": {"task": "digest.tasks.fetch", "schedule": 60.0, "options": {"expires": 60}},
    "take_requests": {
        "task": "digest.tasks.take_requests",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "drain": {"task": "digest.tasks.drain", "schedule": 20.0, "options": {"expires": 20}},
    "bounces": {"task": "digest.tasks.bounces", "schedule": 60.0, "options": {"expires": 60}},
    "fill_search": {
        "task": "digest.tasks.fill_search",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "fill_counts": {
        "task": "digest.tasks.fill_counts",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "offer_wordings": {
        "task": "digest.tasks.offer_wordings",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "fit_profiles": {
        "task": "digest.tasks.fit_profiles",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "count_matches": {
        "task": "digest.tasks.count_matches",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "erase": {"task": "digest.tasks.erase", "schedule": 60.0, "options": {"expires": 60}},
    # Once a day: it looks whether it is time, which a scheduler that restarts does not know.
    "prune": {"task": "digest.tasks.prune", "schedule": 600.0, "options": {"expires": 600}},
}
