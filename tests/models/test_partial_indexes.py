"""SQLite uses a partial index only where the query repeats its condition: others read the table."""

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from digest.models import Digest, Letter, State
from digest.models.database import has_state
from digest.models.outgoing import ACTIVE
from subscriptions.models import Subscriber
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db


def uses(rows: QuerySet[Digest] | QuerySet[Letter] | QuerySet[Subscriber], index: str) -> bool:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by the number of rows")
    return index in rows.order_by().values("pk").explain()


def test_claimed_digests_are_found_by_their_index() -> None:
    claimed = Digest.objects.filter(has_state(State.LEASED, State.SENDING))
    assert uses(claimed, "digest_leased")
    assert not uses(Digest.objects.filter(state=State.LEASED), "digest_leased")


def test_waiting_letters_are_found_by_their_index() -> None:
    waiting = Letter.objects.filter(has_state(*ACTIVE), purpose="alarm", not_before__lte=MORNING)
    assert uses(waiting, "letter_due")


def test_active_subscribers_are_counted_in_their_index() -> None:
    due = Subscriber.objects.active_by_index().filter(next_due_at__gt=MORNING)
    assert uses(due, "subscriber_due")


def test_the_sweep_for_lapsed_leases_names_the_condition_of_the_index() -> None:
    with CaptureQueriesContext(connection) as captured:
        Digest.objects.free_lapsed()
        Digest.objects.reap(MORNING)
    swept = [each["sql"] for each in captured if "lease_until" in each["sql"].partition("WHERE")[2]]
    assert len(swept) == 3
    assert all("state IN ('leased', 'sending')" in sql for sql in swept)
