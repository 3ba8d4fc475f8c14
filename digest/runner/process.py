"""A child process that ends with its parent and is read without blocking."""

import contextlib
import ctypes
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
MAX_LINE_BYTES = 65_536  # longer lines are split
_libc = ctypes.CDLL(None)


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel send `signum` to this process when its parent ends (prctl(2), Linux only).

    Called in the child with the pid of the parent, which may have ended already.
    """
    if sys.platform != "linux":
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(signum))
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)


_frozen = False


def freeze_for_forks() -> None:
    """Exclude all live objects from garbage collection (`gc.freeze`), once in this process.

    Called in a parent just before it forks workers: the collector writes into the header of each
    object it visits, which would copy pages that parent and children share. Garbage is collected
    first, so that none is kept for ever. Not to be called later in a worker: cycles frozen there
    would never be freed (https://docs.python.org/3/library/gc.html).
    """
    global _frozen
    if not _frozen:
        _frozen = True
        gc.collect()
        gc.freeze()


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
    """A running command in a session of its own, whose output is read line by line."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        parent = os.getpid()
        # A session of its own: Ctrl-C reaches the runner alone, which then stops things in order.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout
        os.set_blocking(self.output.fileno(), False)
        self._lines = LineBuffer()
        self.output_closed = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def lines(self) -> list[str]:
        """Return the complete lines written since the last call."""
        return self._lines.feed(self._read() or b"")

    def _read(self) -> bytes | None:
        """Return the next bytes, None if there are none yet, b"" at the end of the output."""
        try:
            chunk = os.read(self.output.fileno(), MAX_LINE_BYTES)
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
        code = self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit {code}"

    def remaining_lines(self) -> list[str]:
        """Return the rest of its output, once it has ended."""
        lines: list[str] = []
        while chunk := self._read():
            lines += self._lines.feed(chunk)
        self.output.close()
        return lines + self._lines.flush()

    def terminate(self) -> None:
        """Send SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
