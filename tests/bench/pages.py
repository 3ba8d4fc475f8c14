"""What pages cost a server with 100,000 subscribers and 31,500 papers on SQLite.

First one client asks for one page after another, then 20 ask at once. A bare Django view, served by
gunicorn as it comes, is measured in the same run. BENCH_SUBSCRIBERS makes the subscribers fewer.
"""

import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from digest.runner.process import die_with_parent
from digest.simulation import process_costs as process
from tests.matching import samples
from tests.support.servers import free_port, listens, wait_until
from tests.support.site import ROOT, Site

from .page_clients import Answer, Client, Load, get, p95, post, run_clients
from .table import publish, table, verdict

SUBSCRIBERS = int(os.environ.get("BENCH_SUBSCRIBERS", "100000"))
WORKERS, CLIENTS, SECONDS = 2, 20, 15.0
REQUESTS, PREVIEWS, KEYWORDS_A_PREVIEW = 100, 60, 5
WARM_UP, WARM_SECONDS = 10, 4.0  # to build an index takes longer
MOST_MS = {"home": 50, "preferences": 50, "preview": 60}
LEAST_RATE = 120  # pages a second
_PLAIN = (sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--threads=8",
          "--no-control-socket", "--log-level=error")  # fmt: skip
_GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "python:digest.web_server.gunicorn_config")
_COOKIE = re.compile(rb"csrftoken=(\w+)")
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
# Counted, as on a real site, and never reached.
_LIMITS = "pages=1000000/minute keywords=1000000/minute"


@dataclass(frozen=True)
class Page:
    """What one client measured: seconds of each response, and the server's own of each."""

    name: str
    seconds: Sequence[float]
    processor: float
    size: int

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return p95(self.seconds) * 1e3


def run() -> None:
    """The tables of one client and of 20."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        site = Site(
            Path(name), LIMITS=_LIMITS, SITE_URL="http://localhost", ALLOWED_HOSTS="localhost",
            DJANGO_SETTINGS_MODULE="digest.settings", PAPER_SAMPLES=str(samples.FOLDER),
        )  # fmt: skip
        site.run("migrate", "--verbosity=0")
        data = _stored(site)
        before = os.getloadavg()[0]
        bare, bare_load = _bare(site)
        with _server(site, *_GUNICORN) as port_and_pid:
            pages, load = _measured(*port_and_pid, data)
    _publish([bare, *pages], before)
    _publish_load(bare_load, load)


def _stored(site: Site) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.pages_data", str(SUBSCRIBERS)],
        env=site.environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextlib.contextmanager
def _server(site: Site, *command: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of a running web server with WORKERS workers."""
    port = free_port()
    server = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)],
        env=site.environment, cwd=ROOT, start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )  # fmt: skip
    try:
        assert wait_until(lambda: listens(port), 60)
        yield port, server.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _bare(site: Site) -> tuple[Page, Load]:
    with _server(site, *_PLAIN, "tests.bench.bare_django") as (port, pid):
        page = _page("a bare Django view", port, pid, [get("/")] * (REQUESTS + WARM_UP))
        return page, run_clients(port, CLIENTS, [get("/")], SECONDS / 3)


def _measured(port: int, pid: int, data: dict[str, Any]) -> tuple[list[Page], Load]:
    paths: dict[str, str] = data["paths"]
    requested = previews(port, paths.pop("preview"), data["keywords"])
    _warm_up(port, requested)
    requests = {name: get(path) for name, path in paths.items()}
    pages = [
        _page(name, port, pid, [request] * (REQUESTS + WARM_UP))
        for name, request in requests.items()
    ]
    pages.append(_page("preview", port, pid, requested[:PREVIEWS]))
    return pages, run_clients(port, CLIENTS, list(requests.values()), SECONDS)


def previews(port: int, path: str, keywords: Sequence[str]) -> list[bytes]:
    """Requests of previews, none of which has a keyword of another."""
    client = Client(port)
    home = client.ask(get("/", encoding="identity"))
    client.close()
    cookie, token = _COOKIE.search(home.head), _TOKEN.search(home.body)
    assert cookie
    assert token
    fields = {"csrfmiddlewaretoken": token[1].decode(), "form": "sign-up", "frequency": "daily"}
    rows = [
        keywords[at : at + KEYWORDS_A_PREVIEW] for at in range(0, len(keywords), KEYWORDS_A_PREVIEW)
    ]
    return [
        post(path, fields | {"keywords": "\n".join(row)}, f"Cookie: csrftoken={cookie[1].decode()}")
        for row in rows
    ]


def _warm_up(port: int, requests: list[bytes]) -> None:
    """Until every worker has its index. Takes the previews that it asks for from the list."""
    quick, deadline = 0, time.monotonic() + 1_200
    while quick < 4 * WORKERS:
        assert time.monotonic() < deadline, "The previews stay slow."
        client = Client(port)  # a new connection may reach another worker
        answer = client.ask(requests.pop())
        client.close()
        quick = quick + 1 if answer.seconds < WARM_SECONDS else 0


def _page(name: str, port: int, pid: int, requests: Sequence[bytes]) -> Page:
    client = Client(port)
    for request in requests[:WARM_UP]:
        client.ask(request)
    before = process.processor(pid)
    answers: list[Answer] = [client.ask(request) for request in requests[WARM_UP:]]
    spent = process.processor(pid) - before
    client.close()
    wrong = [answer for answer in answers if answer.status != 200]
    assert not wrong, (name, wrong[0].head)
    seconds = [answer.seconds for answer in answers]
    return Page(name, seconds, spent / len(answers), answers[-1].size)


def _publish(pages: Sequence[Page], load_before: float) -> None:
    bare = pages[0]
    rows = [
        [
            page.name,
            f"{statistics.median(page.seconds) * 1e3:.1f}",
            f"{page.p95:.1f}",
            f"{page.processor * 1e3:.1f}",
            f"{page.p95 / bare.p95:.0f}",
            f"{page.size / 1e3:.1f}",
            verdict(page.p95, MOST_MS[page.name], at_least=False) if page.name in MOST_MS else "",
        ]
        for page in pages
    ]
    title = f"Pages, one client: {SUBSCRIBERS:,} subscribers on SQLite, milliseconds"
    head = ["page", "median", "p95", "server's processor", "times bare", "kB sent", "must, p95"]
    note = f"\nLoad average before and after: {load_before:.1f}, {os.getloadavg()[0]:.1f}.\n"
    publish("pages", table(title, head, rows) + note)


def _publish_load(bare: Load, load: Load) -> None:
    rows = [
        [
            name,
            f"{each.rate:.0f}",
            f"{each.p95 * 1e3:.0f}",
            f"{each.processor:.1f} of {each.seconds:.1f}",
            must,
        ]
        for name, each, must in [
            ("a bare Django view", bare, ""),
            ("all pages in turn", load, verdict(load.rate, LEAST_RATE, at_least=True)),
        ]
    ]
    title = f"Pages, {CLIENTS} clients, {WORKERS} workers"
    head = ["pages", "a second", "p95, ms", "clients' processor, s", "must"]
    note = f"\nTimes slower than bare: {bare.rate / load.rate:.0f}.\n"
    publish("pages_load", table(title, head, rows) + note)


if __name__ == "__main__":
    run()
