"""The metrics of the whole service: right, bounded, without addresses, and cheap."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoDbBlocker

from digest.models import (
    Alarm,
    DailyStatistic,
    Digest,
    Dump,
    Heartbeat,
    Hold,
    Letter,
    Machine,
    OutcomeCount,
    Run,
    Source,
    StageTime,
    Tally,
)
from digest.monitoring import metrics
from digest.process_facts.stage_times import StageSum
from tests.support import factories
from tests.support.databases import database_file

pytestmark = pytest.mark.django_db
Samples = dict[tuple[str, ...], float]


def read() -> dict[str, Samples]:
    """Name without prefix -> values of the labels, in the order of their names -> value."""
    found: dict[str, Samples] = {}
    page = metrics.render_metrics().decode()
    for family in text_string_to_metric_families(page):
        assert family.name.startswith("paper_digest")
        for sample in family.samples:
            name = sample.name.removeprefix("paper_digest_")
            found.setdefault(name, {})[
                tuple(value for _, value in sorted(sample.labels.items()))
            ] = sample.value
    return found


def hours_ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def add_people(*names: str) -> None:
    """People with a digest in each of three states, and a letter."""
    now = timezone.now()
    for name in names:
        address = f"{name}@example.org"
        person = factories.subscriber(address, "robot", next_due_at=hours_ago(3))
        times = {"not_before": hours_ago(2), "expires_at": now + timedelta(days=1)}
        for state, days in (("planned", 0), ("leased", 1), ("sent", 2)):
            day = now.date() - timedelta(days=days)
            Digest.objects.create(subscriber=person, local_date=day, state=state, **times)
        purpose = Letter.Purpose.CONFIRM
        Letter.objects.create(email=address, email_key=address, purpose=purpose, **times)


def fill() -> None:
    """Something of everything."""
    now = timezone.now()
    add_people("ada0")
    Heartbeat.objects.create(kind="worker", host="a", at=hours_ago(0.5))
    Machine.objects.create(id="a" * 32, host="host-a", version="1", clock_offset=-2.5, free_bytes=9)
    StageTime.objects.add({"drain": StageSum(3, 4.5)})
    StageTime.objects.add({"drain": StageSum(1, 0.5), "plan": StageSum(2, 1.0)})
    Run.objects.note("index", now, papers=7, bytes=800)
    Hold.objects.create(scope="domain", value="example.net")
    Alarm.objects.create(kind="storage", day=now.date(), raised_at=now, post_after=now)
    DailyStatistic.objects.create(
        day=now.date() - timedelta(days=1), metric="digests", state="sent", count=5
    )
    DailyStatistic.objects.create(day=now.date(), metric="subscribers", state="active", count=9)


def test_values() -> None:
    fill()
    found = read()
    assert found["info"]
    assert found["database_up"] == {(): 1}
    assert found["digests"] == {("planned",): 1, ("leased",): 1, ("sending",): 0}
    assert found["letters"] == {("planned",): 1, ("leased",): 0, ("sending",): 0}
    assert found["digests_of_yesterday"][("sent",)] == 5
    assert found["queue_age_seconds"][("digests",)] == pytest.approx(7200, abs=60)
    assert found["queue_age_seconds"][("planning",)] == pytest.approx(10800, abs=60)
    assert found["queue_age_seconds"][("dumps",)] == 0
    assert found["stage_seconds_sum"] == {("drain",): 5.0, ("plan",): 1.0}
    assert found["stage_seconds_count"] == {("drain",): 4, ("plan",): 2}
    assert found["index_papers"] == {(): 7}
    assert found["index_bytes"] == {(): 800}
    assert found["subscribers"] == {("active",): 9}
    assert found["heartbeat_age_seconds"][("worker",)] == pytest.approx(1800, abs=60)
    assert found["machine_clock_offset_seconds"] == {("host-a", "aaaaaaaa"): -2.5}
    assert found["machine_version"] == {("host-a", "aaaaaaaa", "1"): 1}
    assert found["alarm"] == {("storage",): 1}
    assert found["holds"][("domain",)] == 1


def test_replies_name_the_busiest_domains_and_sum_up_the_rest() -> None:
    for number in range(30):
        tally = Tally(100 - number, refused=2, unknown=1, deferred=3)
        OutcomeCount.objects.add({("smtp", f"d{number:02}.example"): tally})
    OutcomeCount.objects.add({("other", "d00.example"): Tally(10)})
    OutcomeCount.objects.add({("smtp", "person.example"): Tally(4, refused=4)})
    found = read()["smtp_replies_last_hour"]
    domains = {domain for _, domain in found}
    assert len(domains) == metrics.MOST_DOMAINS + 1
    assert "person.example" not in domains
    assert found["2xx", "d00.example"] == 107
    assert [found[each, "d01.example"] for each in ("2xx", "4xx", "5xx", "none")] == [96, 3, 2, 1]
    others = sum(100 - number - 3 for number in range(20, 30))
    assert found["2xx", "other"] == others
    assert found["5xx", "other"] == 2 * 10 + 4


def test_a_domain_with_few_digests_is_not_named() -> None:
    OutcomeCount.objects.add({("smtp", "ada-lovelace.example"): Tally(4)})
    assert read()["smtp_replies_last_hour"]["2xx", "other"] == 4
    assert b"lovelace" not in metrics.render_metrics()


def test_papers_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_SOURCES", 2)
    for number, name in enumerate(["a", "b", "c", "d"]):
        source = Source.objects.create(name=name, kind="push")
        Dump.objects.create(
            sha256=f"{number}" * 64, name=name, source=source, received_at=hours_ago(1),
            new=10 - number, updated=1,
        )  # fmt: skip
    Dump.objects.create(sha256="f" * 64, name="old", received_at=hours_ago(30), new=99)
    found = read()["papers_last_day"]
    assert {source for _, source in found} == {"a", "b", "other"}
    assert found["new", "a"] == 10
    assert (found["new", "other"], found["updated", "other"]) == (8 + 7, 2)


def test_the_number_of_queries_does_not_grow() -> None:
    fill()
    counts = []
    for names in ("bcdef", "ghijk"):
        with CaptureQueriesContext(connection) as queries:
            metrics.render_metrics()
        counts.append(len(queries))
        add_people(*names)
        for number in range(50):
            OutcomeCount.objects.add({("smtp", f"d{number}.example"): Tally(9)})
            Machine.objects.get_or_create(id=f"{number}", host="b", version="2")
    assert counts[0] == counts[1]
    assert counts[0] <= 30


def test_no_address_is_in_it() -> None:
    fill()
    add_people("bob")
    page = metrics.render_metrics().decode()
    assert "@" not in page
    assert "ada0" not in page


def test_without_a_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with database_file(tmp_path / "missing" / "db.sqlite3"), django_db_blocker.unblock():
        found = read()
    assert found["database_up"] == {(): 0}
    assert set(found) == {"info", "database_up"}


def test_yesterday_is_that_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    DailyStatistic.objects.create(day=date(2026, 11, 19), metric="digests", state="sent", count=5)
    (family,) = metrics._yesterday(at)
    values: Any = {sample.labels["state"]: sample.value for sample in family.samples}
    assert (values["sent"], values["failed"]) == (5, 0)
