"""A pause until a date ends with the digest of that date, in every time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions import changes
from subscriptions.models import Subscriber
from subscriptions.pause_days import end_of_pause, first_due_after_pause, pause_days
from subscriptions.schedule import due_instant
from tests.support import factories

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime", "posixrules"}))
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))
# Since 1970, among them days that zones have skipped, in whole or in part.
DATES = st.one_of(
    st.dates(date(1970, 1, 2), date(2037, 12, 31)),
    st.sampled_from([date(2011, 12, 30), date(2018, 11, 4), date(2026, 3, 29), date(2027, 4, 30)]),
)


def somebody(zone: str = "UTC", send_at: time = time(7), **fields: object) -> Subscriber:
    return Subscriber(timezone=zone, send_at=send_at, **fields)


@given(ZONES, TIMES, DATES)
def test_the_first_digest_is_of_the_date_at_the_usual_hour(
    zone: str, send_at: time, day: date
) -> None:
    person = somebody(zone, send_at)
    end = end_of_pause(person, day)
    assert end.astimezone(person.zone).date() == day or _is_skipped(person, day)
    assert (end - timedelta(microseconds=1)).astimezone(person.zone).date() < day
    assert first_due_after_pause(person, end) == due_instant(day, send_at, person.zone)


def _is_skipped(person: Subscriber, day: date) -> bool:
    """Whether clocks went from the day before to the day after, as in Samoa in 2011."""
    noon = datetime.combine(day, time(12), person.zone)
    return noon.astimezone(UTC).astimezone(person.zone).date() != day


@given(ZONES, st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)))
def test_the_days_to_choose_from_begin_tomorrow_where_the_reader_lives(
    zone: str, at: datetime
) -> None:
    person = somebody(zone)
    days, today = pause_days(person, at), at.astimezone(person.zone).date()
    assert (days.first - today, days.usual - today) == (timedelta(days=1), timedelta(days=7))
    assert days.last - today == timedelta(days=365)
    assert end_of_pause(person, days.first) > at


@pytest.mark.parametrize("day", range(1, 8))
def test_the_usual_pause_leaves_out_one_weekly_digest(day: int) -> None:
    person = somebody(frequency="weekly", weekly_on=0)
    at = datetime(2026, 11, 1 + day, 12, tzinfo=UTC)
    due = person.next_due_after(at)
    after = first_due_after_pause(person, end_of_pause(person, pause_days(person, at).usual))
    assert after - due == timedelta(days=7)


@pytest.mark.django_db
def test_another_time_zone_keeps_the_date_that_a_pause_lasts_until() -> None:
    person = factories.subscriber(timezone="Europe/Berlin")
    changes.pause(person, at=NOON, until=date(2026, 12, 24))
    changes.save_preferences(person, {"timezone": "America/New_York"}, at=NOON)
    person.refresh_from_db()
    assert person.paused_until == datetime(2026, 12, 24, 5, tzinfo=UTC)
    changes.save_preferences(person, {"send_at": time(9)}, at=NOON)
    person.refresh_from_db()
    assert person.paused_until == datetime(2026, 12, 24, 5, tzinfo=UTC)
    changes.resume(person.pk, at=NOON)
    changes.save_preferences(person, {"timezone": "Asia/Tokyo"}, at=NOON)
    person.refresh_from_db()
    assert person.paused_until == NOON
