"""Planning very many at once gives everybody the rows that planning them alone would."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from digest.models import Digest
from digest.sending import planning
from subscriptions.models import Subscriber, email_key
from subscriptions.schedule import digest_date
from tests.subscriptions.test_schedule_zones import NAMES, ODD
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db


def crowd(count: int, seed: int = 5, **fields: Any) -> list[Subscriber]:
    """People who chose whatever can be chosen, and have been due for up to a week."""
    chance = random.Random(seed)
    return Subscriber.objects.bulk_create(
        somebody(chance, f"p{number}-{seed}@example.org", fields) for number in range(count)
    )


def somebody(chance: random.Random, email: str, fields: dict[str, Any]) -> Subscriber:
    was_due = MORNING - timedelta(minutes=chance.choice([0, 1, 60, 1439, 1440, 10_000]))
    last = None if chance.random() < 0.2 else was_due - timedelta(hours=chance.choice([16, 24, 48]))
    values = {
        "email": email, "email_key": email_key(email), "status": "active",
        "confirmed_at": MORNING - timedelta(days=30),
        "timezone": chance.choice([*ODD, chance.choice(NAMES), "No/Where"]),
        "send_at": time(chance.randrange(24), chance.choice([0, 30, 59])),
        "frequency": chance.choice(["daily", "weekdays", "weekly"]),
        "weekly_on": chance.randrange(7), "next_due_at": was_due, "last_due_at": last,
        # A zone that changed may have brought somebody's date ahead of today.
        "last_local_date": last and last.date() + timedelta(days=chance.choice([0, 0, 3])),
    }  # fmt: skip
    return Subscriber(**(values | fields))


def alone(person: Subscriber, at: datetime) -> tuple[object, ...]:
    """What planning one person means, in words of `schedule` alone."""
    was_due = person.next_due_at
    person.last_local_date = digest_date(at, person.zone, person.last_local_date, was_due)
    person.last_due_at = at
    following = person.next_due_after(at)
    expires = following - timedelta(hours=1)
    assert was_due is not None
    begins = max(was_due, at - planning.LONGEST_DUE)
    return (person.pk, person.last_local_date, begins, expires, following, at)


def planned() -> list[tuple[object, ...]]:
    rows = Digest.objects.order_by("subscriber_id").select_related("subscriber")
    return [
        (d.subscriber_id, d.local_date, d.not_before, d.expires_at,
         d.subscriber.next_due_at, d.subscriber.last_due_at)
        for d in rows
    ]  # fmt: skip


@pytest.mark.parametrize(("batch", "periods"), [(1, 9), (7, 9), (40, 9), (1000, 9), (1000, 1000)])
def test_everybody_gets_the_row_of_their_own(
    batch: int, periods: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH", batch)
    monkeypatch.setattr(planning, "_AT_ONCE", periods)
    people = crowd(120)
    expected = [alone(person, MORNING) for person in sorted(people, key=lambda each: each.pk)]
    assert planning.plan(MORNING)["planned"] == len(people)
    assert planned() == expected
    dates = Subscriber.objects.order_by("pk").values_list("last_local_date", flat=True)
    assert list(dates) == [row[1] for row in expected]
    assert planning.plan(MORNING)["planned"] == 0


def test_a_planned_row_is_like_one_that_was_saved() -> None:
    factories.subscriber()
    planning.plan(MORNING)
    one = Digest.objects.get()
    given = {"local_date", "not_before", "expires_at"}
    other = Digest(
        subscriber=factories.subscriber("bob@example.org"),
        **{name: getattr(one, name) for name in given},
    )
    other.save()
    other.refresh_from_db()
    same = [
        model_to_dict(each, exclude=["id", "subscriber", "created_at"]) for each in (one, other)
    ]
    assert same[0] == same[1]
    assert one.created_at is not None


def test_who_has_a_digest_of_that_date_keeps_it_and_moves_on() -> None:
    person = factories.subscriber()
    kept = Digest.objects.create(
        subscriber=person, local_date=date(2026, 11, 20), state="sent",
        not_before=MORNING, expires_at=MORNING + timedelta(hours=5),
    )  # fmt: skip
    factories.subscriber("bob@example.org")
    planning.plan(MORNING)
    assert Digest.objects.filter(subscriber=person).get() == kept
    assert Subscriber.objects.filter(next_due_at__gt=MORNING).count() == 2


def test_nobody_is_moved_on_whose_digest_was_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 4)
    crowd(20)
    with pytest.raises(InterruptedError), failing_at("INSERT", 3):
        planning.plan(MORNING)
    assert Digest.objects.count() == Subscriber.objects.filter(next_due_at__gt=MORNING).count() < 20
    planning.plan(MORNING)
    assert (
        Digest.objects.count() == Subscriber.objects.filter(next_due_at__gt=MORNING).count() == 20
    )


@contextmanager
def failing_at(word: str, turn: int) -> Iterator[None]:
    """The statement that begins with that word fails, the `turn`th time it is asked for."""
    left = [turn]

    def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        left[0] -= sql.startswith(word)
        if left[0] == 0:
            raise InterruptedError(sql[:40])
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield


@pytest.mark.parametrize("batch", [3, 1000])
def test_pauses_end_as_each_would_alone(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", batch)
    over = MORNING - timedelta(minutes=3)
    people = crowd(40, 1, status="paused", paused_until=over)
    people += crowd(40, 2, status="bouncing", paused_until=over)
    crowd(5, 3, status="paused", paused_until=MORNING + timedelta(minutes=1))
    expected = {
        person.pk: (person.next_due_after(over), over)
        if person.status == "paused"
        else (person.next_due_after(MORNING), None)
        for person in people
    }
    assert (
        planning._in_batches(
            Subscriber.objects.pause_over(MORNING), lambda batch: planning._resume(batch, MORNING)
        )
        == 80
    )
    back = Subscriber.objects.active().values_list("pk", "next_due_at", "paused_until")
    assert {pk: (due, until) for pk, due, until in back} == expected
    assert Subscriber.objects.filter(status="paused").count() == 5


def test_it_costs_the_same_for_one_and_for_very_many() -> None:
    def queries(people: int, **fields: Any) -> int:
        Subscriber.objects.bulk_create(
            somebody(random.Random(3), f"q{number}-of-{people}@example.org", fields)
            for number in range(people)
        )
        with CaptureQueriesContext(connection) as seen:
            planning.plan(MORNING)
        return len(seen)

    assert queries(1) == queries(3000)
    paused = {"status": "paused", "paused_until": MORNING}
    assert queries(2, **paused) == queries(300, **paused)


@pytest.mark.parametrize(("late", "day"), [(1, 17), (59, 17), (60, 18)])
def test_a_beat_that_is_lost_at_midnight_skips_no_date(late: int, day: int) -> None:
    due = datetime(2026, 11, 17, 23, 59, tzinfo=UTC)
    last = due - timedelta(days=1)
    crowd(20, timezone="UTC", send_at=time(23, 59), frequency="daily", weekly_on=0, next_due_at=due,
          last_due_at=last, last_local_date=last.date())  # fmt: skip
    planning._planned_period.cache_clear()
    assert planning.plan(due + timedelta(minutes=late))["planned"] == 20
    assert planning._planned_period.cache_info().misses == 1  # they share it
    assert set(Digest.objects.values_list("local_date", flat=True)) == {date(2026, 11, day)}
    (following,) = set(Subscriber.objects.values_list("next_due_at", flat=True))
    assert following == datetime(2026, 11, 18 if day == 17 else 19, 23, 59, tzinfo=UTC)
