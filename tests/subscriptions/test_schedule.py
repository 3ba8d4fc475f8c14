"""Due times under every zone, clock change and change of the schedule."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.schedule import Frequency, digest_date, due_instant, next_due

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
zones = st.sampled_from(ZONES).map(ZoneInfo)
hours = st.times().map(lambda found: found.replace(second=0, microsecond=0))
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("zone", "day", "hour", "instant"),
    [
        ("Europe/Paris", date(2026, 11, 20), time(7), "2026-11-20T06:00+00:00"),
        # 02:30 does not exist on this day: the first valid instant is 03:00 summer time.
        ("Europe/Paris", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00+00:00"),
        # 02:30 comes twice on this day: the first one counts.
        ("Europe/Paris", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30+00:00"),
        ("America/New_York", date(2026, 3, 8), time(2), "2026-03-08T07:00+00:00"),
        # Half an hour is skipped here.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30+00:00"),
        ("Asia/Kathmandu", date(2026, 11, 20), time(0), "2026-11-19T18:15+00:00"),
    ],
)
def test_due_instants(zone: str, day: date, hour: time, instant: str) -> None:
    assert due_instant(day, hour, ZoneInfo(zone)) == datetime.fromisoformat(instant)


@given(zones, days, hours)
def test_a_due_instant_shows_its_hour_or_the_end_of_a_gap(
    zone: ZoneInfo, day: date, hour: time
) -> None:
    instant = due_instant(day, hour, zone)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    wanted = datetime.combine(day, hour)
    assert shown >= wanted
    if shown != wanted:
        just_before = (instant - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert just_before < wanted


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[ZoneInfo, time, timedelta]]:
    """What a person chose before each digest, and how late the planner came."""
    late = st.sampled_from([timedelta(0), timedelta(seconds=50), timedelta(hours=3)])
    return draw(st.lists(st.tuples(zones, hours, late), min_size=2, max_size=12))


@given(moments, lives())
def test_dates_increase_and_instants_keep_their_distance(
    start: datetime, life: list[tuple[ZoneInfo, time, timedelta]]
) -> None:
    now, last_date, last_due = start, None, None
    for zone, hour, late in life:
        due = next_due(now, zone=zone, send_at=hour, last_date=last_date, last_due=last_due)
        assert due > now
        if last_due is not None:
            assert timedelta(hours=16) <= due - last_due <= timedelta(hours=48)
        now = due + late
        local_date = digest_date(now, zone, last_date, due)
        if last_date is not None:
            assert local_date > last_date
        last_date, last_due = local_date, now


@given(zones, hours, moments)
def test_a_quiet_life_has_one_digest_a_date(zone: ZoneInfo, hour: time, start: datetime) -> None:
    now, last_date, last_due = start, None, None
    dates = []
    for _ in range(10):
        now = next_due(now, zone=zone, send_at=hour, last_date=last_date, last_due=last_due)
        last_date = digest_date(now, zone, last_date)
        last_due = now
        dates.append(last_date)
    gaps = {later - earlier for earlier, later in pairwise(dates)}
    # A zone that jumps over the date line drops a whole date; no other does.
    assert gaps <= {timedelta(days=1), timedelta(days=2)}


@pytest.mark.parametrize(
    ("frequency", "weekly_on", "expected"),
    [
        (Frequency.WEEKDAYS, 0, "2026-11-23"),
        (Frequency.WEEKLY, 2, "2026-11-25"),
        (Frequency.DAILY, 0, "2026-11-21"),
    ],
)
def test_frequencies(frequency: str, weekly_on: int, expected: str) -> None:
    friday = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    due = next_due(
        friday, zone=ZoneInfo("UTC"), send_at=time(7), frequency=frequency, weekly_on=weekly_on
    )
    assert due.date() == date.fromisoformat(expected)


def test_after_an_outage_one_digest_dated_today() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert digest_date(now, zone, date(2026, 11, 16)) == date(2026, 11, 20)


@pytest.mark.parametrize(("minutes", "day"), [(0, 17), (2, 17), (60, 17), (61, 18), (3000, 20)])
def test_a_planner_that_comes_a_little_late_skips_no_date(minutes: int, day: int) -> None:
    due = datetime(2026, 11, 17, 23, 59, tzinfo=UTC)
    # What is an hour late or more is dated today.
    now = due + timedelta(minutes=minutes, seconds=-1 if minutes else 0)
    zone = ZoneInfo("UTC")
    assert digest_date(now, zone, date(2026, 11, 16), due) == date(2026, 11, day)


def test_a_date_that_had_its_digest_never_comes_again() -> None:
    due = datetime(2026, 11, 17, 23, 59, tzinfo=UTC)
    late = due + timedelta(minutes=2)
    assert digest_date(late, ZoneInfo("UTC"), date(2026, 11, 17), due) == date(2026, 11, 18)


def test_a_gap_up_to_midnight_moves_no_digest_to_another_date() -> None:
    zone = ZoneInfo("America/Nuuk")
    due = due_instant(date(2024, 3, 30), time(23, 59), zone)
    assert due.astimezone(zone).replace(tzinfo=None) == datetime(2024, 3, 30, 22, 59, 59)
    assert due_instant(date(2024, 3, 31), time(0), zone) == due + timedelta(seconds=1)


def test_a_date_that_does_not_exist_becomes_the_next_one() -> None:
    zone = ZoneInfo("Pacific/Apia")  # crossed the date line on 30 December 2011
    due = due_instant(date(2011, 12, 30), time(7), zone)
    assert due.astimezone(zone).replace(tzinfo=None) == datetime(2011, 12, 31, 0, 0)
