"""How gunicorn serves the site: `gunicorn -c python:digest.web_server.gunicorn_config`.

The command line wins over this file (`--bind`, `--workers`, `--threads`), and so does
WEB_CONCURRENCY, the number of workers.
"""

import os
import resource
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

from django.conf import settings

from digest.environment import is_loopback
from digest.runner.process import die_with_parent, freeze_for_forks

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

_WANTED_FILES = 8_192
_FILES_BESIDES_CONNECTIONS = 128


def raise_open_file_limit() -> int:
    """Raise the number of files that a process may have open; what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(_WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return _WANTED_FILES


def bind_address(host: str, port: int) -> str:
    """Where to listen, as gunicorn writes it: an IPv6 address stands in brackets."""
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
# gunicorn leaves the headers of proxies alone: digest/web/reverse_proxy.py decides which are
# believed.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
sendfile = False  # it would block a thread on a slow client
control_socket_disable = True
# Warnings are about what strangers send; they would fill the log.
loglevel = "error"
logger_class = "digest.web_server.gunicorn_worker.RedactingLogger"


def on_starting(server: "Arbiter") -> None:
    """Let the site know where it is reached: `--bind` wins over BIND, and a socket has a proxy."""
    hosts = (each[0] if isinstance(each, tuple) else "a socket" for each in server.cfg.address)
    settings.BIND = next((host for host in hosts if not is_loopback(host)), settings.BIND)


def when_ready(server: object) -> None:
    """Share the memory of the application, which is loaded by now, with the workers to come."""
    freeze_for_forks()


def pre_fork(server: object, worker: object) -> None:
    """Let no two processes share a connection to the database."""
    from django.db import connections

    connections.close_all()


def post_fork(server: object, worker: "Worker") -> None:
    """Let no worker outlive its parent, not even by kill -9; have each look after the others."""
    die_with_parent(worker.ppid)
    # Not at import: the application is loaded before the fork, and threads do not come along.
    from digest.monitoring import watchdog

    watchdog.start()
