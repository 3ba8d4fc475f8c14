"""The real commands on both databases: a backup while mail is being sent, its restore elsewhere,
and sending that goes on."""

import sqlite3
import subprocess
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support import servers
from tests.support.sink import Sink
from tests.support.site import Site

pytestmark = pytest.mark.slow
PEOPLE = 200
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
_SENT = "SELECT COUNT(*) FROM digest_digest WHERE state = 'sent'"
_MOVED = "SELECT COUNT(*) FROM subscriptions_subscriber WHERE confirmed_through_seq > 0"
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.mark.parametrize("kind", BOTH)
def test_it_is_of_one_moment_and_can_be_resumed_from(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql" and servers.postgres_programs() is None:
        pytest.skip("PostgreSQL's programs are missing: apt-get install postgresql")
    urls = ["", ""]
    if kind == "postgresql":
        server = request.getfixturevalue("postgres")
        urls = [servers.new_database(server, f"backup_{name}") for name in ("old", "new")]
    copied = threading.Event()  # until then one connection waits in the middle of a mail
    replies: list[Any] = ["354 go on"] * (PEOPLE // 10)
    replies.append(lambda: "354 go on" if copied.wait(90) else "421 too late")
    with Sink("PIPELINING", DATA=replies) as sink:
        relay = f"smtp://127.0.0.1:{sink.port}#connections=2"
        old = Site(tmp_path / "old", DATABASE_URL=urls[0], EMAIL_URL=relay)
        new = Site(tmp_path / "new", DATABASE_URL=urls[1], EMAIL_URL=relay)
        old.run("migrate", "--verbosity=0")
        old.run("shell", "-c", _SETTLE.format(people=PEOPLE))
        drain = old.start("deliver")
        assert servers.wait_until(lambda: len(sink.accepted) > PEOPLE // 20, 60)
        old.run("backup", str(tmp_path / "backup"))
        assert drain.poll() is None
        copied.set()
        drain.communicate(timeout=120)
        assert drain.returncode == 0
        old.run("deliver")
        assert len(sink.accepted) == PEOPLE
        assert "Intact" in old.run("backup", str(tmp_path / "backup"), "--verify")
        if kind == "sqlite":
            with closing(sqlite3.connect(tmp_path / "backup" / "database.sqlite3")) as copy:
                ((sent,), (moved,)) = (copy.execute(sql).fetchone() for sql in (_SENT, _MOVED))
            assert sent == moved

        assert "nothing is sent until" in new.run("restore", str(tmp_path / "backup"))
        ((sent,),), ((moved,),) = new.sql(_SENT), new.sql(_MOVED)
        assert sent == moved
        assert isinstance(sent, int)
        assert sent < PEOPLE
        new.run("deliver")
        assert len(sink.accepted) == PEOPLE
        assert "--where-it-stood: at most" in new.run("resume")
        assert "may see papers again" in new.run("resume", "--where-it-stood")
        new.run("deliver")
        assert len(sink.accepted) == PEOPLE  # today had its mail
        assert set(Counter(recipient for recipient, _ in sink.accepted).values()) == {1}
        if kind == "postgresql":
            _refuses_what_is_used(new, tmp_path / "backup")


def _refuses_what_is_used(site: Site, backup: Path) -> None:
    refused = site.start("restore", str(backup))
    assert "--replace" in refused.communicate(timeout=120)[1]
    with subprocess.Popen(["psql", site.environment["DATABASE_URL"], "-qc", "SELECT PG_SLEEP(60)"]):
        in_use = site.start("restore", str(backup), "--replace")
        ended = "other connections use the database"
        assert ended in in_use.communicate(timeout=120)[1]
        site.sql(
            "SELECT PG_TERMINATE_BACKEND(pid) FROM pg_stat_activity "
            "WHERE datname = CURRENT_DATABASE() AND pid <> PG_BACKEND_PID()"
        )
    assert "Restored." in site.run("restore", str(backup), "--replace")
    ((number,),) = site.sql("SELECT number FROM digest_databaseepoch")
    assert number == 3  # the machine knows of the second
