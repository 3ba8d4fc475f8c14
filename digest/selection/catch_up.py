"""Why a window is longer than a normal period."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.models import Digest
from subscriptions.schedule import ON_TIME, next_due

from .history import History

# A change from Mondays to Sundays just before a Monday's mail makes a gap of nearly two weeks.
_LONGEST_BY_CHOICE = timedelta(days=14)


def catch_up(digest: Digest, history: History, at: datetime) -> str:
    """Return why a digest's window is long: "pause", "unknown", "missed" (an earlier digest was not
    sent) or "outage" (this one is late, as far as is known); "" if it is normal.

    A pause comes first, since the subscriber knows of it. Only scheduled digests catch up.
    """
    if digest.kind != Digest.Kind.SCHEDULED:
        return ""
    late = _is_late(digest, history)  # by today's schedule, which may be new
    if late and _was_paused(digest, history, at):
        return "pause"
    if history.doubtful:
        return "unknown"
    if history.missed:
        return "missed"
    return "outage" if late and _was_held_up(digest, history, at) else ""


def _is_late(digest: Digest, history: History) -> bool:
    """Whether a digest was due between the last one, or the confirmation, and this one."""
    person, before = digest.subscriber, history.composed_at
    if before is None:
        return False
    return digest.local_date > _expected(
        before, history.since, person.zone, person.send_at, person.frequency, person.weekly_on
    )


def _was_held_up(digest: Digest, history: History, at: datetime) -> bool:
    """Whether no change of schedule explains the gap: this digest is late itself, or the gap is
    longer than any schedule allows."""
    if history.since is None:
        return False
    due = digest.not_before or at  # a preview has no row
    return at - due >= ON_TIME or digest.local_date - history.since > _LONGEST_BY_CHOICE


@lru_cache(1 << 12)  # subscribers with the same schedule share it
def _expected(
    before: datetime,
    since: date | None,
    zone: ZoneInfo,
    send_at: time,
    frequency: str,
    weekly_on: int,
) -> date:
    """The local date of the digest after the one composed at `before`."""
    due = next_due(
        before,
        zone=zone,
        send_at=send_at,
        frequency=frequency,
        weekly_on=weekly_on,
        last_date=since,
        last_due=before if since else None,
    )
    return due.astimezone(zone).date()


def _was_paused(digest: Digest, history: History, at: datetime) -> bool:
    """Whether a pause ended after the last digest: its end stays on the subscriber."""
    end = digest.subscriber.paused_until
    if end is None or end > at:
        return False
    return end.astimezone(digest.subscriber.zone).date() > (history.since or history.confirmed_on)
