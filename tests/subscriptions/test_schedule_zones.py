"""Due times in all IANA zones, 2024 to 2030, with every frequency and changes of zone."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from digest.models import Digest
from digest.sending import planning
from subscriptions.models import Subscriber, email_key
from subscriptions.schedule import Frequency, digest_date, due_instant, falls_on, next_due

START, END = date(2024, 1, 1), date(2030, 12, 31)
DAYS = (END - START).days
LEAST_GAP, DAILY_GAP = timedelta(hours=16), timedelta(hours=48)
NAMES = sorted(available_timezones() - {"Factory", "localtime"})
# Half hours, changes by half an hour, at midnight, in Ramadan, by two hours; both edges of the day;
# a change of standard time, and of summer time into standard time.
ODD = [
    "UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham",
    "Pacific/Kiritimati", "Etc/GMT+12", "Africa/Casablanca", "Africa/Cairo", "Asia/Gaza",
    "Asia/Beirut", "Antarctica/Troll", "America/Santiago", "Asia/Almaty", "America/Nuuk",
    "America/Havana",
]  # fmt: skip
# Clocks change at midnight, 1, 2 and 3 o'clock as a rule.
HOURS = [time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(3), time(7), time(23, 59)]


def days_due(frequency: str, weekly_on: int) -> Iterator[date]:
    """The local dates of these years that a digest falls on."""
    for number in range(1, DAYS):
        day = START + timedelta(days=number)
        if falls_on(day, frequency, weekly_on):
            yield day


def quiet_life(zone: ZoneInfo, send_at: time, frequency: str, weekly_on: int) -> None:
    """Neither zone nor plan changes: one digest each due date, at its hour, far enough apart."""
    now = due_instant(START, send_at, zone)
    last_date, last_due = START, now
    for day in days_due(frequency, weekly_on):
        due = next_due(
            now, zone=zone, send_at=send_at, frequency=frequency, weekly_on=weekly_on,
            last_date=last_date, last_due=last_due,
        )  # fmt: skip
        assert due == due_instant(day, send_at, zone), (zone, day)
        assert due - last_due >= LEAST_GAP, (zone, day)
        assert frequency != Frequency.DAILY or due - last_due <= DAILY_GAP, (zone, day)
        assert digest_date(due, zone, last_date, due) == day, zone
        assert digest_date(due + timedelta(minutes=59), zone, last_date, due) == day, zone
        now = last_due = due
        last_date = day


def moving_life(chance: random.Random, names: Sequence[str], steps: int, frequency: str) -> None:
    """Zone and hour change at any minute, and the planner comes late: dates increase, instants
    keep their distance, and a daily digest is never more than 48 hours away."""
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(DAYS * 1440))
    zone, send_at = ZoneInfo(chance.choice(names)), an_hour(chance)
    last_date: date | None = None
    last_due: datetime | None = None
    planned: list[datetime] = []
    dates: list[date] = []
    for _ in range(steps):
        for moves in range(chance.choice([1, 1, 2, 5])):
            due = next_due(
                at, zone=zone, send_at=send_at, frequency=frequency,
                weekly_on=chance.randrange(7) if frequency == Frequency.WEEKLY else 0,
                last_date=last_date, last_due=last_due,
            )  # fmt: skip
            assert due > at
            if last_due is not None:
                assert due - last_due >= LEAST_GAP, (zone, send_at, last_due, due)
                assert frequency != Frequency.DAILY or due - last_due <= DAILY_GAP
            if moves:
                at += timedelta(minutes=chance.randrange(int((due - at).total_seconds() / 60) + 1))
                zone, send_at = ZoneInfo(chance.choice(names)), an_hour(chance)
                if at >= due:
                    break
        at = max(at, due) + timedelta(seconds=chance.choice([0, 0, 50, 3_000]))
        last_date, last_due = digest_date(at, zone, last_date, due), at
        planned.append(at)
        dates.append(last_date)
    assert all(later - earlier >= LEAST_GAP for earlier, later in pairwise(planned))
    assert all(earlier < later for earlier, later in pairwise(dates))


def an_hour(chance: random.Random) -> time:
    return chance.choice([*HOURS, time(chance.randrange(24), chance.randrange(60))])


@pytest.mark.parametrize("name", ODD)
def test_one_digest_a_date_where_clocks_are_odd(name: str) -> None:
    send_at = HOURS[ODD.index(name) % len(HOURS)]
    quiet_life(ZoneInfo(name), send_at, Frequency.DAILY, 0)


@pytest.mark.slow
@pytest.mark.parametrize("frequency", list(Frequency))
def test_one_digest_a_date_in_all_zones(frequency: str) -> None:
    chance = random.Random(frequency)
    for number, name in enumerate(NAMES):
        quiet_life(ZoneInfo(name), an_hour(chance), frequency, number % 7)


@pytest.mark.parametrize("frequency", list(Frequency))
def test_people_who_move(frequency: str) -> None:
    for seed in range(60):
        moving_life(random.Random(seed), NAMES, 12, frequency)


@pytest.mark.slow
@pytest.mark.parametrize("frequency", list(Frequency))
def test_very_many_people_who_move(frequency: str) -> None:
    for seed in range(4_000):
        moving_life(random.Random(seed), NAMES, 20, frequency)


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 3])
def test_after_an_outage_one_row_dated_today_in_every_zone(days: int) -> None:
    now = datetime(2026, 11, 20, 12, 34, tzinfo=UTC)
    was_due = now - timedelta(days=days)
    Subscriber.objects.bulk_create(
        Subscriber(
            email=f"n{number}@example.org", email_key=email_key(f"n{number}@example.org"),
            status="active", confirmed_at=was_due, timezone=name, send_at=time(7),
            next_due_at=was_due, last_due_at=was_due - timedelta(days=1),
            last_local_date=(was_due - timedelta(days=1)).astimezone(ZoneInfo(name)).date(),
        )
        for number, name in enumerate(NAMES)
    )  # fmt: skip
    assert planning.plan(now)["planned"] == len(NAMES)
    assert planning.plan(now + timedelta(minutes=1))["planned"] == 0
    rows = Digest.objects.values_list("subscriber__timezone", "local_date", "not_before")
    assert len(rows) == len(NAMES)
    for name, local_date, not_before in rows:
        assert local_date == now.astimezone(ZoneInfo(name)).date()
        assert not_before == now - planning.LONGEST_DUE
    earliest = min(Subscriber.objects.values_list("next_due_at", flat=True))
    assert earliest >= now + LEAST_GAP
