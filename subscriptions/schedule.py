"""When a digest is due: pure functions of dates, times and zones, without clock or database.

The period of a digest is a local date, its due time an instant. A wall-clock time that a clock
change skips becomes the first valid instant after it (the last one before it if the next is on
another date); of a time that occurs twice the first counts (PEP 495).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .zones import in_zone

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEAST_GAP = timedelta(hours=16)  # between two due instants
LONGEST_DAILY_GAP = timedelta(hours=48)
ON_TIME = timedelta(hours=1)  # after the due instant


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscriber's digests come. `weekly_on` counts from Monday, 0."""

    timezone: str
    send_at: time
    frequency: str
    weekly_on: int

    def in_words(self) -> str:
        """Return like "every Monday at 07:00 in Berlin"."""
        return f"{self._days()} at {self.send_at:%H:%M} {in_zone(self.timezone)}"

    def _days(self) -> str:
        match self.frequency:
            case Frequency.WEEKDAYS:
                return "Monday to Friday"
            case Frequency.WEEKLY:
                return f"every {_DAYS[self.weekly_on]}"
            case _:
                return "every day"

    def same_as(self, other: "Schedule") -> bool:
        """Whether both say the same: the day of the week is of weekly digests alone."""
        return self.in_words() == other.in_words() and self.timezone == other.timezone


def zone_info(name: str) -> ZoneInfo:
    """Return the zone of an IANA name, UTC if this machine does not know it: a digest at an odd
    hour is better than none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def due_instant(day: date, send_at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of the wall-clock time `send_at` on `day` in `zone`."""
    wall = datetime.combine(day, send_at, zone)
    instant = wall.astimezone(UTC)
    back = instant.astimezone(zone)
    if back.replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    end = _end_of_gap(wall, zone)
    before = end - timedelta(seconds=1)
    # Greenland's clocks go from 23:00 to midnight: what is due in between stays on its date.
    return before if before.astimezone(zone).date() == day < end.astimezone(zone).date() else end


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of the clock change that skips the wall-clock time."""
    before = wall.replace(fold=1).astimezone(UTC)
    after = wall.replace(fold=0).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def falls_on(day: date, frequency: str, weekly_on: int) -> bool:
    """Whether a digest is due on this date; `weekly_on` counts from Monday, 0."""
    if frequency == Frequency.WEEKDAYS:
        return day.weekday() < 5
    if frequency == Frequency.WEEKLY:
        return day.weekday() == weekly_on
    return True


def next_due(
    now: datetime,
    *,
    zone: ZoneInfo,
    send_at: time,
    frequency: str = Frequency.DAILY,
    weekly_on: int = 0,
    last_date: date | None = None,
    last_due: datetime | None = None,
) -> datetime:
    """The next due instant (UTC), later than `now`.

    After a digest of `last_date`, due at `last_due`, its date is later, the instant at least
    16 hours later, and for a daily digest at most 48 hours later, whatever the zone did.
    """
    day = now.astimezone(zone).date()
    if last_date is not None:
        day = max(day, last_date + timedelta(days=1))
    earliest = now if last_due is None else max(now, last_due + LEAST_GAP)
    due = due_instant(day, send_at, zone)
    while due <= earliest or not falls_on(day, frequency, weekly_on):
        day += timedelta(days=1)
        due = due_instant(day, send_at, zone)
    if last_due is not None and frequency == Frequency.DAILY:
        latest = last_due + LONGEST_DAILY_GAP
        return min(due, latest) if latest > earliest else due
    return due


def digest_date(
    now: datetime, zone: ZoneInfo, last_date: date | None, due: datetime | None = None
) -> date:
    """Return the local date of a digest planned now: that of `due` while it is on time, else
    today's.

    It is always later than `last_date`.
    """
    at = due if due is not None and due <= now < due + ON_TIME else now
    day = at.astimezone(zone).date()
    return day if last_date is None else max(day, last_date + timedelta(days=1))
