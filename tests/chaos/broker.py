"""A real Celery worker and two schedulers, with a broker that is flushed and killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digest.runner.broker import find_program
from digest.runner.process import die_with_parent
from tests.support.servers import free_port, wait_until
from tests.support.sink import Sink
from tests.support.site import ROOT, Site

PEOPLE = 60
ENDS_WITHIN = 90.0  # seconds
_SUBSCRIBE = """
from datetime import timedelta
from django.db import transaction
from django.utils.timezone import now
from subscriptions.models import Subscriber
from tests.support import factories
with transaction.atomic():
    factories.paper("On alfalfa")
    for number in range({people}):
        due = now() - timedelta(minutes=5)
        factories.subscriber(f"p{{number}}@example.org", "alfalfa", next_due_at=due)
"""


def wake_ups(*, rounds: int = 6) -> dict[str, Any]:
    """Everybody's digest while each round the broker is flushed, killed, and for a second gone.
    `wrong`: sentences, none where everybody got one mail."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-chaos-") as name, Sink() as sink:
        folder, port = Path(name), free_port()
        relay, broker = f"smtp://127.0.0.1:{sink.port}", f"redis://127.0.0.1:{port}/0"
        site = Site(folder, EMAIL_URL=relay, REDIS_URL=broker, AUTOMATIC_HOLD="none")
        site.run("migrate", "--verbosity=0")
        with contextlib.ExitStack() as running:
            for command in _celery(folder):
                running.enter_context(_process(command, site.environment))
            _disrupt_broker(folder, port, rounds, site)
            with _process(_server(folder, port), site.environment):
                ended = wait_until(lambda: _all_ended(site), ENDS_WITHIN)
        return _found(site, sink, ended) | {"rounds": rounds}


def _celery(folder: Path) -> list[list[str]]:
    celery = [sys.executable, "-m", "celery", "-A", "tests.chaos.celery_app"]
    beats = [[*celery, "beat", "-s", str(folder / f"beat{number}")] for number in (1, 2)]
    return [[*celery, "worker", "--concurrency=2"], *beats]


def _server(folder: Path, port: int) -> list[str]:
    return [find_program(), "--port", str(port), "--dir", str(folder), "--save", ""]


@contextlib.contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    """It and what it starts, for the block; then killed."""
    parent = os.getpid()
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _disrupt_broker(folder: Path, port: int, rounds: int, site: Site) -> None:
    for number in range(rounds):
        with _process(_server(folder, port), site.environment):
            assert wait_until(lambda: _flush(port)), "the broker does not start"
            if number == 1:
                site.run("shell", "-c", _SUBSCRIBE.format(people=PEOPLE))
            time.sleep(0.7)
            _flush(port)
            time.sleep(0.3)
        time.sleep(1)


def _flush(port: int) -> bool:
    """FLUSHALL: every message and every note of what is under way is gone."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            return connection.recv(16).startswith(b"+OK")
    except OSError:
        return False


def _all_ended(site: Site) -> bool:
    states = site.sql("SELECT state FROM digest_digest")
    return len(states) == PEOPLE and not {("planned",), ("leased",), ("sending",)} & set(states)


def _found(site: Site, sink: Sink, ended: bool) -> dict[str, Any]:
    states = Counter(str(state) for (state,) in site.sql("SELECT state FROM digest_digest"))
    taken = Counter(recipient for recipient, _ in sink.accepted)
    twice = [recipient for recipient, times in taken.items() if times > 1]
    wrong = [] if ended else [f"after {ENDS_WITHIN:.0f} s: {dict(states)}"]
    if twice or len(taken) != PEOPLE:
        wrong.append(f"{len(taken)} of {PEOPLE} got a mail, more than one: {twice[:5]}")
    return {"accepted": taken.total(), "states": states, "wrong": wrong}
