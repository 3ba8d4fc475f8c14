"""Two references show that the clock is wrong, and nothing is planned by one that is ahead."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from digest import tasks
from digest.ingest.sources.server_clock import note_server_clock, server_instant
from digest.models import ClockReference, Digest, State
from digest.monitoring.health import clocks
from digest.monitoring.health.clocks import (
    ClockReading,
    check_and_trust,
    current_verdict,
    evaluate,
    service_clock,
)
from digest.monitoring.health.snapshot import find_alarms, take_snapshot
from subscriptions.models import Subscriber
from tests.monitoring.machine import NOON, Machine
from tests.support import factories
from tests.support.factories import MORNING

DAYS = timedelta(days=3)
DATABASE_CLOCK = clocks.database_clock
by_wall = pytest.mark.skipif(
    connection.vendor == "postgresql", reason="planning goes by the database's clock there"
)


def fetched(machine: Machine, off: timedelta = timedelta(), host: str = "arxiv.org") -> None:
    """A source was fetched, from a server whose clock is `off`."""
    date = format_datetime(machine.truth + off, usegmt=True)
    note_server_clock(host, {"Date": date}, machine.clock)


@by_wall
@pytest.mark.django_db
class TestVerdict:
    def test_a_clock_that_goes_on_is_right(self) -> None:
        machine = Machine()
        for _ in range(50):
            verdict = check_and_trust(machine.clock)
            assert (verdict.sentence, verdict.is_ahead) == ("", False)
            machine.passes(minutes=1)

    def test_set_forward_while_it_runs(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.passes(minutes=1)
        machine.error = DAYS
        for _ in range(5):  # it stays so, whatever is written meanwhile
            verdict = check_and_trust(machine.clock)
            assert verdict.is_ahead
            machine.passes(hours=1)
        assert "3 days ahead of the last trusted time" in verdict.sentence
        machine.error = timedelta()
        assert not check_and_trust(machine.clock).deviations

    def test_small_steps_are_followed(self) -> None:
        machine = Machine()
        for step in range(10):
            machine.error = timedelta(minutes=4 * step)
            assert not check_and_trust(machine.clock).deviations

    @pytest.mark.parametrize("off", [{"minutes": 20}, {"days": 30}])
    def test_a_pause_of_the_service_is_no_reason(self, off: dict[str, float]) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.passes(**off)
        assert check_and_trust(machine.clock).sentence == ""
        machine.restarts(**off)
        assert check_and_trust(machine.clock).sentence == ""
        machine.passes(minutes=1)
        assert not check_and_trust(machine.clock).is_ahead

    def test_started_with_a_clock_ahead_and_told_so_by_a_site(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.restarts(minutes=5)
        machine.error = DAYS
        assert not check_and_trust(
            machine.clock
        ).is_ahead  # a gap alone is what each pause looks like
        fetched(machine)
        verdict = check_and_trust(machine.clock)
        assert verdict.is_ahead
        assert "3 days ahead of the clock of arxiv.org" in verdict.sentence
        machine.error = timedelta()
        assert not check_and_trust(machine.clock).deviations

    def test_put_right_after_it_was_ahead_from_the_start(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.restarts(minutes=5)
        machine.error = DAYS
        check_and_trust(machine.clock)
        machine.error = timedelta()
        assert check_and_trust(machine.clock).sentence == ""

    def test_a_site_alone_is_a_warning(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        fetched(machine, off=-DAYS)
        verdict = check_and_trust(machine.clock)
        assert not verdict.is_ahead
        assert verdict.sentence.startswith("This machine’s clock may be wrong: it is 3 days ahead")
        machine.passes(days=2, minutes=1)
        assert check_and_trust(machine.clock).sentence == ""

    def test_a_site_that_agrees_overrules_what_was(self) -> None:
        """As after a virtual machine slept: both others only know what was."""
        machine = Machine()
        check_and_trust(machine.clock)
        machine.error = DAYS
        assert check_and_trust(machine.clock).is_ahead
        fetched(machine, off=DAYS)
        verdict = check_and_trust(machine.clock)
        assert (verdict.confirmed, verdict.deviations) == (True, ())
        assert not current_verdict(machine.clock).deviations

    def test_behind_is_an_alarm_and_stops_nothing(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.error = -DAYS
        verdict = check_and_trust(machine.clock)
        assert (verdict.is_behind, verdict.is_ahead) == (True, False)
        assert verdict.alarm
        assert verdict.alarm.summary == "The clock is behind"

    def test_what_an_older_start_stored_tells_of_a_clock_behind(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.restarts(minutes=5)
        machine.error = -DAYS
        verdict = check_and_trust(machine.clock)
        assert (
            "may be wrong: it is 2 days behind the newest time in the database" in verdict.sentence
        )

    def test_an_operator_who_says_it_is_right_is_believed(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.error = DAYS
        assert check_and_trust(machine.clock).is_ahead
        clocks.trust(machine.clock)
        assert not check_and_trust(machine.clock).deviations

    def test_a_look_writes_nothing(self) -> None:
        machine = Machine()
        current_verdict(machine.clock)
        assert not ClockReference.objects.exists()

    def test_what_is_known_of_old_starts_is_forgotten(self) -> None:
        machine = Machine()
        check_and_trust(machine.clock)
        machine.restarts(days=8)
        check_and_trust(machine.clock)
        assert ClockReference.objects.forget(machine.truth) == 1


@given(
    error=st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)),
    outside=st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_two_that_agree_decide_and_one_that_confirms_overrules(
    error: timedelta, outside: timedelta | None
) -> None:
    """For a clock set wrong while the machine runs, and a site whose own clock is off."""
    reference = ClockReference(
        boot_id="b", epoch=NOON.timestamp() - 60, trusted_at=NOON, outside_source="a site",
        outside_epoch=None if outside is None else (NOON + outside).timestamp() - 60,
        outside_read_at=60,
    )  # fmt: skip
    wall = NOON + timedelta(seconds=60) + error
    verdict = evaluate(ClockReading(wall, wall, 120, "b"), reference, NOON)
    confirmed = outside is not None and abs(error - outside) <= timedelta(minutes=5)
    assert verdict.confirmed == confirmed
    if abs(error) > timedelta(minutes=6):
        assert verdict.is_ahead == (error > timedelta() and not confirmed)
        assert verdict.is_behind == (error < timedelta() and not confirmed)
    elif abs(error) < timedelta(minutes=4):
        assert (verdict.is_ahead, verdict.is_behind) == (False, False)


@pytest.mark.parametrize(
    ("database", "outside", "ahead", "output"),
    [
        (
            DAYS,
            None,
            False,
            "The database’s clock may be wrong: it is 3 days ahead of this machine",
        ),
        (DAYS, timedelta(), True, "The database’s clock is 3 days ahead of the clock of arxiv.org"),
        (timedelta(), None, False, ""),
        (timedelta(), timedelta(), False, ""),
    ],
)
def test_by_the_database_s_clock(
    database: timedelta, outside: timedelta | None, ahead: bool, output: str
) -> None:
    reference = ClockReference(boot_id="b", outside_source="arxiv.org")
    if outside is not None:
        reference.outside_epoch = (NOON + outside).timestamp()
    reading = ClockReading(NOON + database, NOON, 0, "b", by_database=True)
    verdict = evaluate(reading, reference, None)
    assert verdict.is_ahead == ahead
    assert verdict.sentence.startswith(output)
    assert bool(verdict.sentence) == bool(output)


class TestServerClock:
    @pytest.mark.parametrize(
        ("headers", "instant"),
        [
            ({"Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, NOON),
            ({"Date": "Fri, 20 Nov 2026 12:00:00 -0000"}, NOON),
            ({"Date": "Fri, 20 Nov 2026 11:00:00 GMT", "Age": "3600"}, NOON),
            ({"Date": "Fri, 20 Nov 2026 11:00:00 GMT", "Age": "-1"}, None),
            ({"Date": "Fri, 20 Nov 2026 11:00:00 GMT", "Age": "9" * 4000}, None),
            ({"Date": "Fri, 20 Nov 2026 11:00:00 GMT", "Age": "²"}, None),
            ({"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
            ({"Date": "Thu, 01 Jan 99999 00:00:00 GMT"}, None),
            ({"Date": "today"}, None),
            ({}, None),
        ],
    )
    def test_what_is_believed(self, headers: dict[str, str], instant: datetime | None) -> None:
        assert server_instant(headers) == instant

    @given(st.text(max_size=60), st.text(max_size=12))
    def test_anything_may_stand_there(self, date: str, age: str) -> None:
        server_instant({"Date": date, "Age": age})


@by_wall
@pytest.mark.django_db
class TestPlanning:
    @pytest.fixture
    def machine(self, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Machine:
        settings.OUTBOX_DIR = tmp_path / "outbox"
        settings.CELERY_BROKER_URL = "memory://"
        machine = Machine(MORNING - timedelta(minutes=30))
        monkeypatch.setattr(clocks, "MACHINE", machine.clock)
        check_and_trust()
        return machine

    def test_nothing_is_planned_and_nothing_expires_until_it_is_right(
        self, machine: Machine
    ) -> None:
        factories.subscriber("ada@example.org", "robot")
        bob = factories.subscriber("bob@example.org", next_due_at=MORNING + timedelta(days=1))
        Digest.objects.create(
            subscriber=bob, local_date=MORNING.date(), not_before=MORNING,
            expires_at=MORNING + timedelta(hours=20),
        )  # fmt: skip
        machine.error = DAYS
        before = list(Subscriber.objects.order_by("pk").values())
        for task in (tasks.plan, tasks.reap, tasks.drain):
            task()
        assert list(Subscriber.objects.order_by("pk").values()) == before
        assert [digest.state for digest in Digest.objects.all()] == [State.PLANNED]
        found = dict(find_alarms(take_snapshot(service_clock()())))
        assert found["clock"].summary == "The clock is ahead: no digest is planned"
        machine.error = timedelta()
        machine.passes(minutes=31)
        tasks.plan()
        assert Digest.objects.filter(local_date=MORNING.date()).count() == 2
        tasks.drain()
        assert not Digest.objects.active().exists()

    def test_the_commands_say_so(self, machine: Machine, capsys: pytest.CaptureFixture) -> None:
        call_command("clock")
        assert "It is 2026-11-20 06:30:00 UTC." in capsys.readouterr().out
        machine.error = DAYS
        for command in ("clock", "deliver"):
            with pytest.raises(CommandError, match="no digest is planned until it is right"):
                call_command(command)
        with pytest.raises(CommandError, match="no digest is planned"):
            call_command("clock", "--put-right")
        call_command("clock", "--trust")
        call_command("deliver")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="there is one clock")
@pytest.mark.django_db
def test_planning_asks_the_database_what_time_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "database_clock", DATABASE_CLOCK)
    machine = Machine()  # far from the real time, by which the database goes
    assert abs(service_clock(machine.clock)() - clocks.read_clocks().service) < timedelta(minutes=5)
    assert check_and_trust(machine.clock).by_database
