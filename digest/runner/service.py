"""What the runner keeps running: a command, and how to tell that it works."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from .site_address import listens


def _at_once() -> bool:
    return True


def _nothing_to_mend() -> str:
    return ""


@dataclass(frozen=True)
class Service:
    """One long-running program.

    `grace` is how many seconds it gets between SIGTERM and SIGKILL; `is_up` tells at once whether
    it serves; `recover` is called when it ended by itself before it was up, and says what it did; a
    line of output that holds one of `hidden_output` is not shown.
    """

    name: str
    command: tuple[str, ...]
    grace: float = 5.0
    is_up: Callable[[], bool] = _at_once
    recover: Callable[[], str] = _nothing_to_mend
    hidden_output: tuple[str, ...] = ()


def web_service(bind: str, port: int) -> Service:
    """The web server on that address."""
    return Service(
        "web",
        (sys.executable, "-m", "gunicorn", "-c", "python:digest.web_server.gunicorn_config"),
        grace=10,
        is_up=lambda: listens(bind, port),
    )


def worker_service() -> Service:
    """The Celery worker; tasks last under a minute, so a warm stop does too."""
    return Service("worker", (sys.executable, "-m", "digest.runner.celery_worker"), grace=60)


def beat_service() -> Service:
    """The clock that wakes the worker up."""
    return Service("beat", (sys.executable, "-m", "digest.runner.celery_beat"))
