"""The fault matrix: workers that die, servers that misbehave, and the promises counted afterwards.

The program's own code runs in processes of its own; nothing of it is replaced. Only its times are
shortened (`worker.TIMES`), and hooks around its steps kill or stop the process that passes them.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.support import servers
from tests.support.site import ROOT, Site

DATABASES = ("sqlite", "postgresql")
LONGEST = 1800  # seconds


def simulate(database: str, kills: int, *, people: int = 120, seed: int) -> dict[str, Any]:
    """Run one simulation on a new database (one of DATABASES); returns `count.count` of it.

    Raises LookupError if PostgreSQL's programs are missing, RuntimeError if the simulation fails.
    """
    with tempfile.TemporaryDirectory(prefix="paper-digest-chaos-") as name, _url(database) as url:
        folder = Path(name)
        site = Site(folder, DATABASE_URL=url, AUTOMATIC_HOLD="none")
        command = [
            sys.executable,
            "-m",
            "tests.chaos.run",
            f"--kills={kills}",
            f"--people={people}",
        ]
        done = subprocess.run(
            [*command, f"--seed={seed}"],
            cwd=ROOT,
            env=site.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        if done.returncode:
            log = folder / "workers.log"
            output = log.read_text()[-4000:] if log.exists() else ""
            raise RuntimeError(f"seed {seed}: {done.stderr}\n{output}")
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result


@contextlib.contextmanager
def _url(database: str) -> Iterator[str]:
    """The database's URL; "" is the SQLite file in the data folder."""
    if database == "sqlite":
        yield ""
        return
    programs = servers.postgres_programs()
    if programs is None:
        raise LookupError("PostgreSQL's server programs are missing: apt-get install postgresql")
    with servers.postgres(programs) as cluster:
        url = servers.new_database(cluster, "chaos")
        # What it has committed must outlive its crash: that is what is promised of it.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER DATABASE chaos SET synchronous_commit = on")
        yield url
