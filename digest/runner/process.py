"""One child process: started so that it cannot outlive us, read without waiting."""

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
MAX_LINE_BYTES = 65_536  # bytes; what goes on without a line's end is printed in pieces
_libc = ctypes.CDLL(None)


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel send us `signum` when our parent ends, even by kill -9 (prctl(2), Linux).

    Called in the child, with the pid of the parent, which may have ended already.
    """
    if sys.platform != "linux":
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(signum))
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)


_frozen = False


def freeze_for_forks() -> None:
    """Move every object alive out of the garbage collector's sight, once in this process.

    Called in a parent just before it forks its workers: the collector writes into the header of
    each object it looks through, which would copy the pages that parent and children share.
    Collected first, so that no garbage is kept for ever. Never called later in a worker: what is
    frozen there and replaced would not be freed (https://docs.python.org/3/library/gc.html).
    """
    global _frozen
    if not _frozen:
        _frozen = True
        gc.collect()
        gc.freeze()


class LineBuffer:
    """Cuts a stream of bytes into lines of text, whatever pieces it comes in."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that this chunk ends; a line that grows too long is ended where it is."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) >= MAX_LINE_BYTES:
            whole, self._rest = [*whole, self._rest], b""
        return [line.decode(errors="replace").rstrip() for line in whole]

    def flush(self) -> list[str]:
        """The last line, if nothing ended it."""
        return self.feed(b"\n") if self._rest else []


class ChildProcess:
    """A running command in a session of its own, its output read line by line."""

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
        self.output_closed = False  # True: it has closed its output

    @property
    def pid(self) -> int:
        return self._process.pid

    def lines(self) -> list[str]:
        """What it has written since the last call, as whole lines."""
        return self._lines.feed(self._read() or b"")

    def _read(self) -> bytes | None:
        """The next bytes; None: nothing yet; b"": nothing ever again."""
        try:
            chunk = os.read(self.output.fileno(), MAX_LINE_BYTES)
        except BlockingIOError:
            return None
        self.output_closed = not chunk
        return chunk

    def exit_reason(self) -> str | None:
        """How it ended ("exit 1", "signal 9"), with its whole group swept away; else None."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        # Swept before the pid is given back: later it could be somebody else's.
        self.kill()
        code = self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit {code}"

    def remaining_lines(self) -> list[str]:
        """The rest of its output, once it has ended."""
        lines: list[str] = []
        while chunk := self._read():
            lines += self._lines.feed(chunk)
        self.output.close()
        return lines + self._lines.flush()

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it and everything it started, now."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
