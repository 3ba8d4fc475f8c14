"""Until when a pause lasts, in local dates of the subscriber.

A pause until a date ends as that date begins in the subscriber's time zone. So the first digest is
that date's, at the usual hour, or the next one that the schedule has.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .models import Subscriber
from .schedule import Frequency, due_instant

WEEK = timedelta(days=7)
LONGEST = timedelta(days=365)
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PauseDays:
    """The dates that a pause may last until, and the usual one, in a week."""

    first: date
    usual: date
    last: date


def pause_days(subscriber: Subscriber, at: datetime) -> PauseDays:
    """Return the dates to choose from.

    The usual pause of a weekly digest is a day longer, or it would leave out none.
    """
    today = at.astimezone(subscriber.zone).date()
    usual = today + WEEK
    if subscriber.frequency == Frequency.WEEKLY:
        usual += _DAY
    return PauseDays(today + _DAY, usual, today + LONGEST)


def end_of_pause(subscriber: Subscriber, day: date) -> datetime:
    """Return the instant (UTC) at which a pause until this date ends: where the clocks skip
    midnight, the first instant after it."""
    return due_instant(day, time(0), subscriber.zone)


def keep_day_of_pause(subscriber: Subscriber, former: ZoneInfo) -> None:
    """Let the pause of a subscriber who changed the time zone end on the same date as before.

    Sets `paused_until` without saving it.
    """
    end = subscriber.paused_until
    if subscriber.status == Subscriber.Status.PAUSED and end is not None:
        subscriber.paused_until = end_of_pause(subscriber, end.astimezone(former).date())


def first_due_after_pause(subscriber: Subscriber, end: datetime) -> datetime:
    """Return when the first digest after a pause is due. One that is due as it ends counts."""
    return subscriber.next_due_after(end - _MOMENT)
