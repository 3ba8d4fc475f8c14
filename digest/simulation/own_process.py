"""A simulation in a process of its own, which has nothing of the site's: neither its environment
nor its database nor its data folder."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from digest.environment.env_file import read_env_file
from digest.runner.process import die_with_parent

from .own_database import own_database
from .plan import DayResult, Plan

_KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH")


class Failed(Exception):
    """The simulation did not reach its end; what it said is on standard error."""


@contextlib.contextmanager
def simulation(
    plan: Plan, url: str, program: Path, site: dict[str, Any]
) -> Iterator[Iterator[DayResult]]:
    """Run a simulation for the block; yields the results of its days as they end.

    `url` and `site`: see `own_database`. `program`: the folder of the program. Raises CannotUse for
    a database that cannot be used, and Failed.
    """
    with (
        _cleaned_up_at_signals(),
        tempfile.TemporaryDirectory(prefix="paper-digest-simulation-") as name,
    ):
        folder = Path(name)
        with own_database(url, folder, site) as own:
            environment = _environment(folder, own, program)
            parent = os.getpid()
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "digest.simulation", plan.as_json()],
                cwd=program,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
            try:
                yield _results(process)
            finally:
                process.kill()
                process.communicate()


@contextlib.contextmanager
def _cleaned_up_at_signals() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that what was made for it is deleted; and so does
    Ctrl-C in a process that was started without it, as a shell starts those in the background."""
    ends = {signal.SIGTERM: 143, signal.SIGINT: 130}
    before = {
        signum: signal.signal(signum, lambda *_, code=code: sys.exit(code))
        for signum, code in ends.items()
    }
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _results(process: "subprocess.Popen[str]") -> Iterator[DayResult]:
    assert process.stdout
    for line in process.stdout:
        yield DayResult.from_json(line)
    if process.wait():
        raise Failed(f"The simulation ended with exit code {process.returncode}.")


def _environment(folder: Path, url: str, program: Path) -> Mapping[str, str]:
    """The settings of the simulation. Those of the site's .env are empty, not missing: the file
    would fill them in."""
    of_file: dict[str, str] = {}
    read_env_file(program / ".env", of_file)
    return {
        **dict.fromkeys(of_file, ""),
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "digest.settings",
        "TMPDIR": str(folder),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "AUTOMATIC_HOLD": "none",
    }
