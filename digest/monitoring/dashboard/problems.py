"""What needs an operator, in sentences: the quick ones of the checks of `doctor`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from digest.models import Alarm
from digest.monitoring.checks import check_dumps, check_newest_listing, check_outbox
from digest.monitoring.diagnosis import OVERDUE_AFTER, find_holds
from digest.monitoring.health.folders import low_space
from digest.monitoring.heartbeats import format_duration, missing_heartbeats
from subscriptions.models import Subscriber

from .mail_today import MailQueue

_ALARM_SHOWN = timedelta(days=1)


def hold_problems(at: datetime) -> Iterator[str]:
    """Yield what is held."""
    yield from (found.sentence for found in find_holds(at) if found.is_obstacle)


def queue_problems(queue: MailQueue, at: datetime) -> Iterator[str]:
    """Yield what is overdue, and whether a site that others reach sends no mail."""
    if is_overdue(queue.since, at):
        assert queue.since
        waited = format_duration(at - queue.since)
        many = f"{queue.waiting:,} digests are overdue, the first"
        yield f"{'A digest is overdue' if queue.waiting == 1 else many} by {waited}."
    unplanned = Subscriber.objects.due(at).values_list("next_due_at", flat=True).first()
    if unplanned and is_overdue(unplanned, at):
        waited = format_duration(at - unplanned)
        yield f"Digests have been due for {waited} but are not planned: is a worker running?"
    yield from check_outbox()


def is_overdue(since: datetime | None, at: datetime) -> bool:
    """Whether what has waited since then should have been dealt with."""
    return since is not None and at - since > OVERDUE_AFTER


def dump_problems(at: datetime) -> Iterator[str]:
    """Yield dumps that wait or were rejected, an old listing, and a full disk."""
    yield from check_newest_listing(at)
    yield from check_dumps(at)
    yield from low_space()


def process_problems(at: datetime) -> Iterator[str]:
    """Yield processes whose heartbeat is missing."""
    yield from (missing.sentence(at) for missing in missing_heartbeats(at))


def alarm_problems(at: datetime) -> Iterator[str]:
    """Yield the alarms of the last day, which may be over."""
    for alarm in Alarm.objects.without_reports().filter(raised_at__gt=at - _ALARM_SHOWN):
        yield f"Alarm at {alarm.raised_at.astimezone(UTC):%H:%M}: {alarm.summary}."
