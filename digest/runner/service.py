"""The services that the runner keeps running: what they run, and checks that they are up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import celery_beat, celery_worker, web
from .child_process import ChildProcess, fork, run_command
from .site_address import listens


@dataclass(frozen=True)
class Service:
    """One long-running program: a command, or a function that a fork of the runner calls.

    `grace`: seconds between SIGTERM and SIGKILL. `is_up`: whether it serves, without waiting; None:
    as soon as it is started. `recover`: called if it exits before it is up; returns what it did.
    Lines of output that contain one of `hidden_output` are not shown.
    """

    name: str
    program: tuple[str, ...] | Callable[[], None]
    grace: float = 5.0
    is_up: Callable[[], bool] | None = None
    recover: Callable[[], str] | None = None
    hidden_output: tuple[str, ...] = ()

    def launch(self, folder: Path, environment: Mapping[str, str]) -> ChildProcess:
        """Start its process in that folder, with that environment."""
        if isinstance(self.program, tuple):
            return run_command(self.program, folder, environment)
        return fork(self.program, f"digest-{self.name}", folder, environment)


def web_service(bind: str, port: int) -> Service:
    """Return the web server on that address."""
    return Service("web", web.main, grace=10, is_up=lambda: listens(bind, port))


def worker_service() -> Service:
    """Return the Celery worker; tasks last under a minute, so a warm shutdown does too."""
    return Service("worker", celery_worker.main, grace=60)


def beat_service() -> Service:
    """Return the scheduler, Celery beat."""
    return Service("beat", celery_beat.main)
