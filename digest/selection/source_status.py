"""The status of the dumps since the last digest, so that a quiet digest hides no failure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Q

from digest.models import Digest, Dump
from digest.models.digest_contents import SourceStatus
from digest.models.dumps import NEWEST_DAYS, WITHDRAWN_STATES, latest_day

from .history import History

_DAY = timedelta(days=1)
_WEEKDAYS = 5  # from Monday; listings come on these
_PARSED = Q(state=Dump.State.PARSED)
_WITHDRAWN = Q(state__in=WITHDRAWN_STATES)
_FRESH = _PARSED & Q(new__gt=0) & ~Q(intent=Dump.Intent.BACKFILL)


class _Dumps(NamedTuple):
    """Receipt of the newest parsed dump and of the newest one with a new paper, the newest day
    listed, and the receipts of dumps that were not parsed."""

    parsed: datetime | None
    fresh: datetime | None
    newest_listing: date | None
    failed: list[datetime]


def source_statuses(
    digests: Sequence[Digest], histories: Sequence[History], reads: Sequence[int]
) -> list[SourceStatus]:
    """For each digest the status of the dumps since the last one.

    fresh: new papers came (`reads`: how many are in the window). empty: dumps were parsed, none
    held a new paper. failed: none was parsed, and some were quarantined or wait. late: none came
    at all. If the period holds no weekday, it begins at the last one, since there are no listings
    on weekends.
    """
    starts = [_start(digest, history) for digest, history in zip(digests, histories, strict=True)]
    dumps = _dumps(min(starts))
    return [_source(dumps, start, read) for start, read in zip(starts, reads, strict=True)]


def _dumps(start: datetime) -> _Dumps:
    failed = ~_PARSED & ~_WITHDRAWN & Q(received_at__gt=start)
    found = Dump.objects.aggregate(
        parsed=Max("received_at", filter=_PARSED),
        fresh=Max("received_at", filter=_FRESH),
        failed=Count("pk", filter=failed),
        **NEWEST_DAYS,
    )
    found["newest_listing"] = latest_day(found.pop("dated"), found.pop("undated"))
    if found["failed"]:
        rows = Dump.objects.filter(failed).order_by()
        return _Dumps(**found | {"failed": list(rows.values_list("received_at", flat=True))})
    return _Dumps(**found | {"failed": []})


def _source(dumps: _Dumps, start: datetime, read: int) -> SourceStatus:
    failed = sum(received > start for received in dumps.failed)
    return SourceStatus(_state(dumps, start, read, failed), dumps.newest_listing, failed)


def _state(dumps: _Dumps, start: datetime, read: int, failed: int) -> str:
    if read or (dumps.fresh and dumps.fresh > start):
        return "fresh"
    if dumps.parsed and dumps.parsed > start:
        return "empty"
    return "failed" if failed else "late"


def _start(digest: Digest, history: History) -> datetime:
    """The instant from which dumps count."""
    zone = digest.subscriber.zone
    day = history.since or history.confirmed_on
    instant = history.composed_at or datetime.combine(max(day, date(1970, 1, 2)), time.min, zone)
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
