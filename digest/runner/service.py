"""The services that the runner keeps running: their commands, and checks that they are up."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from .site_address import listens


@dataclass(frozen=True)
class Service:
    """One long-running program.

    `grace`: seconds between SIGTERM and SIGKILL. `is_up`: whether it serves, without waiting; None:
    as soon as it is started. `recover`: called if it exits before it is up; returns what it did.
    Lines of output that contain one of `hidden_output` are not shown.
    """

    name: str
    command: tuple[str, ...]
    grace: float = 5.0
    is_up: Callable[[], bool] | None = None
    recover: Callable[[], str] | None = None
    hidden_output: tuple[str, ...] = ()


def web_service(bind: str, port: int) -> Service:
    """Return the web server on that address."""
    return Service(
        "web",
        (sys.executable, "-m", "gunicorn", "-c", "python:digest.web_server.gunicorn_config"),
        grace=10,
        is_up=lambda: listens(bind, port),
    )


def worker_service() -> Service:
    """Return the Celery worker; tasks last under a minute, so a warm shutdown does too."""
    return Service("worker", (sys.executable, "-m", "digest.runner.celery_worker"), grace=60)


def beat_service() -> Service:
    """Return the scheduler, Celery beat."""
    return Service("beat", (sys.executable, "-m", "digest.runner.celery_beat"))
