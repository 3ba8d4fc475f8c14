"""The state machine: every change is conditional, and somebody else's row stays as it is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from digest.models import (
    LEASE,
    Digest,
    DigestContents,
    DigestEntry,
    DigestFacts,
    Letter,
    State,
)
from digest.models.database import among
from digest.models.outgoing import MAX_COMPOSE_ERRORS
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=1)


def planned(**fields: object) -> Digest:
    values = {
        "subscriber": fields.pop("subscriber", None) or factories.subscriber(),
        "local_date": MORNING.date(),
        "not_before": MORNING,
        "expires_at": MORNING + timedelta(hours=23),
    }
    return Digest.objects.create(**(values | fields))


def claimed() -> Digest:
    planned()
    return Digest.objects.claim(MORNING, 1)[0]


def state() -> str:
    return Digest.objects.get().state


def test_a_row_is_claimed_once() -> None:
    planned()
    assert len(Digest.objects.claim(MORNING, 5)) == 1
    assert Digest.objects.claim(MORNING, 5) == []


def test_the_fence_rises_with_each_claim() -> None:
    first = claimed()
    first.release()
    second = Digest.objects.claim(MORNING, 1)[0]
    assert (first.fence, second.fence) == (1, 2)


def test_the_longest_waiting_first_and_no_more_than_asked_for() -> None:
    waits = [3, 1, 2, 1, 5]
    rows = [
        planned(
            subscriber=factories.subscriber(f"p{at}@example.org"),
            not_before=MORNING - timedelta(minutes=wait),
        )
        for at, wait in enumerate(waits)
    ]
    taken = Digest.objects.claim(MORNING, 3)
    assert [row.pk for row in taken] == [rows[4].pk, rows[0].pk, rows[2].pk]
    assert [row.pk for row in Digest.objects.claim(MORNING, 3)] == [rows[1].pk, rows[3].pk]
    assert Digest.objects.claim(MORNING, 0) == []


def test_what_is_claimed_is_what_the_row_holds() -> None:
    planned(
        facts=DigestFacts(by_keyword={"“ü”": 1}), entries=[DigestEntry(1)], composed_at=MORNING,
        from_seq=0, to_seq=1,
    )  # fmt: skip
    (digest,) = Digest.objects.claim(MORNING, 1)
    row = Digest.objects.get()
    names = [field.attname for field in Digest._meta.concrete_fields]
    assert [getattr(digest, name) for name in names] == [getattr(row, name) for name in names]
    assert LEASE - timedelta(seconds=30) < row.lease_until - timezone.now() <= LEASE


def test_claiming_asks_as_often_for_many_as_for_one(django_assert_num_queries: Any) -> None:
    for at in range(5):
        planned(subscriber=factories.subscriber(f"p{at}@example.org"))
    with django_assert_num_queries(2 + 2 * connection.in_atomic_block):  # and a savepoint
        rows = Digest.objects.claim(MORNING, 5)
        assert [row.address for row in rows] == [f"p{at}@example.org" for at in range(5)]


def test_a_letter_to_nobody_who_is_subscribed_is_claimed() -> None:
    times = {"not_before": MORNING, "expires_at": MORNING + timedelta(hours=1)}
    Letter.objects.create(
        email="op@example.org", email_key="op@example.org", purpose="alarm", nonce="1", **times
    )
    person = factories.subscriber()
    Letter.objects.create(
        subscriber=person, email_key=person.email_key, purpose="confirm", nonce="1", **times
    )
    rows = Letter.objects.claim(MORNING, 5)
    assert [(row.address, row.subscriber) for row in rows] == [
        ("op@example.org", None), (person.address, person)
    ]  # fmt: skip


@pytest.mark.parametrize("ids", [[], [0, -1], range(1, 40_000)], ids=["none", "unknown", "many"])
def test_any_number_of_ids_in_a_statement(ids: Sequence[int]) -> None:
    digest = planned()
    found = Digest.objects.filter(among("id", ids)).values_list("pk", flat=True)
    assert list(found) == [pk for pk in (digest.pk,) if pk in ids]


@pytest.mark.parametrize(
    "fields",
    [
        {"not_before": MORNING + timedelta(minutes=1)},
        {"expires_at": MORNING},
        *({"state": other} for other in State if other != State.PLANNED),
    ],
    ids=str,
)
def test_what_is_not_due_is_not_claimed(fields: dict[str, object]) -> None:
    planned(**fields)
    assert Digest.objects.claim(MORNING, 5) == []


def test_an_old_fence_moves_nothing() -> None:
    zombie = claimed()
    zombie.release()
    Digest.objects.claim(MORNING, 1)
    assert not zombie.renew()
    assert not zombie.release()
    assert not zombie.end(State.SENT)
    assert not zombie.end(State.FAILED)
    assert not Digest.objects.freeze_all([(zombie, DigestContents(0, 1, 1, []))], MORNING)
    assert state() == "leased"


def test_a_lapsed_lease_cannot_be_renewed() -> None:
    digest = claimed()
    Digest.objects.update(lease_until=LONG_AGO)
    assert not digest.renew()


def test_sent_only_after_sending() -> None:
    digest = claimed()
    assert not digest.end(State.SENT)
    Digest.objects.update(state=State.SENDING)
    assert digest.end(State.SENT)


def test_a_late_answer_ends_an_unknown_as_sent_and_nothing_else_does() -> None:
    digest = claimed()
    Digest.objects.update(state=State.UNKNOWN)
    assert not digest.end(State.FAILED)
    assert not digest.release()
    assert digest.end(State.SENT)


@pytest.mark.parametrize(
    ("before", "after"),
    [(State.LEASED, "planned"), (State.SENDING, "unknown"), (State.UNKNOWN, "unknown")],
)
def test_reaping_a_lapsed_lease(before: State, after: str) -> None:
    planned(state=before, lease_until=LONG_AGO)
    Digest.objects.reap(MORNING)
    assert state() == after


@pytest.mark.parametrize("before", [State.LEASED, State.SENDING])
def test_reaping_leaves_the_living_alone(before: State) -> None:
    planned(state=before, lease_until=timezone.now() + timedelta(minutes=1))
    assert Digest.objects.reap(MORNING) == {}
    assert state() == before


def test_nothing_stays_planned_past_its_window() -> None:
    planned()
    assert Digest.objects.reap(MORNING + timedelta(hours=23)) == {"expired": 1}


def test_a_mail_that_cannot_be_written_ends() -> None:
    planned()
    for _ in range(MAX_COMPOSE_ERRORS):
        digest = Digest.objects.claim(MORNING, 1)[0]
        digest.note_compose_error("It cannot be written.", MORNING)
    assert state() == "failed"
