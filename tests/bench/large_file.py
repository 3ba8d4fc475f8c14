"""What a file of PubMed's costs that is as large as those of its baseline: 95 MB, packed or not.

Another process writes every 100 ms to SQLite meanwhile and notes how long it waits.
"""

import gzip
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from tests.support import servers
from tests.support.site import Site

from .pubmed_file import ARTICLES, pubmed_file
from .table import publish, table, verdict
from .writer import Writer

MOST_MEMORY, LONGEST_WAIT = 300, 20


def run() -> None:
    """The table; without PostgreSQL only SQLite's rows."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        folder = Path(name)
        path = folder / "pubmed.xml"
        with path.open("wb") as file:
            file.writelines(pubmed_file())
        packed = folder / "pubmed.xml.gz"
        with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as file:
            shutil.copyfileobj(plain, file)
        rows = [
            _row("SQLite", path, Site(folder / "plain")),
            _row("SQLite", packed, Site(folder / "packed")),
        ]
        if programs := servers.postgres_programs():
            with servers.postgres(programs, durable=True) as url:
                rows.append(_row("PostgreSQL", path, Site(folder / "postgres", DATABASE_URL=url)))
        size = path.stat().st_size / 1e6
    head = ["file", "database", "seconds", "memory, MB", "", "longest wait of a writer, s", ""]
    publish("large_file", table(f"PubMed, {ARTICLES:,} articles in {size:.0f} MB", head, rows))


def _row(database: str, path: Path, site: Site) -> list[object]:
    site.run("migrate", "--verbosity=0")
    writer = None if site.environment["DATABASE_URL"] else Writer(site.folder / "db.sqlite3")
    start = time.perf_counter()
    process = site.start("ingest", "--json", "--backfill", str(path))
    assert process.stdout
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, peak = time.perf_counter() - start, used.ru_maxrss / 1024
    waits = writer.stop() if writer else []
    assert json.loads(out)["new"] == ARTICLES, out
    longest = max(waits, default=0)
    return [
        path.suffix[1:],
        database,
        f"{seconds:.1f}",
        f"{peak:.0f}",
        verdict(peak, MOST_MEMORY, at_least=False),
        f"{longest:.1f}" if writer else "",
        verdict(longest, LONGEST_WAIT, at_least=False) if writer else "",
    ]
