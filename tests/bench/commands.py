"""What one command costs a machine: processor time from start to end, on each database.

A mail server starts `mail_event` for every message to the bounce address.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import servers
from tests.support.site import ROOT, Site

from .table import publish, table, verdict

MOST_SECONDS = 0.5
RUNS = 5
MESSAGES = 200
BOUNCE = "From b\nSubject: a bounce {}\n\nIt did not arrive.\n\n"


def run() -> None:
    """The table; without PostgreSQL only SQLite's rows."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        rows = _rows("SQLite", Site(Path(name) / "var"))
        if programs := servers.postgres_programs():
            with servers.postgres(programs) as url:
                rows += _rows("PostgreSQL", Site(Path(name) / "more", DATABASE_URL=url))
        else:
            print("skipped commands on PostgreSQL: its server programs are missing")
    head = ("command", "database", "processor time, s", "verdict")
    publish("commands", table("Commands", head, rows))


def _rows(database: str, site: Site) -> list[tuple[object, ...]]:
    site.run("migrate", "--verbosity=0")
    one = min(_seconds(site, BOUNCE.format(number)[7:], "mail_event") for number in range(RUNS))
    mbox = "".join(map(BOUNCE.format, range(MESSAGES)))
    many = _seconds(site, mbox, "mail_event", "--batch", "-")
    papers = min(_seconds(site, "", "papers") for _ in range(RUNS))
    most = verdict(one, MOST_SECONDS, at_least=False)
    return [
        ("mail_event", database, f"{one:.2f}", most),
        (f"mail_event --batch, {MESSAGES} messages", database, f"{many:.2f}", ""),
        ("papers", database, f"{papers:.2f}", ""),
    ]


def _seconds(site: Site, message: str, *command: str) -> float:
    """Processor time of the command, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=site.environment,
        input=message.encode(), check=True, capture_output=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
