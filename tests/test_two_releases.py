"""Two releases at once: that before the newest migration sends from the newer tables, beside this
one, as while a rolling upgrade goes on (docs/adr/0016-expand-and-contract.md)."""

import io
import os
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from .support import servers
from .support.sink import Sink
from .support.site import ROOT, Site

pytestmark = pytest.mark.slow
ALONE, PEOPLE = 20, 120
_SETTLE = """
from datetime import timedelta
from django.db import transaction
from django.utils.timezone import now
from tests.support import factories
with transaction.atomic():
    factories.paper("On alfalfa", listed_on=now().date())
    for number in range({start}, {end}):
        due = now() - timedelta(minutes=5)
        factories.subscriber(f"p{{number}}@example.org", "alfalfa", next_due_at=due)
"""
_FOLDERS = ("digest/migrations", "subscriptions/migrations")


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The program as it was before the newest migration."""
    now = migrations_of("HEAD")
    changes = git("log", "-30", "--first-parent", "--format=%H", "--", *_FOLDERS).decode().split()
    before = (f"{commit}^" for commit in changes)
    # A branch that was merged may have given a number that another has now.
    found = next((commit for commit in before if set() < migrations_of(commit) < now), None)
    if found is None:
        pytest.skip("no history: this is no clone of the repository, or a shallow one")
    folder = tmp_path / "former"
    with tarfile.open(fileobj=io.BytesIO(git("archive", found))) as tar:
        tar.extractall(folder, filter="data")
    return folder


def migrations_of(commit: str) -> set[str]:
    names = git("ls-tree", "-r", "--name-only", commit, "--", *_FOLDERS).decode().split()
    return {name for name in names if "/0" in name}


def deliver(site: Site, folder: Path) -> "subprocess.Popen[str]":
    """Plan and drain with the program in that folder."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "deliver"],
        cwd=folder,
        env={**site.environment, "PYTHONPATH": os.fspath(folder)},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_both_send_and_nobody_gets_two(
    tmp_path: Path, former: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = ""
    if kind == "postgresql":
        url = servers.new_database(request.getfixturevalue("postgres"), "two_releases")
    with Sink("PIPELINING") as sink:
        relay = f"smtp://127.0.0.1:{sink.port}#connections=2"
        site = Site(tmp_path / "var", DATABASE_URL=url, EMAIL_URL=relay)
        site.run("migrate", "--verbosity=0")
        site.run("shell", "-c", _SETTLE.format(start=0, end=ALONE))
        assert f"digests: {ALONE} sent" in finish(deliver(site, former))
        site.run("shell", "-c", _SETTLE.format(start=ALONE, end=PEOPLE))
        for process in [deliver(site, folder) for folder in (former, ROOT)]:
            finish(process)
        finish(deliver(site, former))  # what one had claimed as the other ended
        assert site.sql("SELECT DISTINCT state FROM digest_digest") == [("sent",)]
        assert Counter(Counter(to for to, _ in sink.accepted).values()) == {1: PEOPLE}


def finish(process: "subprocess.Popen[str]") -> str:
    """What a process printed that ended well."""
    said, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return said
