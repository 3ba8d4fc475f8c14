"""Temporary servers for tests on free ports: PostgreSQL and Redis.

Servers that are already running are never touched. These end with the test run, even by kill -9.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from digest.runner.process import die_with_parent

Command = list[str | Path]
PATIENCE = 30.0  # seconds for a server to start or stop


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is not in use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(happened: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait at most so many seconds; return whether it happened."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def postgres_programs() -> Path | None:
    """Return the folder of initdb and postgres, None if PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    # Debian keeps them off the PATH, one folder a version.
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((each for each in folders if (each / "postgres").exists()), None)


def redis_program() -> str | None:
    return shutil.which("redis-server")


@contextlib.contextmanager
def postgres(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a new cluster for the block; yields its URL. `durable`: fsync as in production."""
    user = _unprivileged()
    with new_folder(user) as folder:
        data, port = folder / "data", free_port()
        make: Command = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        _run([*make, "--no-locale", "--no-sync"], user, folder)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
            "max_connections": "50",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        # SIGINT: PostgreSQL's fast shutdown, which does not wait for clients to leave.
        command: Command = [programs / "postgres", "-D", data, *settings]
        with running(command, user, folder, signal.SIGINT, lambda: _connects(url)):
            yield url


def new_database(url: str, name: str) -> str:
    """Create an empty database in the cluster of `url`; return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{url.rpartition('/')[0]}/{name}"


@contextlib.contextmanager
def redis(program: str) -> Iterator[str]:
    """Run a new, empty server for the block; yields its URL."""
    with new_folder(None) as folder:
        port = free_port()
        command: Command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--appendonly", "yes", "--daemonize", "no"]
        with running(command, None, folder, signal.SIGTERM, lambda: listens(port)):
            yield f"redis://127.0.0.1:{port}/0"


def _unprivileged() -> str | None:
    """The user to run PostgreSQL as, which refuses root; None if the tests do not run as root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextlib.contextmanager
def new_folder(owner: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="paper-digest-", ignore_cleanup_errors=True) as name:
        if owner:
            shutil.chown(name, owner)
        yield Path(name)


def _as(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _run(command: Command, user: str | None, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **_as(user))
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def running(
    command: Command,
    user: str | None,
    folder: Path,
    stop: signal.Signals,
    is_up: Callable[[], bool],
) -> Iterator[None]:
    """Run the server for the block. Raises AssertionError with its log if it does not start."""
    parent, log = os.getpid(), folder / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),
            **_as(user),
        )
    try:
        assert wait_until(lambda: is_up() or server.poll() is not None), log.read_text()
        assert server.poll() is None, log.read_text()
        yield
    finally:
        _stop(server, stop)


def _stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if server.poll() is not None:
        return
    server.send_signal(how)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
