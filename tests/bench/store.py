"""What storing costs: on SQLite and, where it is installed, on PostgreSQL; and a bulk file.

BENCH_LINES shortens the bulk file, which has a million lines.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support import servers
from tests.support.site import Site

from .table import publish, table, verdict
from .writer import Writer

LINES = int(os.environ.get("BENCH_LINES", "1000000"))
PAPERS, PART = 10_000, 2000
SEED = 20_261_121
Rows = list[list[object]]


def snapshot_lines(count: int, seed: int = SEED) -> Iterator[bytes]:
    """Lines of a metadata snapshot with invented papers of the usual length, about 1,400 bytes."""
    draw = random.Random(seed)
    known = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=2 + n % 9)) for n in range(9000)]
    texts = [" ".join(draw.choices(known, k=150)) for _ in range(500)]
    for number in range(count):
        month, place = divmod(number, 10_000)
        arxiv_id = f"{15 + month // 12:02}{1 + month % 12:02}.{place + 1:05}"
        title = " ".join(draw.choices(known, k=8)).capitalize()
        paper = {
            "id": arxiv_id,
            "submitter": "A. Author",
            "authors": "Ada Author, Ben Berg and Carla Coe",
            "title": title,
            "comments": "9 pages",
            "journal-ref": None,
            "doi": f"10.1000/{seed}.{number}" if number % 2 else None,
            "report-no": None,
            "categories": "cs.LG stat.ML",
            "license": None,
            "abstract": f"  {title} {draw.choice(texts)} {number}.\n",
            "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
            "update_date": "2008-11-26",
            "authors_parsed": [["Author", "Ada", ""], ["Berg", "Ben", ""], ["Coe", "Carla", ""]],
        }
        yield json.dumps(paper).encode() + b"\n"


def run() -> None:
    """Both tables."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        folder = Path(name)
        found = {"SQLite": _measured(folder / "sqlite", "")}
        if programs := servers.postgres_programs():
            with servers.postgres(programs, durable=True) as url:
                found["PostgreSQL"] = _measured(folder / "postgres", url)
        _publish_store(found)
        _publish_bulk(folder / "bulk")


def _measured(folder: Path, database: str) -> dict[str, float]:
    """Seconds of each step, in a process of its own with a new database."""
    site = Site(folder, DATABASE_URL=database)
    site.run("migrate", "--verbosity=0")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.store"],
        env=site.environment | {"DJANGO_SETTINGS_MODULE": "digest.settings"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _publish_store(found: dict[str, dict[str, float]]) -> None:
    rows: Rows = [
        [
            database,
            step,
            f"{seconds[step]:.2f}",
            f"{seconds[step] / seconds['bulk_create']:.1f}",
            verdict(seconds[step], limit, at_least=False),
        ]
        for database, seconds in found.items()
        for step, limit in {
            "new": 3 if database == "SQLite" else 4,
            "same bytes": 0.1,
            "other dump": 3,
            "bulk_create": 100,
        }.items()
    ]
    title = f"Storing {PAPERS:,} papers in parts of {PART:,}: seconds"
    head = ["database", "papers are", "measured", "times bulk_create", "must"]
    publish("store", table(title, head, rows))


def _publish_bulk(folder: Path) -> None:
    """One process reads the bulk file; another writes every 100 ms and notes how long it waits."""
    site = Site(folder)
    site.run("migrate", "--verbosity=0")
    path = folder / "snapshot.json"
    with path.open("wb") as file:
        file.writelines(snapshot_lines(LINES))
    writer = Writer(folder / "db.sqlite3")
    start = time.perf_counter()
    process = site.start("ingest", "--json", str(path))
    assert process.stdout
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = time.perf_counter() - start
    waits = writer.stop()
    assert process.returncode == 0, out
    brought = json.loads(out)
    assert brought["new"] == LINES, brought
    peak = used.ru_maxrss / 1024
    speed = LINES / spent
    rows: Rows = [
        ["papers a second, parse and store", f"{speed:,.0f}", verdict(speed, 2500, at_least=True)],
        ["memory, MB", f"{peak:.0f}", verdict(peak, 300, at_least=False)],
        [
            "longest wait of a writer, s",
            f"{max(waits):.2f}",
            verdict(max(waits), 5, at_least=False),
        ],
        ["times it wrote", f"{len(waits):,}", ""],
        ["seconds, and of the processor", f"{spent:.0f}, {used.ru_utime + used.ru_stime:.0f}", ""],
    ]
    publish("bulk", table(f"A bulk file of {LINES:,} lines", ["", "measured", "must"], rows))


def _steps() -> dict[str, float]:
    """What the process of _measured() does: new papers, the same bytes, the same in other bytes."""
    import django

    django.setup()
    from digest.ingest import pipeline

    lines = list(snapshot_lines(PAPERS))

    def take(data: bytes) -> tuple[float, Any]:
        start, at = time.perf_counter(), datetime.now(UTC)
        answer = pipeline.read(pipeline.receive(data, "bulk.json", at=at), at=at)
        assert answer.state == "parsed", answer.error
        return time.perf_counter() - start, answer

    data = b"".join(lines)
    first, brought = take(data)
    again, known = take(data)
    other, same = take(b"".join(reversed(lines)))
    assert (brought.new, known.unchanged, same.unchanged) == (PAPERS, PAPERS, PAPERS)
    plain = _bulk_create()
    return {"new": first, "same bytes": again, "other dump": other, "bulk_create": plain}


def _bulk_create() -> float:
    """Seconds in which plain Django inserts the same rows: new papers and one listing for each."""
    from django.db import transaction

    from digest.models import Listing, Paper

    papers = list(Paper.objects.order_by("pk"))
    listings = {each.paper_id: each for each in Listing.objects.order_by("-pk")}
    Paper.objects.all().delete()
    start = time.perf_counter()
    with transaction.atomic():
        for paper in papers:
            listing = listings[paper.pk]
            paper.pk = listing.pk = None
            listing.paper = paper
        Paper.objects.bulk_create(papers, batch_size=500)
        for listing in listings.values():
            listing.paper = listing.paper  # takes its new key
        Listing.objects.bulk_create(listings.values(), batch_size=500)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(_steps()))
