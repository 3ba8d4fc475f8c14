"""Trending papers are requested, dropped and restored like a keyword."""

from datetime import UTC, datetime

import pytest

from subscriptions import changes, signup
from subscriptions.changes import LastKeyword
from subscriptions.models import Subscriber
from tests.support import factories

from .test_changes import keyword, state

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def confirmed(person: Subscriber, *keywords: str, top: int) -> int:
    """Sign up once more and confirm; how many trending papers a mail has then."""
    asked = signup.SignUpRequest(keywords=keywords, trending_top=top)
    signup.request(person.email, asked, at=NOON)
    signup.confirm(person.pk, at=NOON)
    person.refresh_from_db()
    return person.trending_top


def test_signing_up_again_adds_trending_papers_and_never_drops_them() -> None:
    person = factories.subscriber("ada@example.org", "robot")
    assert confirmed(person, "speech", top=0) == 0
    assert confirmed(person, top=10) == 10
    assert person.active_keywords() == ["robot", "speech"]
    Subscriber.objects.update(trending_top=3)
    assert confirmed(person, "map", top=0) == 3
    assert confirmed(person, top=10) == 3


def test_with_trending_papers_even_the_last_keyword_may_go() -> None:
    person = factories.subscriber("ada@example.org", "robot", trending_top=3)
    changes.drop(keyword(person, "robot"))
    assert person.active_keywords() == []


def test_trending_papers_are_dropped_and_come_back_as_many() -> None:
    person = factories.subscriber("ada@example.org", "robot", trending_top=5)
    before = state()
    change = changes.drop_trending(person)
    person.refresh_from_db()
    assert person.trending_top == 0
    assert changes.is_in_force(change)
    assert changes.undo(change, at=NOON)
    assert not changes.is_in_force(change)
    assert not changes.undo(change, at=NOON)
    assert state() == before


def test_dropping_trending_papers_twice_is_dropping_them_once() -> None:
    person = factories.subscriber("ada@example.org", "robot", trending_top=5)
    changes.drop_trending(person)
    again = changes.drop_trending(person)
    assert changes.is_in_force(again)
    changes.undo(again, at=NOON)
    person.refresh_from_db()
    assert person.trending_top == 10


@pytest.mark.parametrize("others", [(), ("-survey",), ("OR " * 60,)])
def test_trending_papers_that_are_all_there_is_stay(others: tuple[str, ...]) -> None:
    person = factories.subscriber("ada@example.org", *others, trending_top=5)
    with pytest.raises(LastKeyword):
        changes.drop_trending(person)
    person.refresh_from_db()
    assert person.trending_top == 5
