"""When a source is fetched, for which days, and when its silence is suspicious. Reads no clock."""

from datetime import UTC, date, datetime, time, timedelta

from digest.models import Dump, Source
from digest.models.sources import falls_on

MAX_DAYS = 30
NEWS_MAX_AGE = timedelta(days=14)
QUIET_AFTER = 2
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))


def wanted_days(source: Source, today: date) -> list[date]:
    """Return the days to fetch now, oldest first; today is last, and fetched until it is over.

    The first time that is today alone; after an outage it is what was missed, at most 30 days at
    once.
    """
    newest = min(source.covered_through or today - timedelta(days=1), today - timedelta(days=1))
    missed = min((today - newest).days, MAX_DAYS)
    return [newest + timedelta(days=number) for number in range(1, missed + 1)]


def intent_of(source: Source, day: date | None, today: date) -> str:
    """Return whether papers listed that day (None: now) are news, to be mailed, or backfill."""
    is_first = source.first_fetched_at is None
    is_old = day is not None and today - day > NEWS_MAX_AGE
    is_backfill = source.intent == Source.Intent.BACKFILL or is_first or is_old
    return (Dump.Intent.BACKFILL if is_backfill else Dump.Intent.AUTO).value


def next_run(source: Source, at: datetime) -> datetime:
    """Return the next time of the schedule after `at`."""
    if source.every_minutes is not None:
        return at + timedelta(minutes=source.every_minutes)
    hour = time(source.daily_at or 0, tzinfo=UTC)
    first = at.astimezone(UTC).date()
    runs = (datetime.combine(first + timedelta(days=ahead), hour) for ahead in range(9))
    return next(run for run in runs if run > at and falls_on(source.weekdays, run.date()))


def next_try(source: Source, at: datetime, wait: timedelta | None) -> datetime:
    """Return when to try again after a failure: later each time, and not before the server's
    `wait`.
    """
    pause = BACKOFF[min(source.failures, len(BACKOFF) - 1)]
    return max(min(at + pause, next_run(source, at)), at + (wait or timedelta(0)))


def quiet_reason(source: Source, today: date) -> str:
    """Return why the silence of a source is suspicious, in a sentence; "" if it is not.

    It is if the source is switched on and two days on which papers are expected have passed without
    any (today may still bring some).
    """
    if not source.enabled or source.enabled_at is None:
        return ""
    newest = _newest(source)
    since = max(newest or date.min, source.enabled_at.astimezone(UTC).date())
    passed = (today - since).days - 1
    missed = sum(
        falls_on(source.expected_on, since + timedelta(days=number))
        for number in range(1, min(passed, 366) + 1)
    )
    if missed < QUIET_AFTER:
        return ""
    last = f"its newest are of {newest}" if newest else "there have been none yet"
    return f"Quiet: no papers on {missed} days when papers are expected; {last}."


def _newest(source: Source) -> date | None:
    """Return the newest day from which this source brought papers."""
    brought = source.dumps.filter(papers__gt=0, state=Dump.State.PARSED)
    days = [
        listed_on or received_at.astimezone(UTC).date()
        for listed_on, received_at in brought.order_by("-received_at").values_list(
            "listed_on", "received_at"
        )[:20]
    ]
    return max(days, default=None)
