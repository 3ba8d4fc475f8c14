"""Five workers on one database: what they count together stops them all, once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.sink import Sink
from tests.support.site import Site

pytestmark = pytest.mark.slow
PEOPLE, WORKERS, AT_ONCE = 300, 5, 16 + 4  # mails in flight, and what may have ended
MORNING = "2026-11-20T07:00Z"
_MAKE = f"""
from django.db import transaction
from tests.support import factories
with transaction.atomic():
    factories.paper("A robot")
for each in range({PEOPLE}):
    factories.subscriber(f"reader{{each}}@a.example", "robot")
"""
_COUNT = """
import json
from digest.models import Alarm, Digest, Hold, OutcomeCount
from subscriptions.models import Suppression
print(json.dumps({
    "states": Digest.objects.counts(),
    "holds": list(Hold.objects.values_list("scope", "value", "automatic")),
    "counted": [tuple(each) for each in OutcomeCount.objects.by("domain").values()],
    "pending": Suppression.objects.pending().count(),
    "alarms": Alarm.objects.filter(kind="automatic_hold").count(),
}))
"""
_ADD = """
from digest.models import OutcomeCount, Tally
for each in range(40):
    OutcomeCount.objects.add(
        {("smtp", f"d{(each * step) % 7}.example"): Tally(1, 1, 0) for step in (1, 2, 3)}, 7
    )
"""
_SUM = """
from digest.models import OutcomeCount
print([tuple(each) for each in (OutcomeCount.objects.filter(domain="").by("backend")["smtp"],)],
      OutcomeCount.objects.exclude(domain="").by("backend")["smtp"].tried)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)


def five_times(site: Site, *command: str) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        for each in [pool.submit(site.run, *command) for _ in range(WORKERS)]:
            each.result()


def test_a_relay_that_refuses_everybody(tmp_path: Path, database: str) -> None:
    with Sink(RCPT=["550 5.1.1 nobody here"] * 10 * PEOPLE) as sink:
        relay = f"smtp://127.0.0.1:{sink.port}"
        site = Site(tmp_path / "var", DATABASE_URL=database, EMAIL_URL=relay)
        site.run("migrate", "--verbosity=0")
        site.run("shell", "--no-imports", "-c", _MAKE)
        five_times(site, "deliver", "--at", MORNING)
        site.run("deliver", "--at", MORNING)
        found = json.loads(site.run("shell", "--no-imports", "-c", _COUNT))
    failed = found["states"]["failed"]
    # Besides the first twenty, what was under way in each worker when they were counted.
    assert 20 <= failed <= 20 + WORKERS * AT_ONCE
    assert found["states"] == {"failed": failed, "planned": PEOPLE - failed}
    assert found["holds"] == [["domain", "a.example", True]]
    assert found["counted"] == [[failed, failed, 0, 0]] * 2
    assert (found["pending"], found["alarms"]) == (failed, 1)
    assert sink.accepted == []


def test_counts_add_up(tmp_path: Path, database: str) -> None:
    site = Site(tmp_path / "var", DATABASE_URL=database)
    site.run("migrate", "--verbosity=0")
    five_times(site, "shell", "--no-imports", "-c", _ADD)
    printed = site.run("shell", "--no-imports", "-c", _SUM)
    expected = sum(len({(each * step) % 7 for step in (1, 2, 3)}) for each in range(40)) * WORKERS
    assert printed.strip() == f"[({expected}, {expected}, 0, 0)] {expected}"
