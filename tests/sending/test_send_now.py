""" "Send now" for very many people: in batches, each as every one alone."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from digest.models import Digest, DigestEntry, State
from digest.sending import planning
from subscriptions.models import Subscriber
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
_ZONES = ("UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata")


def crowd(count: int, **fields: Any) -> list[Subscriber]:
    """People with schedule of all kinds, due before and after MORNING."""
    chance = random.Random(count)
    return Subscriber.objects.bulk_create(
        _somebody(chance, f"p{number}-of-{count}@example.org", fields) for number in range(count)
    )


def _somebody(chance: random.Random, email: str, fields: dict[str, Any]) -> Subscriber:
    due = MORNING + timedelta(minutes=chance.choice([-3000, -10, 0, 5, 600]))
    values = {
        "email": email, "email_key": email, "status": "active", "confirmed_at": MORNING,
        "timezone": chance.choice(_ZONES), "send_at": time(chance.randrange(24)),
        "frequency": chance.choice(["daily", "weekdays", "weekly"]),
        "next_due_at": due,
        "last_local_date": chance.choice([None, date(2026, 11, 19)]),
    }  # fmt: skip
    return Subscriber(**(values | fields))


def with_digests(people: list[Subscriber]) -> None:
    """Half of them have one already, of around today and in any state."""
    chance = random.Random(7)
    Digest.objects.bulk_create(
        Digest(
            subscriber=person, state=chance.choice(list(State)),
            local_date=MORNING.date() + timedelta(days=chance.choice([-3, -1, 0, 1])),
            not_before=MORNING - timedelta(hours=1), expires_at=MORNING,
            from_seq=0, to_seq=3, composed_at=MORNING, entries=[DigestEntry(1)],
        )
        for person in people[::2]
    )  # fmt: skip


def everything() -> list[Any]:
    rows = Digest.objects.order_by("subscriber_id", "local_date")
    people = Subscriber.objects.order_by("pk")
    return [
        list(rows.values("subscriber_id", "local_date", "state", "not_before", "expires_at",
                         "from_seq", "composed_at", "entries", "kind")),
        list(people.values("pk", "next_due_at", "last_due_at", "last_local_date")),
    ]  # fmt: skip


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_a_batch_does_what_each_alone_does(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SEND_NOW_BATCH", batch)
    people = crowd(60)
    with_digests(people)
    with transaction.atomic():
        alone = [planning.send_now(person, MORNING) for person in people]
        expected = everything()
        transaction.set_rollback(True)
    assert everything() != expected
    together = planning.send_now_all(Subscriber.objects.active(), MORNING)
    assert everything() == expected
    assert [d.subscriber_id for d in together] == [d.subscriber_id for d in alone]
    assert [d.state for d in together] == [d.state for d in alone]


def test_what_was_or_may_have_been_sent_stays() -> None:
    people = crowd(len(State), next_due_at=MORNING, timezone="UTC")
    for person, state in zip(people, State, strict=True):
        Digest.objects.create(
            subscriber=person, state=state, local_date=MORNING.date(),
            not_before=MORNING - timedelta(hours=1), expires_at=MORNING,
        )  # fmt: skip
    planning.send_now_all(Subscriber.objects.active(), MORNING)
    after = dict(Digest.objects.values_list("subscriber_id", "state"))
    now = {State(state): after[person.pk] for person, state in zip(people, State, strict=True)}
    kept = {State.LEASED, State.SENDING, State.SENT, State.UNKNOWN, State.SUPPRESSED}
    assert {state for state, is_now in now.items() if is_now == state} == {*kept, State.PLANNED}
    assert {now[state] for state in set(State) - kept} == {"planned"}


@pytest.mark.slow
def test_two_thousand_cost_two_batches() -> None:
    def queries(count: int, *, have_one: bool) -> int:
        Subscriber.objects.all().delete()
        people = crowd(count, next_due_at=MORNING, timezone="UTC", send_at=time(7))
        if have_one:
            planning.send_now_all(Subscriber.objects.active(), MORNING)
            Digest.objects.filter(subscriber=people[0]).update(state=State.EXPIRED)
        with CaptureQueriesContext(connection) as seen:
            assert len(planning.send_now_all(Subscriber.objects.active(), MORNING)) == count
        return len(seen)

    ids = 1
    for have_one in (False, True):
        one = queries(1, have_one=have_one)
        assert queries(1000, have_one=have_one) == one
        assert queries(1001, have_one=have_one) == 2 * one - ids


def test_a_batch_that_fails_leaves_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SEND_NOW_BATCH", 5)
    crowd(12)
    left, real = [2], planning.advance_schedules

    def fails(*arguments: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise InterruptedError
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(planning, "advance_schedules", fails)
        with pytest.raises(InterruptedError):
            planning.send_now_all(Subscriber.objects.active(), MORNING)
    assert Digest.objects.count() == Subscriber.objects.filter(last_due_at=MORNING).count() == 5
    planning.send_now_all(Subscriber.objects.active(), MORNING)
    assert Digest.objects.count() == 12


def test_who_is_not_active_is_left_out() -> None:
    crowd(3, status="paused")
    assert planning.send_now_all(Subscriber.objects.active(), MORNING) == []
    assert not Digest.objects.exists()


def test_new_ones_count_as_due_no_earlier_than_twelve_hours_ago() -> None:
    crowd(1, next_due_at=datetime(2026, 11, 1, tzinfo=UTC))
    crowd(2, next_due_at=MORNING + timedelta(hours=3))
    planning.send_now_all(Subscriber.objects.active(), MORNING)
    assert set(Digest.objects.values_list("not_before", flat=True)) == {
        MORNING - planning.LONGEST_DUE,
        MORNING,
    }
