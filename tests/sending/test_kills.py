"""kill -9 between the journal and the commit, ten times: no answer that was read is lost."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from digest.sending.reply_journal import journals, read
from tests.support import servers
from tests.support.sink import Sink
from tests.support.site import ROOT, Site

pytestmark = pytest.mark.slow
KILLS = 10
PEOPLE = 400
_SETTLE = """
from datetime import timedelta
from django.db import transaction
from django.utils.timezone import now
from digest.sending import planning
from tests.support import factories
with transaction.atomic():
    factories.paper("On alfalfa")
    for number in range({people}):
        due = now() - timedelta(minutes=5)
        factories.subscriber(f"p{{number}}@example.org", "alfalfa", next_due_at=due)
planning.plan(now())
"""
_LAPSE = (
    "UPDATE digest_digest SET lease_until = '2000-01-01 00:00:00+00' WHERE lease_until IS NOT NULL"
)
# What a reaper does that had not seen the journal, as one on another machine.
_GIVE_UP = "UPDATE digest_digest SET state = 'unknown', lease_until = NULL WHERE state = 'sending'"
_STATES = "SELECT id, state FROM digest_digest"


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_no_answer_that_was_read_becomes_unknown(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = ""
    if database == "postgresql":
        url = servers.new_database(request.getfixturevalue("postgres"), "kills")
    with Sink("PIPELINING") as sink:
        relay = f"smtp://127.0.0.1:{sink.port}#connections=8"
        site = Site(tmp_path, DATABASE_URL=url, EMAIL_URL=relay)
        site.run("migrate", "--verbosity=0")
        site.run("shell", "-c", _SETTLE.format(people=PEOPLE))
        answered: set[int] = set()
        for passage in range(1, KILLS + 1):
            assert _dies(site, passage) == -9
            answered |= _answered(tmp_path / "replies")
            if passage % 2:
                _sql(site, url, _GIVE_UP)
            _sql(site, url, _LAPSE)
        assert len(answered) >= KILLS
        site.run("deliver")
        states = dict(_sql(site, url, _STATES))
        assert {states[pk] for pk in answered} == {"sent"}
        assert set(states.values()) <= {"sent", "unknown"}
        taken = Counter(recipient for recipient, _ in sink.accepted)
        assert set(taken.values()) == {1}
        assert len(taken) == PEOPLE
        assert list((tmp_path / "replies").iterdir()) == []


def _dies(site: Site, passage: int) -> int:
    command = [sys.executable, "-m", "tests.sending.killed_drain", "journaled", str(passage)]
    return subprocess.run(command, cwd=ROOT, env=site.environment, timeout=120).returncode


def _answered(folder: Path) -> set[int]:
    """The ids of the digests whose replies lie in the journals of the dead."""
    found = (read(path, time.time()) for path in journals(folder, time.time()))
    return {reply.row for lines in found for replies in lines.replies.values() for reply in replies}


def _sql(site: Site, url: str, statement: str) -> list[Any]:
    """Rows of one statement, committed."""
    if not url:
        return site.sql(statement)
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
