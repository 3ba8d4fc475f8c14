"""What can be taken away from a service: its database, its broker, its relay, its disk."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from digest.runner.broker import find_program
from tests.support import servers
from tests.support.sink import Answer, Sink


class Postgres:
    """A cluster that can be killed and started again on its data."""

    def __init__(self, programs: Path) -> None:
        self._programs, self._running = programs, contextlib.ExitStack()
        self._folder = contextlib.ExitStack()
        self.port = servers.free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> "Postgres":
        self._user = servers._unprivileged()
        folder = self._folder.enter_context(servers.new_folder(self._user))
        self.data, self._log = folder / "data", folder
        servers._run(
            [self._programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--no-locale", "--no-sync"],
            self._user,
            folder,
        )  # fmt: skip
        self.start()
        return self

    def start(self) -> None:
        # What it has committed must outlive its death by a signal: that takes no fsync.
        options = ("listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=",
                   "fsync=off", "synchronous_commit=on", "max_connections=50")  # fmt: skip
        settings = [part for option in options for part in ("-c", option)]
        self._running.enter_context(
            servers.running(
                [self._programs / "postgres", "-D", self.data, *settings],
                self._user,
                self._log,
                signal.SIGINT,
                lambda: servers._connects(self.url),
            )
        )

    def kill(self) -> None:
        """The postmaster, by kill -9; its children end when they notice."""
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self._running.close()
        time.sleep(1)  # until its children have gone, a new one does not start

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def __exit__(self, *_: object) -> None:
        self._running.close()
        self._folder.close()


class Redis:
    """A broker that forgets everything when it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, servers.free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Redis":
        self.start()
        return self

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._server = subprocess.Popen(
            [find_program(), *options, "--dir", str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        assert servers.wait_until(lambda: servers.listens(self.port))

    def kill(self) -> None:
        if self._server:
            self._server.kill()
            self._server.wait()
            self._server = None

    def __exit__(self, *_: object) -> None:
        self.kill()


class RepeatedAnswer:
    """An answer of the relay to every one of a command, for as long as it is switched on."""

    def __init__(self, answer: Callable[[], Answer]) -> None:
        self._answer, self.on = answer, True

    def __bool__(self) -> bool:
        return self.on

    def pop(self, _at: int) -> Callable[[], Answer]:
        return self._answer


class Relay:
    """A mail server that can be gone, and refuse; `accepted` outlives that."""

    def __init__(self) -> None:
        self.port = servers.free_port()
        self.accepted: list[tuple[str, bytes]] = []
        self._script: dict[str, RepeatedAnswer] = {}
        self._sink: Sink | None = None

    def __enter__(self) -> "Relay":
        self.start()
        return self

    def start(self) -> None:
        self._sink = Sink("PIPELINING", port=self.port, **self._script)  # type: ignore[arg-type]
        self._sink.accepted = self.accepted
        self._sink.__enter__()

    def stop(self) -> None:
        if self._sink:
            self._sink.__exit__(None, None, None)
            self._sink = None

    @contextlib.contextmanager
    def saying(self, command: str, answer: Callable[[], Answer]) -> Iterator[None]:
        """Answer each such command with that, for the block."""
        assert self._sink
        always = self._sink.script[command] = RepeatedAnswer(answer)  # type: ignore[assignment]
        try:
            yield
        finally:
            always.on = False

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own on the folder, for the block. LookupError without the right to."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise LookupError(f"a small disk cannot be mounted: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """No room is left on the folder's small disk, for the block."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (65_536, 4_096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    try:
        yield
    finally:
        filler.unlink()
