"""Why a window is longer than a normal period, and which day of it is in doubt."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.mail.outbox import OutboxTransport
from digest.models import Digest
from digest.sending import planning
from digest.sending.drain import drain
from digest.sending.planning import LONGEST_DUE
from subscriptions import changes
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import LONG_AGO, earlier, found

pytestmark = pytest.mark.django_db


def ada(**fields: Any) -> Subscriber:
    return factories.subscriber("ada@example.org", "robot", **({"confirmed_at": LONG_AGO} | fields))


def window_facts(
    person: Subscriber, at: datetime = MORNING, late: timedelta = timedelta(0)
) -> tuple[str | None, str, str | None]:
    """What a digest says that comes so late after it was due."""
    facts = found(person, at, not_before=at - late).facts
    since, doubtful = (day and day.isoformat() for day in (facts.since, facts.doubtful_day))
    return since, facts.catch_up, doubtful


def test_the_first_one_is_since_the_sign_up() -> None:
    assert window_facts(ada()) == (None, "", None)


@pytest.mark.parametrize("state", ["sent", "empty"])
def test_a_normal_day(state: str) -> None:
    person = ada()
    earlier(person, 2)
    earlier(person, 1, state)
    assert window_facts(person) == ("2026-11-19", "", None)


@pytest.mark.parametrize("state", ["expired", "failed", "cancelled"])
def test_one_that_was_not_sent_is_named(state: str) -> None:
    person = ada()
    earlier(person, 2)
    earlier(person, 1, state)
    assert window_facts(person) == ("2026-11-18", "missed", None)


def test_one_that_never_arrived_before_the_last_that_did_is_past() -> None:
    person = ada()
    earlier(person, 2, "expired")
    earlier(person, 1)
    assert window_facts(person) == ("2026-11-19", "", None)


def test_the_first_one_ever_may_be_the_one_that_never_arrived() -> None:
    person = ada()
    earlier(person, 1, "expired")
    assert window_facts(person) == (None, "missed", None)


@pytest.mark.parametrize(
    ("fields", "days", "why"),
    [
        ({}, 3, "outage"),
        ({"frequency": "weekdays"}, 1, ""),
        ({"frequency": "weekdays"}, 2, "outage"),
        ({"frequency": "weekly", "weekly_on": 4}, 7, ""),
        ({"frequency": "weekly", "weekly_on": 4}, 14, "outage"),
    ],
)
def test_longer_than_a_period(fields: dict[str, Any], days: int, why: str) -> None:
    person = ada(**fields)
    earlier(person, days)
    assert window_facts(person, late=LONGEST_DUE)[1] == why


@pytest.mark.parametrize(
    ("days", "late", "why"),
    [
        (3, timedelta(minutes=59), ""),
        (3, timedelta(hours=1), "outage"),
        (14, timedelta(0), ""),
        (15, timedelta(0), "outage"),  # the address bounced meanwhile, say
    ],
)
def test_one_that_is_on_time_itself_makes_up_for_nothing(
    days: int, late: timedelta, why: str
) -> None:
    person = ada()
    earlier(person, days)
    assert window_facts(person, late=late)[1] == why


def test_a_week_end_is_no_outage_for_weekdays() -> None:
    person = ada(frequency="weekdays")
    earlier(person, 0)
    assert window_facts(person, MORNING + timedelta(days=3))[1] == ""


def test_after_a_late_digest_the_schedule_s_own_gap_is_no_outage() -> None:
    """One composed at 16:00 puts the next 16 hours off, past 07:00 of the day after."""
    person = ada()
    earlier(person, 2, composed_at=MORNING - timedelta(days=2, hours=-9))
    assert window_facts(person)[1] == ""


def test_a_chain_of_unknown_names_the_newest() -> None:
    person = ada(confirmed_through_seq=0)
    factories.paper("A robot")
    earlier(person, 4)
    for days in (3, 2, 1):
        earlier(person, days, "unknown", to_seq=1)
    assert window_facts(person) == ("2026-11-16", "unknown", "2026-11-19")


def test_unknown_without_a_paper_of_this_window_is_no_doubt() -> None:
    person = ada(confirmed_through_seq=5)
    earlier(person, 2, "unknown", to_seq=5)
    earlier(person, 1)
    assert window_facts(person) == ("2026-11-19", "", None)


def test_a_sample_in_doubt_doubts_nothing() -> None:
    person = ada()
    earlier(person, 1)
    earlier(person, 1, "unknown", kind="sample", to_seq=9)
    assert window_facts(person) == ("2026-11-19", "", None)


class TestPause:
    def test_it_is_said_even_if_a_mail_was_cancelled_by_it(self) -> None:
        person = ada(paused_until=MORNING - timedelta(hours=2))
        earlier(person, 8)
        earlier(person, 7, "cancelled")
        assert window_facts(person) == ("2026-11-12", "pause", None)

    def test_one_that_cost_no_digest_is_not_said(self) -> None:
        person = ada(paused_until=MORNING - timedelta(hours=2))
        earlier(person, 1)
        assert window_facts(person)[1] == ""

    def test_one_before_the_last_digest_is_past(self) -> None:
        person = ada(paused_until=MORNING - timedelta(days=9))
        earlier(person, 5)
        assert window_facts(person, late=LONGEST_DUE)[1] == "outage"

    def test_one_that_is_to_end_later_explains_nothing(self) -> None:
        person = ada(paused_until=MORNING + timedelta(days=1))
        earlier(person, 5)
        assert window_facts(person, late=LONGEST_DUE)[1] == "outage"

    def test_of_a_new_subscriber(self) -> None:
        confirmed = MORNING - timedelta(days=9)
        assert window_facts(ada(confirmed_at=confirmed, paused_until=MORNING))[1] == "pause"

    def test_over_a_clock_change_from_end_to_end(self, tmp_path: Path) -> None:
        """Berlin, 2026-10-25: the clock goes back between the two digests."""
        before = datetime(2026, 10, 24, 5, 0, tzinfo=UTC)
        person = ada(timezone="Europe/Berlin", next_due_at=before, send_at=time(7))
        transport = OutboxTransport(tmp_path)
        turn(transport, before)
        until = datetime(2026, 10, 25, 23, 30, tzinfo=UTC)  # 26 Oct there
        Subscriber.objects.update(status="paused", paused_until=until)
        for hours in range(1, 49):
            turn(transport, before + timedelta(hours=hours))
        turn(transport, datetime(2026, 10, 26, 6, 0, tzinfo=UTC))
        days = [(str(d.local_date), d.facts.catch_up) for d in Digest.objects.reverse()]
        assert days == [("2026-10-24", ""), ("2026-10-26", "pause")]
        turn(transport, datetime(2026, 10, 27, 6, 0, tzinfo=UTC))
        assert Digest.objects.latest("local_date").facts.catch_up == ""
        person.refresh_from_db()
        assert (person.status, person.paused_until) == ("active", until)

    def test_a_bounce_that_lapsed_was_no_pause(self) -> None:
        person = ada(status="bouncing", paused_until=MORNING)
        earlier(person, 31)
        earlier(person, 30, "failed")
        planning.plan(MORNING)
        person.refresh_from_db()
        assert window_facts(person) == ("2026-10-20", "missed", None)


def turn(transport: OutboxTransport, at: datetime) -> None:
    Digest.objects.reap(at)
    planning.plan(at)
    drain(transport, lambda: at)


def catch_ups_by_day(transport: OutboxTransport, start: datetime, hours: range) -> dict[int, str]:
    """Day of the month -> why its digest says it covers more, with a turn at each of the hours."""
    for hour in hours:
        turn(transport, start + timedelta(hours=hour))
    rows = Digest.objects.filter(state="sent").values_list("local_date", "facts")
    return {day.day: facts.catch_up for day, facts in rows}


MONDAY = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "changed_after", "wishes", "days"),
    [
        ({"frequency": "weekly"}, timedelta(days=3, hours=5), {"frequency": "daily"}, {16, 20}),
        ({"frequency": "weekdays"}, timedelta(days=5, hours=5), {"frequency": "daily"},
         {16, 17, 18, 19, 20, 22}),
        ({}, timedelta(days=1, hours=23, minutes=50), {"send_at": time(6)}, {16, 17, 19}),
    ],
    ids=["weekly to daily", "weekdays to daily", "an hour earlier, just before"],
)  # fmt: skip
def test_new_habits_are_no_outage(
    tmp_path: Path, fields: dict[str, Any], changed_after: timedelta,
    wishes: dict[str, Any], days: set[int],
) -> None:  # fmt: skip
    # Each day has its mail, if only to say that it is quiet.
    person = ada(next_due_at=MONDAY, quiet_after=1, **fields)
    box = OutboxTransport(tmp_path)
    before = int(changed_after.total_seconds() // 3600) + 1
    catch_ups_by_day(box, MONDAY, range(before))
    changes.save_preferences(person, wishes, at=MONDAY + changed_after)
    found_then = catch_ups_by_day(box, MONDAY, range(before, (max(days) - 16) * 24 + 1))
    assert found_then == dict.fromkeys(days, "")


@pytest.mark.parametrize(("back", "day", "why"), [(30, 17, ""), (48, 18, "outage"),
                                                  (100, 20, "outage")])  # fmt: skip
def test_a_planner_that_rested_is_an_outage(tmp_path: Path, back: int, day: int, why: str) -> None:
    ada(next_due_at=MONDAY, quiet_after=1)
    box = OutboxTransport(tmp_path)
    assert catch_ups_by_day(box, MONDAY, range(1)) == {16: ""}
    assert catch_ups_by_day(box, MONDAY, range(back, back + 1)) == {16: "", day: why}


def test_who_left_and_came_back_starts_at_the_new_confirmation() -> None:
    person = ada(confirmed_at=MORNING - timedelta(days=1, hours=3))
    earlier(person, 60)
    earlier(person, 59, "failed")
    assert window_facts(person) == (None, "", None)


def test_a_preview_after_today_s_mail_is_since_today() -> None:
    person = ada()
    earlier(person, 0)
    assert window_facts(person, MORNING + timedelta(hours=5)) == ("2026-11-20", "", None)
