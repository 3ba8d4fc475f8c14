"""Children of the runner, each in a session of its own: a command, or a copy of the runner itself
that runs a function. They end with the runner, and their output is read without blocking."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from .process import die_with_parent, name_process

# The exit code with which a process asks for a new one in its place (EX_TEMPFAIL of sysexits.h).
RECYCLED = 75
MAX_LINE_BYTES = 65_536  # longer lines are split


class LineBuffer:
    """Splits a stream of bytes, fed in any pieces, into lines of text."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that this chunk completes; a line over MAX_LINE_BYTES is split."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) >= MAX_LINE_BYTES:
            whole, self._rest = [*whole, self._rest], b""
        return [line.decode(errors="replace").rstrip() for line in whole]

    def flush(self) -> list[str]:
        """Return the last line if it has no line end."""
        return self.feed(b"\n") if self._rest else []


class ChildProcess:
    """A running child: `output` is a descriptor, and `wait` returns its exit code, negative for a
    signal. Made by `run_command` or `fork`."""

    def __init__(self, pid: int, output: int, wait: Callable[[], int]) -> None:
        self.pid, self.output, self._wait = pid, output, wait
        os.set_blocking(output, False)
        self._lines = LineBuffer()
        self.output_closed = False

    def lines(self) -> list[str]:
        """Return the complete lines written since the last call."""
        return self._lines.feed(self._read() or b"")

    def _read(self) -> bytes | None:
        """Return the next bytes, None if there are none yet, b"" at the end of the output."""
        try:
            chunk = os.read(self.output, MAX_LINE_BYTES)
        except BlockingIOError:
            return None
        self.output_closed = not chunk
        return chunk

    def exit_reason(self) -> str | None:
        """Return how it ended ("exit 1", "signal 9"), None if it runs; kill its process group."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        # Before the pid is released: afterwards it may be another process's.
        self.kill()
        code = self._wait()
        return f"signal {-code}" if code < 0 else f"exit {code}"

    def remaining_lines(self) -> list[str]:
        """Return the rest of its output, once it has ended."""
        lines: list[str] = []
        while chunk := self._read():
            lines += self._lines.feed(chunk)
        os.close(self.output)
        return lines + self._lines.flush()

    def terminate(self) -> None:
        """Send SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def run_command(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> ChildProcess:
    """Start a command in `folder`."""
    parent = os.getpid()
    output, write = os.pipe()
    # A session of its own: Ctrl-C reaches the runner alone, which then stops things in order.
    process = subprocess.Popen(  # noqa: S603
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=write,
        stderr=write,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),
    )
    os.close(write)
    return ChildProcess(process.pid, output, process.wait)


def fork(
    main: Callable[[], None],
    name: str,
    folder: Path,
    environment: Mapping[str, str],
    kept: int | None = None,
) -> ChildProcess:
    """Start a copy of this process that runs `main` in `folder` as `name`. The two share their
    memory, except for the pages that one of them writes to. Of the open files the copy has `kept`.

    Raises RuntimeError if this process has threads: a lock that one of them holds would never be
    released in the copy.
    """
    if threading.active_count() > 1:
        raise RuntimeError(f"The {name} cannot be forked from a process with threads.")
    parent = os.getpid()
    output, write = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid == 0:
        _run_in_copy(main, name, folder, environment, parent, write, kept)
    os.close(write)

    def wait() -> int:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    return ChildProcess(pid, output, wait)


def _run_in_copy(
    main: Callable[[], None],
    name: str,
    folder: Path,
    environment: Mapping[str, str],
    parent: int,
    output: int,
    kept: int | None,
) -> NoReturn:
    """Run `main` in the new process and end it; never return into the runner's own code."""
    code = 1
    try:
        os.setsid()
        die_with_parent(parent)
        name_process(name)
        _reset_signals()
        _redirect(output, kept)
        os.chdir(folder)
        os.environ.update(environment)
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)


def _reset_signals() -> None:
    """Undo what the runner set: its handlers, and the pipe that wakes its loop."""
    signal.set_wakeup_fd(-1)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _redirect(output: int, kept: int | None) -> None:
    """Connect the standard streams to the null device and the pipe; close all other files except
    `kept`."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((nowhere, output, output)):
        os.dup2(descriptor, number)
    # Among them the lock of the data folder, and the pipes of the other services.
    end = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, end if kept is None else kept)
    if kept is not None:
        os.closerange(kept + 1, end)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
