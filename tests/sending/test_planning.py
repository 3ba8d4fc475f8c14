"""Planning: one row a person and local date, however often and late it is done, by any process."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.models import Digest, DigestEntry, State
from digest.sending import planning
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db


def test_who_is_due_gets_one_row() -> None:
    factories.subscriber("ada@example.org")
    factories.subscriber("bob@example.org", next_due_at=MORNING + timedelta(hours=1))
    assert planning.plan(MORNING)["planned"] == 1
    assert planning.plan(MORNING)["planned"] == 0
    digest = Digest.objects.get()
    assert (digest.kind, digest.local_date, digest.state) == (
        "scheduled",
        date(2026, 11, 20),
        "planned",
    )
    assert digest.expires_at == MORNING + timedelta(days=1, hours=-1)


@pytest.mark.parametrize("status", ["pending", "paused", "unsubscribed", "bouncing"])
def test_nobody_else_gets_one(status: str) -> None:
    factories.subscriber(status=status)
    assert planning.plan(MORNING)["planned"] == 0


def test_the_date_is_the_subscriber_s_own() -> None:
    at = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    factories.subscriber(timezone="Pacific/Kiritimati", next_due_at=at)
    planning.plan(at)
    assert Digest.objects.get().local_date == date(2026, 11, 21)


def test_after_an_outage_one_row_dated_today() -> None:
    factories.subscriber()
    late = MORNING + timedelta(days=5, hours=9)
    planning.plan(late)
    digest = Digest.objects.get()
    assert digest.local_date == date(2026, 11, 25)
    # What is counted a day long, or comes back within two weeks, is of this mail's own time.
    assert digest.not_before == late - planning.LONGEST_DUE
    # 07:00 tomorrow is only 15 hours away: the one after keeps 16 hours' distance.
    assert Subscriber.objects.get().next_due_at == MORNING + timedelta(days=7)


def test_send_now_after_an_outage_is_of_today_too() -> None:
    late = MORNING + timedelta(days=5, hours=9)
    digest = planning.send_now(factories.subscriber(), late)
    assert (digest.state, digest.not_before) == ("planned", late - planning.LONGEST_DUE)


def test_a_pause_ends_by_itself() -> None:
    until = MORNING - timedelta(hours=2)
    factories.subscriber(status="paused", paused_until=until)
    assert planning.plan(until) == {"resumed": 1, "planned": 0}
    person = Subscriber.objects.get()
    assert (person.status, person.next_due_at) == ("active", MORNING)


@pytest.mark.parametrize(
    "until", [MORNING, MORNING - timedelta(hours=2), MORNING - timedelta(days=300)]
)
def test_a_digest_that_is_due_when_a_pause_ends_is_not_left_out(until: datetime) -> None:
    factories.subscriber(status="paused", paused_until=until)
    late = MORNING + timedelta(minutes=3)
    assert planning.plan(late) == {"resumed": 1, "planned": 1}
    assert Digest.objects.get().local_date == MORNING.date()


def test_a_bounce_lapses_like_a_pause() -> None:
    factories.subscriber(status="bouncing", paused_until=MORNING)
    assert planning.plan(MORNING)["resumed"] == 1


def test_a_pause_of_somebody_who_never_confirmed_stops_nobody() -> None:
    factories.subscriber(status="paused", paused_until=MORNING, confirmed_at=None, next_due_at=None)
    factories.subscriber("bob@example.org")
    assert planning.plan(MORNING) == {"resumed": 0, "planned": 1}


def test_a_zone_that_this_machine_lacks_stops_nobody() -> None:
    factories.subscriber(timezone="US/Pacific-New")
    factories.subscriber("bob@example.org")
    assert planning.plan(MORNING)["planned"] == 2


def test_a_sample_once_a_day() -> None:
    person = factories.subscriber()
    assert planning.plan_sample(person, MORNING) is not None
    assert planning.plan_sample(person, MORNING + timedelta(hours=3)) is None
    assert planning.plan_sample(person, MORNING + timedelta(days=1)) is not None


def test_planning_costs_the_same_for_one_and_for_many() -> None:
    def queries(people: int) -> int:
        for number in range(people):
            factories.subscriber(f"p{people}-{number}@example.org")
        with CaptureQueriesContext(connection) as seen:
            planning.plan(MORNING)
        return len(seen)

    # SQLite takes about a thousand values a statement: some 45 rows.
    assert queries(1) == queries(40)


class TestSendNow:
    def test_plans_today_and_moves_on(self) -> None:
        person = factories.subscriber(send_at=time(18), next_due_at=MORNING + timedelta(hours=11))
        digest = planning.send_now(person, MORNING)
        assert (digest.state, digest.not_before) == ("planned", MORNING)
        assert planning.plan(MORNING + timedelta(hours=11))["planned"] == 0
        assert Subscriber.objects.get().next_due_at == MORNING + timedelta(days=1, hours=11)

    def test_brings_a_waiting_one_forward(self) -> None:
        person = factories.subscriber()
        planning.plan(MORNING)
        Digest.objects.update(not_before=MORNING + timedelta(hours=2))
        planning.send_now(person, MORNING)
        assert Digest.objects.due(MORNING).count() == 1

    def test_does_not_expire_at_birth(self) -> None:
        late = MORNING.replace(hour=23, minute=45)
        person = factories.subscriber(send_at=time(0, 30), next_due_at=late + timedelta(minutes=45))
        Digest.objects.create(
            subscriber=person, local_date=late.date(), state=State.EMPTY,
            not_before=MORNING, expires_at=late - timedelta(minutes=15),
        )  # fmt: skip
        planning.send_now(person, late)
        assert Digest.objects.due(late).count() == 1

    @pytest.mark.parametrize("state", [State.EMPTY, State.EXPIRED, State.CANCELLED, State.FAILED])
    def test_takes_up_what_was_never_sent(self, state: State) -> None:
        person = factories.subscriber()
        planning.plan(MORNING)
        Digest.objects.update(
            state=state, composed_at=MORNING, from_seq=0, to_seq=3, entries=[DigestEntry(1)]
        )
        digest = planning.send_now(person, MORNING + timedelta(hours=1))
        assert (digest.state, digest.composed_at, digest.entries) == ("planned", None, [])

    @pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.LEASED, State.SENDING])
    def test_leaves_alone_what_was_or_may_have_been(self, state: State) -> None:
        person = factories.subscriber()
        planning.plan(MORNING)
        Digest.objects.update(state=state)
        assert planning.send_now(person, MORNING).state == state
        assert Digest.objects.count() == 1
