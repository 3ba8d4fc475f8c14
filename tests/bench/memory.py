"""The memory of `manage.py up` (PSS: each shared page is divided among those who share it), at rest
and at work with 10,000 papers, and the time from its start to the first page.

BENCH_MEMORY_MB runs the site in a control group with that limit (Linux, as root).
"""

import contextlib
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest.simulation import process_costs as process
from tests.runner.whole import WholeSite
from tests.support.servers import wait_until

from .ingest import listing
from .page_clients import get, run_clients
from .pages import previews
from .table import publish, table, verdict

PAPERS, PEOPLE = 10_000, 300
REST_SECONDS, WORK_SECONDS, CLIENTS = 75.0, 30.0, 8
MOST_AT_REST, MOST_AT_WORK = 200, 320  # MB
MOST_SECONDS = 2.0
LIMIT_MB = int(os.environ.get("BENCH_MEMORY_MB", "0"))
_GROUPS = Path("/sys/fs/cgroup")
_SUBSCRIBE = """
from django.utils.timezone import now
from digest import tasks
from digest.models import Paper
from tests.support import factories
words = sorted({word for title in Paper.objects.values_list("title", flat=True)[:300]
                for word in title.split() if word.isalpha()})
for number in range(PEOPLE):
    factories.subscriber(f"p{number}@example.org", words[number % len(words)], next_due_at=now())
tasks.wake(tasks.plan)
"""


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the command to the first page, and of the processor until then."""

    seconds: float
    processor: float


def run() -> None:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        folder = Path(name) / "var"
        with _site(folder) as (site, first):
            _stop(site)
        with _site(folder) as (site, second):
            site.serving()
            time.sleep(REST_SECONDS)
            rest = _by_process(site)
            work = _at_work(site)
            _stop(site)
            lines = [line for line in site.lines if "ended (" in line]
    _publish(rest, work, first, second)
    print("\n".join(["What ended by itself:", *lines]) if lines else "Nothing ended by itself.")


@contextlib.contextmanager
def _site(folder: Path) -> Iterator[tuple[WholeSite, Start]]:
    """A running site, started by the command of `make run`, once its first page has come."""
    limits = {
        "LIMITS": "pages=1000000/minute keywords=1000000/minute",
        "NEW_PAPERS_LIMIT": "100000",
    }
    begun = time.monotonic()
    with _group() as group, WholeSite(folder, "--demo", under=group, **limits) as site:
        while not site.answers():
            assert not site.ended(), site.output
            time.sleep(0.02)
        yield site, Start(time.monotonic() - begun, process.processor(site.runner.pid))


@contextlib.contextmanager
def _group() -> Iterator[tuple[str, ...]]:
    """The command that runs another one in a control group of LIMIT_MB, if there is a limit."""
    if not LIMIT_MB:
        yield ()
        return
    has_v1 = (_GROUPS / "memory").is_dir()
    folder = (_GROUPS / "memory" if has_v1 else _GROUPS) / f"paper-digest-bench-{os.getpid()}"
    folder.mkdir()
    limit = folder / ("memory.limit_in_bytes" if has_v1 else "memory.max")
    limit.write_text(str(LIMIT_MB * 2**20))
    try:
        yield "/bin/sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh"
    finally:
        wait_until(lambda: not (folder / "cgroup.procs").read_text(), 10)
        folder.rmdir()


def _by_process(site: WholeSite) -> dict[str, list[float]]:
    """Service -> MB of each of its processes."""
    return {
        name: [process.shared_memory(pid) for pid in pids] for name, pids in site.services().items()
    }


def _total(found: dict[str, list[float]]) -> float:
    return sum(map(sum, found.values()))


def _at_work(site: WholeSite) -> dict[str, list[float]]:
    """The memory at the moment of the highest sum, while papers are ingested, digests are planned
    and sent, and clients ask for pages and previews."""
    samples: list[dict[str, list[float]]] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(0.5):
            with contextlib.suppress(OSError):
                samples.append(_by_process(site))

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        _ingest(site)
        site.run("shell", "-c", _SUBSCRIBE.replace("PEOPLE", str(PEOPLE)))
        words = re.findall(r"[a-z]{4,}", listing(50).decode())
        asked = [
            get("/"),
            get("/search/?q=learning"),
            *previews(site.port, "/keywords/preview/", words),
        ]
        run_clients(site.port, CLIENTS, asked, WORK_SECONDS)
        sent = "SELECT count(*) FROM digest_digest WHERE state IN ('sent', 'empty')"
        assert wait_until(lambda: site.sql(sent)[0][0] == PEOPLE, 300), site.output
    finally:
        over.set()
        sampler.join()
    return max(samples, key=_total)


def _ingest(site: WholeSite) -> None:
    today = f"\n{datetime.now(UTC):%b %d}\n".encode()
    arriving = site.folder / "papers.txt"
    arriving.write_bytes(listing(PAPERS).replace(b"\nNov 20\n", today, 1))
    arriving.rename(site.folder / "inbox" / arriving.name)
    stored = "SELECT count(*) FROM digest_paper"
    assert wait_until(lambda: int(str(site.sql(stored)[0][0])) >= PAPERS, 300), site.output


def _stop(site: WholeSite) -> None:
    site.runner.send_signal(signal.SIGTERM)
    assert site.exit_code(90) == 0, site.output


def _publish(
    rest: dict[str, list[float]], work: dict[str, list[float]], first: Start, second: Start
) -> None:
    def cell(found: dict[str, list[float]], name: str) -> str:
        return " + ".join(f"{each:.0f}" for each in found.get(name, []))

    rows: list[list[object]] = [[name, cell(rest, name), cell(work, name)] for name in rest]
    rows.append(["together", f"{_total(rest):.0f}", f"{_total(work):.0f}"])
    rows.append(
        ["must", verdict(_total(rest), MOST_AT_REST, at_least=False),
         verdict(_total(work), MOST_AT_WORK, at_least=False)]
    )  # fmt: skip
    limit = f", in a control group of {LIMIT_MB} MB" if LIMIT_MB else ""
    title = f"The memory of `manage.py up`, MB{limit}"
    publish("memory", table(title, ["process", "at rest", f"at work, {PAPERS:,} papers"], rows))
    starts = [
        ["first", f"{first.seconds:.1f}", f"{first.processor:.1f}", ""],
        ["second", f"{second.seconds:.1f}", f"{second.processor:.1f}",
         verdict(second.seconds, MOST_SECONDS, at_least=False)],
    ]  # fmt: skip
    head = ["start", "seconds", "of the processor", "must"]
    publish("start", table("From the start to the first page", head, starts))
