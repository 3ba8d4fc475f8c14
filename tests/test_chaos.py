"""The fault matrix in small, and that its count sees what it is there to see."""

import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from digest.models import Digest, Paper, State
from digest.models.endings import end_and_advance_watermark
from tests import chaos
from tests.chaos.broker import wake_ups
from tests.chaos.count import count, message_ids
from tests.chaos.points import POINTS
from tests.chaos.table import table
from tests.chaos.worker_pool import WorkerTotals
from tests.support import factories
from tests.support.factories import MORNING


def kept(database: str, kills: int, people: int) -> None:
    seed = random.randrange(2**32)
    result = chaos.simulate(database, kills, people=people, seed=seed)
    output = table({database: result}, seed)
    assert not result["wrong"], output
    assert sum(result["kills"].values()) >= kills, output
    assert result["faults"], output
    assert (result["duplicates"], result["lost"]) == (0, 0), output
    if kills > 3 * len(POINTS):
        assert set(POINTS) <= set(result["kills"]), output


@pytest.mark.slow
def test_workers_that_die_send_nothing_twice_and_lose_nothing() -> None:
    kept("sqlite", 6, people=8)


@pytest.mark.slow
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.timeout(chaos.LONGEST)
def test_the_same_for_longer(database: str) -> None:
    if database == "postgresql" and chaos.servers.postgres_programs() is None:
        pytest.skip("PostgreSQL's server programs are missing: apt-get install postgresql")
    kept(database, 150, people=60)


@pytest.mark.slow
def test_a_broker_that_forgets_and_dies_changes_nothing_but_time() -> None:
    assert wake_ups()["wrong"] == []


@pytest.fixture
def sent() -> Digest:
    """A digest that says it was sent, with the one paper that its reader wants."""
    person = factories.subscriber("ada@example.org", "alfalfa")
    factories.paper("On alfalfa Paper00001")
    digest: Digest = Digest.objects.create(
        subscriber=person,
        local_date=MORNING.date(),
        not_before=MORNING,
        expires_at=MORNING,
        state=State.SENDING,
        from_seq=0,
        to_seq=1,
    )
    assert end_and_advance_watermark(digest, State.SENT)
    return digest


def counted(folder: Path, mails: Iterable[dict[str, object]]) -> list[str]:
    record, log = folder / "record", folder / "log"
    record.write_text("".join(json.dumps(mail) + "\n" for mail in mails))
    log.write_text("")
    wrong: list[str] = count(record, log, WorkerTotals(), days=1)["wrong"]
    return wrong


def taken(digest: Digest, papers: Iterable[int] = (1,)) -> dict[str, object]:
    (message_id,) = message_ids()
    return {"accepted": message_id, "to": digest.subscriber.email_key, "papers": list(papers)}


@pytest.mark.django_db
class TestTheCount:
    def test_all_is_well(self, sent: Digest, tmp_path: Path) -> None:
        assert counted(tmp_path, [taken(sent)]) == []

    def test_a_duplicate(self, sent: Digest, tmp_path: Path) -> None:
        (wrong,) = counted(tmp_path, [taken(sent), taken(sent)])
        assert wrong.startswith("accepted more than once: 1")

    def test_sent_but_never_accepted(self, sent: Digest, tmp_path: Path) -> None:
        never, lost = counted(tmp_path, [])
        assert never.startswith("SENT, but never accepted: 1")
        assert lost.startswith("papers lost: 1")

    def test_a_paper_that_no_mail_held(self, sent: Digest, tmp_path: Path) -> None:
        (wrong,) = counted(tmp_path, [taken(sent, papers=())])
        assert wrong.startswith("papers lost: 1, like paper 1 for ada@example.org")

    def test_a_mail_of_no_row(self, sent: Digest, tmp_path: Path) -> None:
        (wrong,) = counted(tmp_path, [taken(sent), taken(sent) | {"accepted": "x@y"}])
        assert wrong.startswith("accepted, but of no row: 1")

    def test_a_row_that_never_ended(self, sent: Digest, tmp_path: Path) -> None:
        Digest.objects.update(state=State.LEASED)
        (left, active) = counted(tmp_path, [taken(sent)])
        assert left.startswith("accepted, but neither SENT nor UNKNOWN: 1")
        assert active.startswith("still active at the end: 1")

    def test_a_paper_still_waits_after_the_quiet_days(self, sent: Digest, tmp_path: Path) -> None:
        factories.paper("More alfalfa Paper00002")
        assert Paper.objects.count() == 2
        (wrong,) = counted(tmp_path, [taken(sent)])
        assert wrong.startswith("papers lost: 1, like paper 2")

    def test_who_came_back_on_the_last_day(self, sent: Digest, tmp_path: Path) -> None:
        factories.subscriber("bob@example.org", "alfalfa")
        assert counted(tmp_path, [taken(sent)]) == []
