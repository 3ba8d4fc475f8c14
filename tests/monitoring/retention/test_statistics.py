"""Daily statistics: right, the same on every run, and anonymous."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from digest.models import DailyStatistic, Digest, Dump, Letter, MailEvent, Source
from digest.monitoring.retention import statistics
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counted(metric: str) -> set[tuple[Any, ...]]:
    rows = DailyStatistic.objects.filter(metric=metric)
    return set(rows.values_list("day", "state", "domain", "source", "count"))


def a_day() -> None:
    """Six readers of a big domain and one of a domain of their own; two states, two backends."""
    for each in range(6):
        person = factories.subscriber(f"reader{each}@big.example")
        earlier(person, 0, "failed" if each == 5 else "sent", backend="smtp")
    earlier(factories.subscriber("ada@lovelace.example"), 0, backend="spare")


def test_digests_are_counted_by_state_domain_and_backend_and_small_domains_together() -> None:
    a_day()
    assert statistics.count_days(MORNING + DAY)
    day = MORNING.date()
    assert counted("digests") == {
        (day, "sent", "big.example", "smtp", 5),
        (day, "failed", "big.example", "smtp", 1),
        (day, "sent", "other", "spare", 1),
    }
    assert counted("subscribers") == {((MORNING + DAY).date(), "active", "", "", 7)}


def test_letters_events_and_papers_are_counted() -> None:
    source = Source.objects.create(name="daily", kind="push")
    for name, fields in {"a": {"source": source, "new": 3, "updated": 2}, "b": {"new": 1}}.items():
        Dump.objects.create(sha256=name * 64, name=name, received_at=MORNING, **fields)
    Letter.objects.create(email="ops@example.org", email_key="ops@example.org", purpose="alarm",
                          nonce="1", not_before=MORNING, expires_at=MORNING)  # fmt: skip
    MailEvent.objects.create(kind="delivered", provider="postmark", event_id="1", sha256="0" * 64,
                             at=MORNING)  # fmt: skip
    statistics.count_days(MORNING + DAY)
    day = MORNING.date()
    assert counted("papers") == {
        (day, "new", "", "daily", 3), (day, "updated", "", "daily", 2), (day, "new", "", "", 1),
    }  # fmt: skip
    assert counted("letters") == {(day, "planned", "other", "alarm", 1)}
    assert counted("events") == {(day, "delivered", "", "postmark", 1)}


def test_times_to_send_and_storage_are_counted(settings: Any) -> None:
    person = factories.subscriber("ada@example.org")
    earlier(person, 0, created_at=MORNING, sent_at=MORNING + timedelta(minutes=4))
    factory: dict[str, Any] = {"sha256": "a" * 64, "name": "a", "received_at": MORNING}
    Dump.objects.create(**factory, size=70)
    Dump.objects.create(**factory, part=1, size=5, raw_deleted_at=MORNING)
    statistics.count_days(MORNING + DAY)
    assert counted("delays") == {(MORNING.date(), "5", "", "", 1)}
    sizes = {state: count for day, state, _, _, count in counted("storage")}
    assert sizes.pop("dumps") == 70
    assert sizes.keys() == {"database", "free"}
    assert all(size > 0 for size in sizes.values()) or "memory" in str(settings.DATABASES)


def test_counting_again_changes_nothing_and_what_ends_late_is_counted_as_it_ended() -> None:
    a_day()
    statistics.count_days(MORNING + DAY)
    before = counted("digests")
    statistics.count_days(MORNING + DAY)
    assert counted("digests") == before
    Digest.objects.filter(state="failed").update(state="sent")
    statistics.count_days(MORNING + 3 * DAY)
    assert (MORNING.date(), "sent", "big.example", "smtp", 6) in counted("digests")


def test_the_counts_of_a_settled_day_stay_whatever_is_deleted() -> None:
    a_day()
    statistics.count_days(MORNING + 14 * DAY)
    assert statistics.last_final_day() != MORNING.date()
    statistics.count_days(MORNING + 15 * DAY)
    assert statistics.last_final_day() == MORNING.date()
    before = counted("digests")
    Subscriber.objects.all().delete()
    statistics.count_days(MORNING + 16 * DAY)
    assert counted("digests") == before
    assert DailyStatistic.objects.filter(metric="digests").aggregate(Sum("count")) == {
        "count__sum": 7
    }


def test_a_day_that_another_settled_meanwhile_is_left_alone() -> None:
    a_day()
    statistics.count_days(MORNING + 20 * DAY)
    before = counted("digests")
    Digest.objects.all().delete()
    statistics._count(MORNING.date(), MORNING + 20 * DAY, is_final=True)
    assert counted("digests") == before


def test_a_turn_that_is_over_goes_on_where_it_was() -> None:
    a_day()
    for days in (1, 2):
        earlier(factories.subscriber(f"ada@d{days}.example"), -days)
    turns = iter([False, False, True])
    assert not statistics.count_days(MORNING + 30 * DAY, lambda: next(turns))
    assert statistics.last_final_day() == (MORNING + DAY).date()
    assert statistics.count_days(MORNING + 30 * DAY)
    assert statistics.last_final_day() == (MORNING + 15 * DAY).date()
    assert len({day for day, *_ in counted("digests")}) == 3
