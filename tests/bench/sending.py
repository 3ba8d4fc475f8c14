"""From due rows to accepted mails: match, rank, render, claim, permit, send, record.

BENCH_READERS makes it fewer than 100,000; BENCH_OTHERS is how many more people are in PostgreSQL's
tables, with digests planned for another day.
"""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from digest.simulation import process_costs as process
from digest.simulation.mail_sink import RunningSink, raw_rate, sink
from tests.support import servers
from tests.support.site import Site

from .table import publish, table, verdict

READERS = int(os.environ.get("BENCH_READERS", "100000"))
OTHERS = int(os.environ.get("BENCH_OTHERS", str(9 * READERS)))
WORKERS, SHORT_RUN, FLOORS_RUN = 2, 500, 2000
Rows = list[list[object]]


@dataclass
class Run:
    """What was measured of one run."""

    database: str
    sink: str
    seconds: float
    spent: dict[str, float]  # processor seconds, by who spent them
    memory: list[tuple[float, float]]  # seconds since the start, MB of the largest worker
    peak: float
    hits: tuple[int, int]
    accepted: int
    counts: dict[str, Any] = field(default_factory=dict)  # see digest_counts

    @property
    def rate(self) -> float:
        return float(self.counts["sent"]) / self.seconds

    @property
    def growth(self) -> float:
        """By how much the most after a fifth of the run exceeds what there was by then, MB."""
        early = max(size for at, size in self.memory if at <= self.seconds / 5)
        return max(size for _, size in self.memory) - early


def run() -> None:
    """The table of each database."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        if programs := servers.postgres_programs():
            with servers.postgres(programs, durable=True) as url:
                _database("PostgreSQL", Path(name) / "postgres", url)
        else:
            print("skipped sending from PostgreSQL: its server programs are missing")
        _database("SQLite", Path(name) / "sqlite", "")


def _database(name: str, folder: Path, url: str) -> None:
    others = OTHERS if url else 0
    site = _site(folder, url)
    site.run("migrate", "--verbosity=0")
    _python(site, "tests.bench.sending_data", READERS, others)
    with sink() as taking:
        found = _measured(name, site, url, taking)
        plain = json.loads(_python(site, "tests.bench.plain_django", taking.port))
        found.counts |= {"plain": plain["mails"] / plain["seconds"], "plain size": plain["bytes"]}
        found.counts["size"], wrong = _short_run(folder / "few")
        found.counts["raw"] = raw_rate(taking.port, int(found.counts["size"]))
        floors = _floors(folder / "floors", url, taking.port)
    _publish(found, others, wrong)
    _publish_floors(name, floors)


def _site(folder: Path, url: str) -> Site:
    return Site(folder, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="digest.settings")


def _python(site: Site, module: str, *arguments: object, **settings: str) -> str:
    """The last line that the module prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=site.environment | settings,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.splitlines()[-1] if done.stdout else ""


def _measured(name: str, site: Site, url: str, taking: RunningSink) -> Run:
    """Run the workers, started at the same time, and sample their memory until all are done."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_worker(site, taking.port)) for _ in range(WORKERS)]
        spent = _processors(workers, taking, url)
        start = time.perf_counter()
        for worker in workers:
            _signal(worker)
        memory, answers = _watch(workers, start)
        seconds = time.perf_counter() - start
        after = _processors(workers, taking, url)
        peak = max(process.peak_memory(worker.pid) for worker in workers)
    hits, misses = (sum(answer["hits"][part] for answer in answers) for part in (0, 1))
    return Run(
        database=name,
        sink=taking.name,
        seconds=seconds,
        spent={who: after[who] - used for who, used in spent.items()},
        memory=memory,
        peak=peak,
        hits=(hits, misses),
        accepted=taking.accepted(),
        counts=json.loads(_python(site, "tests.bench.digest_counts")),
    )


@contextlib.contextmanager
def _worker(site: Site, port: int) -> Iterator[subprocess.Popen[str]]:
    """A worker that is ready to start."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sending_worker"],
        env=site.environment | {"EMAIL_URL": f"smtp://127.0.0.1:{port}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
        yield worker
        worker.communicate("\n")
    finally:
        worker.kill()
        worker.wait()


def _signal(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin
    worker.stdin.write("\n")
    worker.stdin.flush()


def _watch(
    workers: list[subprocess.Popen[str]], start: float
) -> tuple[list[tuple[float, float]], list[dict[str, Any]]]:
    """The largest worker's memory over time, and the last line of each worker."""
    memory, answers = [], []
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            assert worker.stdout
            selector.register(worker.stdout, selectors.EVENT_READ)
        while selector.get_map():
            sizes = [process.memory(worker.pid) for worker in workers]
            memory.append((time.perf_counter() - start, max(sizes)))
            for key, _ in selector.select(0.25):
                answers.append(json.loads(key.fileobj.readline()))  # type: ignore[union-attr]
                selector.unregister(key.fileobj)
    return memory, answers


def _processors(
    workers: list[subprocess.Popen[str]], taking: RunningSink, url: str
) -> dict[str, float]:
    spent = {
        "workers": sum(process.processor(worker.pid) for worker in workers),
        "sink": taking.processor(),
    }
    return spent | ({"PostgreSQL": process.processor(_postmaster(url))} if url else {})


def _postmaster(url: str) -> int:
    """The process that all of PostgreSQL's are children of."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row
    return int((Path(row[0]) / "postmaster.pid").read_text().split()[0])


def _short_run(folder: Path) -> tuple[float, str]:
    """Bytes a mail in a short run into the Python sink, which counts them; and an error if any."""
    site = _site(folder, "")
    site.run("migrate", "--verbosity=0")
    _python(site, "tests.bench.sending_data", SHORT_RUN, 0)
    with sink(own=True) as taking, _worker(site, taking.port) as worker:
        _signal(worker)
        assert worker.stdout
        worker.stdout.readline()
        sent = json.loads(_python(site, "tests.bench.digest_counts"))["sent"]
        servers.wait_until(lambda: taking.accepted() >= sent, 5)
        wrong = "" if taking.accepted() == sent else f"{taking.accepted()} of {sent} arrived"
        return taking.size() / max(taking.accepted(), 1), wrong


def _floors(folder: Path, url: str, port: int) -> dict[str, list[float]]:
    """Part of sending -> milliseconds of the processor a mail, of one worker and of the server."""
    site = _site(folder, servers.new_database(url, "floors") if url else "")
    site.run("migrate", "--verbosity=0")
    _python(site, "tests.bench.sending_data", FLOORS_RUN, 0)
    address, server = f"smtp://127.0.0.1:{port}", _postmaster(url) if url else 0
    found = _python(site, "tests.bench.sending_floors", server, EMAIL_URL=address)
    floors: dict[str, list[float]] = json.loads(found)
    return floors


def _publish_floors(database: str, floors: dict[str, list[float]]) -> None:
    rows: Rows = [
        [part, f"{own:.2f}", f"{server:.2f}" if database == "PostgreSQL" else "in the worker"]
        for part, (own, server) in floors.items()
    ]
    head = ["part, alone in one process", "ms a mail of the worker", "of the server"]
    title = f"The parts of sending, {FLOORS_RUN:,} digests, {database}"
    publish(f"sending-parts-{database.lower()}", table(title, head, rows))


def _publish(found: Run, others: int, wrong: str) -> None:
    counts = found.counts
    hits, misses = found.hits
    times = found.rate / counts["plain"]
    seven = verdict(times, 7, at_least=True) if found.database == "PostgreSQL" else ""
    agree = counts["sent"] == found.accepted and not wrong
    rows: Rows = [
        ["digests a second", f"{found.rate:,.0f}", ""],
        ["plain Django, mails a second", f"{counts['plain']:,.0f}", ""],
        ["times plain Django", f"{times:.1f}", seven],
        ["papers in the median digest", counts["median"], ""],
        ["bytes a mail; of plain Django’s",
         f"{counts['size']:,.0f}; {counts['plain size']:,.0f}", ""],
        ["digests that ended otherwise", counts["others"] or "none", ""],
        ["SENT in the database = accepted by the sink", f"{counts['sent']:,} = {found.accepted:,}",
         "ok" if agree else f"WRONG {wrong}"],
        ["cards from the cache", f"{hits / max(hits + misses, 1):.1%} of {hits + misses:,}", ""],
        ["seconds", f"{found.seconds:.1f}", ""],
        *_processor_rows(found),
        ["memory of a worker at its peak, MB", f"{found.peak:.0f}",
         verdict(found.peak, 300, at_least=False)],
        ["its growth after a fifth of the run, MB", f"{found.growth:.1f}", ""],
    ]  # fmt: skip
    if counts["raw"]:
        rows.append(["the sink's limit with smtp-source, mails a second", f"{counts['raw']:,.0f}",
                     f"ours: {found.rate / counts['raw']:.0%} of it"])  # fmt: skip
    more = f", {others:,} more people in the tables" if others else ""
    title = (
        f"Sending {READERS:,} digests, {found.database}, {WORKERS} workers, "
        f"{os.cpu_count()} cores{more}; into {found.sink}"
    )
    name = f"sending-{found.database.lower()}"
    publish(name, table(title, ["", "measured", "must"], rows))


def _processor_rows(found: Run) -> Rows:
    mails = found.counts["sent"]
    return [
        [f"processor seconds of {who}", f"{used:.1f}", f"{used / mails * 1e3:.2f} ms a mail"]
        for who, used in found.spent.items()
    ]


if __name__ == "__main__":
    run()
