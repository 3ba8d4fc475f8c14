"""Pauses and delivery settings: which columns they change, and when the next digest is due."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from subscriptions import changes
from subscriptions.changes import ChangeRefused, LastKeyword
from subscriptions.models import Subscriber
from tests.support import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_pause_of_a_week_that_repeating_does_not_lengthen() -> None:
    person = factories.subscriber()
    changes.pause(person, at=NOON)
    change = changes.pause(person, at=NOON + timedelta(days=3))
    person.refresh_from_db()
    assert (person.status, person.paused_until) == ("paused", datetime(2026, 11, 27, tzinfo=UTC))
    assert changes.undo(change, at=NOON)
    assert not changes.undo(change, at=NOON)
    person.refresh_from_db()
    assert (person.status, person.paused_until) == ("active", NOON)
    assert person.next_due_at == datetime(2026, 11, 21, 7, tzinfo=UTC)
    assert person.confirmed_through_seq == 0


def test_a_pause_until_a_date_moves_the_end_of_the_one_in_force() -> None:
    person = factories.subscriber(timezone="Asia/Tokyo")
    for day in (date(2026, 12, 24), date(2026, 11, 30), date(2026, 11, 30)):
        change = changes.pause(person, at=NOON, until=day)
        person.refresh_from_db()
        assert (person.status, person.paused_until) == (
            "paused",
            datetime(day.year, day.month, day.day, tzinfo=person.zone),
        )
    assert changes.is_in_force(change)
    assert changes.undo(change, at=NOON)
    assert not changes.is_in_force(change)


@pytest.mark.parametrize("status", ["pending", "unsubscribed", "bouncing"])
def test_who_gets_nothing_is_neither_paused_nor_woken(status: str) -> None:
    person = factories.subscriber(status=status)
    for day in (None, NOON.date() + timedelta(days=9)):
        with pytest.raises(ChangeRefused, match="nothing to pause"):
            changes.pause(person, at=NOON, until=day)
    assert not changes.resume(person.pk, at=NOON)
    person.refresh_from_db()
    assert person.status == status


def test_who_never_confirmed_does_not_come_back_from_a_pause() -> None:
    person = factories.subscriber(status="paused", confirmed_at=None)
    assert not changes.resume(person.pk, at=NOON)


def test_unsubscribing_during_a_pause_cannot_be_undone_as_a_pause() -> None:
    person = factories.subscriber()
    change = changes.pause(person, at=NOON)
    Subscriber.objects.update(status="unsubscribed")
    assert not changes.is_in_force(change)
    assert not changes.undo(change, at=NOON)
    person.refresh_from_db()
    assert person.status == "unsubscribed"


def test_wishes_write_their_own_columns_only() -> None:
    person = factories.subscriber("ada@example.org", "robot")
    Subscriber.objects.update(confirmed_through_seq=9)
    changes.save_preferences(person, {"max_papers": 5, "trending_top": 0}, at=NOON)
    person.refresh_from_db()
    assert (person.max_papers, person.confirmed_through_seq) == (5, 9)


def test_who_has_no_keyword_keeps_the_trending_papers() -> None:
    person = factories.subscriber(trending_top=5)
    with pytest.raises(LastKeyword):
        changes.save_preferences(person, {"max_papers": 5, "trending_top": 0}, at=NOON)
    person.refresh_from_db()
    assert (person.max_papers, person.trending_top) == (20, 5)


def test_another_hour_moves_the_next_digest_and_keeps_the_distance() -> None:
    person = factories.subscriber(
        next_due_at=NOON.replace(day=21, hour=7),
        last_due_at=NOON.replace(hour=7),
        last_local_date=NOON.date(),
    )
    for hour, due in (
        (20, NOON.replace(day=21, hour=20)),  # today's has been
        (4, NOON.replace(day=21, hour=4)),
    ):
        changes.save_preferences(person, {"send_at": time(hour)}, at=NOON)
        person.refresh_from_db()
        assert (person.send_at, person.next_due_at) == (time(hour), due)


@pytest.mark.parametrize(
    ("status", "hours"), [("active", 0), ("active", -3), ("paused", 9), ("bouncing", 9)]
)
def test_another_hour_moves_nothing_that_is_overdue_or_rests(status: str, hours: int) -> None:
    due = NOON + timedelta(hours=hours)
    person = factories.subscriber(status=status, next_due_at=due)
    changes.save_preferences(person, {"send_at": time(20)}, at=NOON)
    person.refresh_from_db()
    assert (person.send_at, person.next_due_at) == (time(20), due)


def test_who_changes_the_hour_during_a_pause_comes_back_to_it() -> None:
    person = factories.subscriber()
    changes.pause(person, at=NOON)
    changes.save_preferences(person, {"send_at": time(20)}, at=NOON)
    changes.resume(person.pk, at=NOON)
    person.refresh_from_db()
    assert person.next_due_at == NOON.replace(hour=20)


def test_other_wishes_do_not_move_the_next_digest() -> None:
    due = NOON + timedelta(minutes=5)
    person = factories.subscriber(next_due_at=due)
    changes.save_preferences(person, {"max_papers": 5}, at=NOON)
    person.refresh_from_db()
    assert person.next_due_at == due
