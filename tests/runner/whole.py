"""A whole site in a folder of its own, run by `manage.py up`, for tests that kill parts of it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from tests.support.servers import free_port, wait_until
from tests.support.site import ROOT, Site

# Forks have the runner's command line, and a name of their own.
SERVICES = {"broker": "unixsocket", "runner": "manage.py"}
_FORKED = "digest-"


class WholeSite(Site):
    """One `manage.py up`; as a context manager it leaves nothing running.

    `under` is the command that runs it, as make does; `settings` are environment variables.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        port: int = 0,
        under: tuple[str, ...] = (),
        **settings: str,
    ) -> None:
        self.port = port or free_port()
        self.address = f"http://localhost:{self.port}"
        super().__init__(folder, **{"PORT": str(self.port), **settings})
        self._command = [*under, sys.executable, "manage.py", "up", *options]
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        self.runner = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.runner.wait()
        self._reader.join()
        assert self.runner.stdout is not None
        self.runner.stdout.close()

    def _read(self) -> None:
        assert self.runner.stdout is not None
        for line in self.runner.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def serving(self) -> Self:
        """Wait until it says that it runs."""
        wait_until(lambda: "Ctrl-C stops everything." in self.output or self.ended(), 60)
        assert "Paper Digest is running." in self.output, self.output
        assert self.answers(), self.output
        return self

    def ended(self) -> bool:
        return self.runner.poll() is not None

    def exit_code(self, seconds: float = 30) -> int:
        """Wait for its end; all it said is in `lines` then."""
        code = self.runner.wait(seconds)
        self._reader.join(seconds)
        return code

    def answers(self) -> bool:
        """Whether the home page comes with status 200."""
        try:
            with urllib.request.urlopen(self.address, timeout=10) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def pids(self) -> dict[int, str]:
        """Every living process that was started for this folder, by pid: the service's name."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._is_ours(process):
                    command = (process / "cmdline").read_text()
                    name = (process / "comm").read_text().strip()
                    names = (name for name, part in SERVICES.items() if part in command)
                    found[int(process.name)] = (
                        name.removeprefix(_FORKED)
                        if name.startswith(_FORKED)
                        else next(names, command)
                    )
        return found

    def _is_ours(self, process: Path) -> bool:
        """Known by its environment, or (the broker writes its title over that) where it stands."""
        output_of = (process / "environ").read_bytes().split(b"\0")
        stands = (process / "cwd").readlink()
        return f"DATA_DIR={self.folder}".encode() in output_of or stands.is_relative_to(self.folder)

    def services(self) -> dict[str, list[int]]:
        """The pids of each service, its main process first."""
        found: dict[str, list[int]] = defaultdict(list)
        for pid, name in sorted(self.pids().items()):
            found[name].append(pid)
        return found


@contextlib.contextmanager
def whole_site(folder: Path, *options: str, **more: Any) -> Iterator[WholeSite]:
    """A site that serves, made as WholeSite is."""
    with WholeSite(folder, *options, **more) as started:
        yield started.serving()
