"""The cost of planning: first everybody is due at once, then nobody is.

BENCH_PEOPLE makes it fewer than a million.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psycopg

from digest.simulation.process_costs import peak_memory
from tests.support import servers
from tests.support.site import Site

from .table import publish, table, verdict

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "1000000"))
SETTINGS = {"DJANGO_SETTINGS_MODULE": "digest.settings"}
AT = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


def run() -> None:
    """The table; skipped without PostgreSQL."""
    if not (programs := servers.postgres_programs()):
        print("skipped planning: PostgreSQL's server programs are missing")
        return
    with (
        tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name,
        servers.postgres(programs, durable=True) as url,
    ):
        site = Site(Path(name), DATABASE_URL=url, BENCH_PEOPLE=str(PEOPLE))
        site.run("migrate", "--verbosity=0")
        _part(site, "make")
        copy = Site(Path(name), DATABASE_URL=_copied(url), BENCH_PEOPLE=str(PEOPLE))
        found = json.loads(_part(site, "plan"))
        found["shared"] = _shared(copy)
    _publish(found)


def _copied(url: str) -> str:
    """The same database once more; its URL."""
    base, _, name = url.rpartition("/")
    with psycopg.connect(f"{base}/template1", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE again TEMPLATE "{name}"'.encode())
    return f"{base}/again"


def _shared(site: Site) -> float:
    """Seconds until two planners that start together have planned everybody, each once."""
    environment = site.environment | SETTINGS
    command = [sys.executable, "-m", "tests.bench.planning", "share"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    planners = [subprocess.Popen(command, env=environment, **pipes) for _ in range(2)]
    for planner in planners:
        assert planner.stdout
        assert planner.stdout.readline() == "ready\n"
    start = time.perf_counter()
    for planner in planners:
        assert planner.stdin
        planner.stdin.write("\n")
        planner.stdin.flush()
    planned = [int(planner.communicate()[0]) for planner in planners]
    assert sum(planned) == PEOPLE, planned
    return time.perf_counter() - start


def _part(site: Site, part: str) -> str:
    """What one part prints, in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "tests.bench.planning", part]
    return subprocess.run(
        command,
        env=site.environment | SETTINGS,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _publish(found: dict[str, float]) -> None:
    def limited(name: str, key: str, most: float) -> list[object]:
        return [name, f"{found[key]:.2f}", verdict(found[key], most, at_least=False)]

    rows: list[list[object]] = [
        limited("plan them, s", "first", 20 * PEOPLE / 1_000_000),
        limited("two planners at once, s", "shared", 20 * PEOPLE / 1_000_000),
        limited("again, with nothing to do, s", "again", 3),
        limited("the longest transaction, s", "longest", 5),
        ["seconds of the planner's own processor", f"{found['processor']:.2f}", ""],
        ["memory before, MB", f"{found['before']:.0f}", ""],
        ["memory at its peak, MB", f"{found['peak']:.0f}", ""],
    ]
    title = f"Planning {PEOPLE:,} due subscribers in 30 zones, PostgreSQL"
    publish("planning", table(title, ["", "measured", "must"], rows))


def _make() -> None:
    from digest.simulation import bulk_rows

    bulk_rows.subscribers(PEOPLE, AT)
    bulk_rows.analyze()


def _plan() -> dict[str, float]:
    from digest.models import Digest

    Digest.objects.exists()  # opens the connection
    before, processor = peak_memory(), time.process_time()
    with _longest_transaction() as longest:
        first = _seconds_to_plan(PEOPLE)
    spent = time.process_time() - processor
    again = min(_seconds_to_plan(0) for _ in range(3))
    assert Digest.objects.count() == PEOPLE
    return {
        "first": first, "again": again, "longest": longest[0], "processor": spent,
        "before": before, "peak": peak_memory(),
    }  # fmt: skip


def _share() -> None:
    from digest.models import Digest
    from digest.sending import planning

    Digest.objects.exists()  # opens the connection
    print("ready", flush=True)
    sys.stdin.readline()
    print(planning.plan(AT)["planned"])


def _seconds_to_plan(people: int) -> float:
    from digest.sending import planning

    start = time.perf_counter()
    planned = planning.plan(AT)["planned"]
    assert planned == people, planned
    return time.perf_counter() - start


_OLDEST = """
SELECT max(extract(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@contextlib.contextmanager
def _longest_transaction() -> Iterator[list[float]]:
    """In its one place: seconds of the longest transaction of the block, looked for often."""
    longest, over = [0.0], threading.Event()

    def look() -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            while not over.wait(0.1):
                row = connection.execute(_OLDEST).fetchone()
                longest[0] = max(longest[0], float(row[0] or 0) if row else 0)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield longest
    finally:
        over.set()
        watcher.join()


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "make":
        _make()
    elif sys.argv[1] == "share":
        _share()
    else:
        print(json.dumps(_plan()))
