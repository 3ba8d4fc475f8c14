"""The services that the runner keeps running: what they run, and checks that they are up."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import web
from .child_process import ChildProcess, fork, run_command
from .site_address import listens
from .worker import solo_worker


@dataclass(frozen=True)
class Service:
    """One long-running program: a command, or a function that a fork of the runner calls.

    `grace`: seconds between SIGTERM and SIGKILL. `is_up`: whether it serves, without waiting; None:
    as soon as it is started. `recover`: called if it exits before it is up; returns what it did.
    Lines of output that contain one of `hidden_output` are not shown. `listener`: a socket that
    outlives its processes; clients that connect between two of them wait.
    """

    name: str
    program: tuple[str, ...] | Callable[[], None]
    grace: float = 5.0
    is_up: Callable[[], bool] | None = None
    recover: Callable[[], str] | None = None
    hidden_output: tuple[str, ...] = ()
    listener: socket.socket | None = None

    def launch(self, folder: Path, environment: Mapping[str, str]) -> ChildProcess:
        """Start its process in that folder, with that environment."""
        if isinstance(self.program, tuple):
            return run_command(self.program, folder, environment)
        kept = self.listener.fileno() if self.listener else None
        return fork(self.program, f"digest-{self.name}", folder, environment, kept)


def web_service(listener: socket.socket) -> Service:
    """Return the web server on that socket, which is bound and does not listen."""
    host, port = listener.getsockname()[:2]
    return Service(
        "web",
        partial(web.main, listener.fileno()),
        grace=10,
        is_up=lambda: listens(host, port),
        listener=listener,
    )


def worker_services(count: int) -> list[Service]:
    """Return `count` Celery workers, the first with the scheduler; tasks last under a minute, so a
    warm shutdown does too."""
    names = [f"worker-{number}" for number in range(1, count + 1)] if count > 1 else ["worker"]
    return [
        Service(name, partial(solo_worker.main, name, has_scheduler=name == names[0]), grace=60)
        for name in names
    ]
