"""What people want, looked up for many at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.selection.active_keywords import active_keywords_of
from subscriptions.models import Subscription
from tests.support import factories

pytestmark = pytest.mark.django_db


def test_everybody_has_an_entry_in_the_order_of_their_keywords() -> None:
    ada = factories.subscriber("ada@example.org", "zebra", " Robot", "-survey")
    bob = factories.subscriber("bob@example.org")
    found = active_keywords_of([bob.pk, ada.pk, 4711])
    assert list(found) == [bob.pk, ada.pk, 4711]
    assert [keyword.text for keyword in found[ada.pk].keywords] == ["zebra", "Robot", "-survey"]
    rows = ada.subscriptions.order_by("pk").values_list("text", "pk")
    assert found[ada.pk].subscriptions == dict(rows)
    assert found[bob.pk] == found[4711] == ({}, (), None)


def test_what_is_switched_off_is_not_wanted_and_what_cannot_be_read_is_passed_over() -> None:
    ada = factories.subscriber("ada@example.org", "robot", "((", "map")
    Subscription.objects.filter(text="map").update(active=False)
    found = active_keywords_of([ada.pk])[ada.pk]
    assert list(found.subscriptions) == ["robot", "(("]
    assert [keyword.text for keyword in found.keywords] == ["robot"]


def test_many_cost_one_query() -> None:
    people = [factories.subscriber(f"p{n}@example.org", "robot", f"map {n}") for n in range(20)]
    with CaptureQueriesContext(connection) as seen:
        found = active_keywords_of(person.pk for person in people)
    assert len(seen) == 1
    assert all(len(found[person.pk].keywords) == 2 for person in people)
