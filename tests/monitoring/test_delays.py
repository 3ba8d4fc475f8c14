"""The classes of minutes from due to sent."""

from datetime import timedelta
from typing import Any

import pytest

from digest.models import Digest
from digest.monitoring.delays import bound_of_share, count_by_delay
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier


def sent_after(seconds: int, **fields: Any) -> None:
    number = Digest.objects.count()
    person = factories.subscriber(f"reader{number}@example.org")
    times: dict[str, Any] = {
        "created_at": MORNING + timedelta(seconds=20),
        "sent_at": MORNING + timedelta(seconds=seconds),
    }
    earlier(person, 0, **(times | fields))


@pytest.mark.django_db
def test_each_digest_is_in_the_class_of_the_time_it_took() -> None:
    for seconds in (30, 59, 61, 299, 16_000):
        sent_after(seconds)
    assert count_by_delay(Digest.objects.all()) == {"1": 2, "2": 1, "5": 1, "later": 1}


@pytest.mark.django_db
def test_what_was_put_off_was_due_when_it_was_planned() -> None:
    sent_after(3_620, not_before=MORNING + timedelta(minutes=59))
    assert count_by_delay(Digest.objects.all()) == {"60": 1}


@pytest.mark.django_db
def test_only_scheduled_digests_that_were_sent_count() -> None:
    sent_after(30, state="failed")
    sent_after(30, kind="sample")
    sent_after(30, sent_at=None)
    assert count_by_delay(Digest.objects.all()) == {}


def test_the_bound_of_a_share() -> None:
    counts = {"1": 50, "5": 45, "240": 4, "later": 1}
    shares = {share: bound_of_share(counts, share) for share in (0.5, 0.51, 0.95, 0.96, 1.0)}
    assert shares == {0.5: 1, 0.51: 5, 0.95: 5, 0.96: 240, 1.0: None}
    assert bound_of_share({}, 0.5) is None
