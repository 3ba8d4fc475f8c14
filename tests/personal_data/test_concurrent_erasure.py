"""Several processes on one database: people are erased while their mails leave, and old rows are
pruned by two at once, one of which is killed."""

import json
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.sink import Sink
from tests.support.site import Site

pytestmark = pytest.mark.slow
PEOPLE = 60
# Days ago: with what they held, without it, and over two years.
DAYS = [*range(60, 120), *range(700, 760)]
MORNING = "2026-11-20T07:00Z"
_MAKE = f"""
from django.db import transaction
from tests.support import factories
with transaction.atomic():
    factories.paper("A robot")
    for each in range({PEOPLE}):
        factories.subscriber(f"reader{{each}}@a.example", "robot")
"""
_ERASE = f"""
from django.utils import timezone
from digest.personal_data.erase import erase
for each in range(0, {PEOPLE}, 2):
    erase(f"Reader{{each}}@A.example", timezone.now())
"""
_LEFT = """
import json
from digest.models import Digest, MailEvent
from subscriptions.models import Subscriber
print(json.dumps({
    "people": list(Subscriber.objects.values_list("email", flat=True)),
    "states": Digest.objects.counts(),
}))
"""
_MAKE_OLD = f"""
from datetime import timedelta
from django.db import transaction
from digest.models import Digest
from tests.support import factories
with transaction.atomic():
    person = factories.subscriber("ada@example.org", status="paused")
    Digest.objects.bulk_create(
        Digest(subscriber=person, kind=kind, local_date=at.date(), not_before=at, expires_at=at,
               state="sent", composed_at=at, from_seq=0, to_seq=1, entries=[{{"paper": 1}}])
        for day in {DAYS} for kind in ("scheduled", "sample")
        for at in [factories.MORNING - timedelta(days=day)]
    )
"""
_PRUNE = """
from digest.monitoring.retention import pruning
from tests.support.factories import MORNING
pruning.ROWS_PER_BATCH = 10
pruning.prune(MORNING)
"""
_STUCK = """
import time
from digest.monitoring.retention import pruning
def stuck(rows, count=[], empty=pruning._empty):
    empty(rows)
    count.append(rows)
    if len(count) == 2:
        print("in the second batch", flush=True)
        time.sleep(300)
pruning._empty = stuck
"""
_COUNTS = """
import json
from django.db.models import Sum
from digest.models import DailyStatistic, Digest
print(json.dumps([
    Digest.objects.count(),
    Digest.objects.filter(pruned=True, entries=[]).count(),
    Digest.objects.filter(pruned=False).exclude(entries=[]).count(),
    DailyStatistic.objects.filter(metric="digests").aggregate(n=Sum("count"))["n"],
]))
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)


def python(site: Site, code: str) -> str:
    return site.run("shell", "--no-imports", "-c", code)


def test_people_are_erased_while_their_mails_leave(tmp_path: Path, database: str) -> None:
    with Sink() as sink:
        relay = f"smtp://127.0.0.1:{sink.port}"
        site = Site(tmp_path / "var", DATABASE_URL=database, EMAIL_URL=relay)
        site.run("migrate", "--verbosity=0")
        python(site, _MAKE)
        commands = [("deliver", "--at", MORNING)] * 3 + [
            ("shell", "--no-imports", "-c", _ERASE)
        ] * 2
        running = [site.start(*command) for command in commands]
        ends = [(process.communicate(timeout=300)[1], process.returncode) for process in running]
        for errors, code in ends:
            assert code == 0, errors
            assert "Traceback" not in errors
            assert "could not" not in errors
        site.run("deliver", "--at", MORNING)
        found = json.loads(python(site, _LEFT))
        mailed = [recipient for recipient, _ in sink.accepted]
    stayed = {f"reader{each}@a.example" for each in range(1, PEOPLE, 2)}
    assert set(found["people"]) == stayed
    assert found["states"] == {"sent": PEOPLE // 2}
    assert len(mailed) == len(set(mailed))
    assert stayed <= set(mailed)


def test_two_prune_at_once_and_one_is_killed(tmp_path: Path, database: str) -> None:
    site = Site(tmp_path / "var", DATABASE_URL=database)
    site.run("migrate", "--verbosity=0")
    python(site, _MAKE_OLD)
    first = site.start("shell", "--no-imports", "-c", _STUCK + _PRUNE)
    assert first.stdout is not None
    assert first.stdout.readline() == "in the second batch\n"
    second = site.start("shell", "--no-imports", "-c", _PRUNE)
    site.kill(first)
    _, errors = second.communicate(timeout=300)
    assert second.returncode == 0, errors
    python(site, _PRUNE)
    rows, pruned, held, counted = json.loads(python(site, _COUNTS))
    assert (rows, pruned + held) == (2 * sum(day <= 730 for day in DAYS), rows)
    assert held == 2 * sum(day <= 92 for day in DAYS)
    assert counted == 2 * len(DAYS)
