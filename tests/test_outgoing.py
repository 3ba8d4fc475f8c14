"""The state machine: every change is conditional, and somebody else's row stays as it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from digest.delivery.contents import Contents
from digest.models import Digest, State
from digest.models.outgoing import POISON_LIMIT
from tests import make
from tests.make import MORNING

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=1)


def planned(**fields: object) -> Digest:
    values = {
        "subscriber": make.subscriber(),
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


@pytest.mark.parametrize(
    "fields",
    [
        {"not_before": MORNING + timedelta(minutes=1)},
        {"expires_at": MORNING},
        *({"state": other} for other in set(State) - {State.PLANNED}),
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
    assert not Digest.objects.freeze_all([(zombie, Contents(0, 1, 1, []))], MORNING)
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
    for _ in range(POISON_LIMIT):
        digest = Digest.objects.claim(MORNING, 1)[0]
        digest.note_compose_error("It cannot be written.", MORNING)
    assert state() == "failed"
