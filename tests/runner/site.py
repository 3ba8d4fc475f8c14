"""A whole site in a folder of its own, run by `manage.py up`, for tests that hurt it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.conftest import ROOT
from tests.servers import free_port, wait_until

SERVICES = {
    "runner": "manage.py",
    "broker": "unixsocket",
    "web": "digest.runner.web",
    "worker": "digest.runner.worker",
    "beat": "digest.runner.beat",
}
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "BIND", "ALLOWED_HOSTS", "SECRET_KEY")


class Site:
    """One `manage.py up`; as a context manager it leaves nothing running."""

    def __init__(
        self, folder: Path, port: int = 0, under: tuple[str, ...] = (), **environment: str
    ) -> None:
        self.folder, self.port = folder, port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
        self._command = [*under, sys.executable, str(ROOT / "manage.py"), "up"]
        # Empty, not missing: a developer's own .env must not fill them in.
        self._environment = {
            **clean,
            **dict.fromkeys(OURS, ""),
            "DJANGO_SETTINGS_MODULE": "digest.settings",
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            **environment,
        }
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        self.runner = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
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
    def told(self) -> str:
        return "\n".join(self.lines)

    def serving(self) -> Self:
        """Wait until it says that it runs."""
        wait_until(lambda: "Ctrl-C stops everything." in self.told or self.ended(), 60)
        assert "Paper Digest is running." in self.told, self.told
        assert self.answers(), self.told
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
        except (OSError, urllib.error.HTTPError):
            return False

    def pids(self) -> dict[int, str]:
        """Every living process that was started for this folder, by pid: the service's name."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._is_ours(process):
                    command = (process / "cmdline").read_text()
                    names = (name for name, part in SERVICES.items() if part in command)
                    found[int(process.name)] = next(names, command)
        return found

    def _is_ours(self, process: Path) -> bool:
        """Known by its environment, or (the broker writes its title over that) where it stands."""
        told = (process / "environ").read_bytes().split(b"\0")
        stands = (process / "cwd").readlink()
        return f"DATA_DIR={self.folder}".encode() in told or stands.is_relative_to(self.folder)

    def services(self) -> dict[str, list[int]]:
        """The pids of each service, its main process first."""
        found: dict[str, list[int]] = defaultdict(list)
        for pid, name in sorted(self.pids().items()):
            found[name].append(pid)
        return found


@contextlib.contextmanager
def site(
    folder: Path, port: int = 0, under: tuple[str, ...] = (), **environment: str
) -> Iterator[Site]:
    """A site that serves; `under`: the command that runs it, as make does."""
    with Site(folder, port, under, **environment) as started:
        yield started.serving()
