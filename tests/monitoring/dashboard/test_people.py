"""How many subscribers there are, with little work."""

import pytest

from digest.monitoring.dashboard import people
from digest.monitoring.dashboard.people import people_now
from tests.support import factories

pytestmark = pytest.mark.django_db


def test_on_a_small_site_all_are_counted_and_on_a_large_one_the_active_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number, status in enumerate(("active", "active", "paused")):
        factories.subscriber(f"r{number}@example.org", status=status)
    assert people_now() == ({"active": 2, "paused": 1}, True)
    monkeypatch.setattr(people, "MOST_COUNTED", 2)
    assert people_now() == ({"active": 2}, False)
    monkeypatch.setattr(people, "MOST_COUNTED", 3)
    assert people_now() == ({"active": 2, "paused": 1}, True)
