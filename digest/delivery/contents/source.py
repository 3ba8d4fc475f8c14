"""What is known of the raw material since the last digest: silence must not hide a failure."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q

from digest.models import Digest, Dump

from .past import Past

_DAY = timedelta(days=1)
_WEEKDAYS = 5  # from Monday; listings come on these


def source(digest: Digest, past: Past, read: int) -> dict[str, Any]:
    """{"state", "newest_listing", "failed"} of the dumps since the last digest.

    fresh: new papers came (`read` is how many are in the window). empty: dumps were parsed, none
    held a new paper. failed: none was parsed, and some were quarantined or wait. late: none came
    at all. Where no weekday lies between, the last one before is looked at too: nobody expects a
    listing of a week-end.
    """
    dumps = Dump.objects.filter(received_at__gt=_start(digest, past)).aggregate(
        parsed=Count("pk", filter=Q(state=Dump.State.PARSED)),
        fresh=Count("pk", filter=_FRESH),
        failed=Count("pk", filter=~Q(state=Dump.State.PARSED)),
    )
    newest = Dump.objects.newest_listing()
    day = newest.listed_on if newest else None
    return {
        "state": _state(dumps, read),
        "newest_listing": day.isoformat() if day else None,
        "failed": dumps["failed"],
    }


_FRESH = Q(state=Dump.State.PARSED, new__gt=0) & ~Q(intent=Dump.Intent.BACKFILL)


def _state(dumps: dict[str, int], read: int) -> str:
    if read or dumps["fresh"]:
        return "fresh"
    if dumps["parsed"]:
        return "empty"
    return "failed" if dumps["failed"] else "late"


def _start(digest: Digest, past: Past) -> datetime:
    """The instant from which dumps count."""
    zone = digest.subscriber.zone
    day = past.since or past.joined
    instant = past.composed_at or datetime.combine(max(day, date(1970, 1, 2)), time.min, zone)
    return instant - (day - _first_day(day, digest.local_date))


def _first_day(since: date, until: date) -> date:
    """`since`, or the weekday before it where none is in [since, until)."""
    if (until - since).days >= 7:
        return since
    day = since
    while not any(
        (day + n * _DAY).weekday() < _WEEKDAYS for n in range(max((until - day).days, 0))
    ):
        day -= _DAY
    return day
