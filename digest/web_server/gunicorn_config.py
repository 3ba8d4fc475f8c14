"""gunicorn's settings: `gunicorn -c python:digest.web_server.gunicorn_config`.

The command line (`--bind`, `--workers`, `--threads`) and WEB_CONCURRENCY, the number of workers,
override this file. `manage.py up` serves with the same settings, in one process of its own.
"""

import os
import resource
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

from django.conf import settings

from digest.environment import is_loopback
from digest.process_facts.version import version
from digest.runner.process import die_with_parent, freeze_for_forks

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

_WANTED_FILES = 8_192
_FILES_BESIDES_CONNECTIONS = 128


def raise_open_file_limit() -> int:
    """Raise the limit of open files of this process; return the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(_WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return _WANTED_FILES


def bind_address(host: str, port: int) -> str:
    """Return the address to listen on, an IPv6 host in brackets."""
    bare = host.strip("[]")
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


wsgi_app = "digest.wsgi"
bind = bind_address(settings.BIND, settings.PORT)
worker_class = "digest.web_server.gunicorn_worker.Worker"
threads = 8
worker_connections = min(4_096, raise_open_file_limit() - _FILES_BESIDES_CONNECTIONS)
# The application is loaded once, and its memory shared by the workers.
preload_app = True
keepalive = 15
graceful_timeout = 8  # the runner waits for 10
limit_request_line = 0  # unlimited here: the head as a whole is limited in incoming_request.py
limit_request_fields = 64
# gunicorn ignores headers of proxies: digest/web/reverse_proxy.py decides which are trusted.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
sendfile = False  # it would block a thread on a slow client
control_socket_disable = True
# Warnings are about invalid requests; they would fill the log.
loglevel = "error"
logger_class = "digest.web_server.gunicorn_worker.RedactingLogger"


def on_starting(server: "Arbiter") -> None:
    """Set BIND to the address in use: `--bind` overrides it, and a unix socket has a proxy."""
    hosts = (each[0] if isinstance(each, tuple) else "a socket" for each in server.cfg.address)
    settings.BIND = next((host for host in hosts if not is_loopback(host)), settings.BIND)


def when_ready(server: object) -> None:
    """Hold a restored database before it gives ids to new rows, and share the memory of the loaded
    application with the workers, which are forked next."""
    from digest.epochs.checking import check_at_start

    check_at_start()
    version()  # of the code that is loaded, whatever is on the disk when they ask
    freeze_for_forks()


def pre_fork(server: object, worker: object) -> None:
    """Close database connections, which processes must not share."""
    from django.db import connections

    connections.close_all()


def post_fork(server: object, worker: "Worker") -> None:
    """End the worker with its parent, even after kill -9, and start its spare watchdog."""
    die_with_parent(worker.ppid)
    # Not at import: the application is loaded before the fork, and threads are not inherited.
    from digest.models import Heartbeat
    from digest.monitoring import watchdog

    watchdog.start(Heartbeat.Kind.WEB, is_spare=True)
