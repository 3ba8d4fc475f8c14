"""Why a window is longer than a normal period."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.models import Digest
from subscriptions.schedule import next_due

from .past import Past


def catch_up(digest: Digest, past: Past, at: datetime) -> str:
    """ "pause", "unknown", "outage", or "" where the window is a normal one.

    A pause comes first: the person knows of it. Only scheduled digests catch up.
    """
    if digest.kind != Digest.Kind.SCHEDULED:
        return ""
    late = _is_late(digest, past)
    if late and _was_paused(digest, past, at):
        return "pause"
    if past.doubtful:
        return "unknown"
    return "outage" if past.missed or (past.since and late) else ""


def _is_late(digest: Digest, past: Past) -> bool:
    """Whether a digest was due between the last one, or the confirmation, and this one."""
    person, before = digest.subscriber, past.composed_at
    if before is None:
        return False
    return digest.local_date > _expected(
        before, past.since, person.zone, person.send_at, person.frequency, person.weekly_on
    )


@lru_cache(1 << 12)  # who was written to together is so again
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


def _was_paused(digest: Digest, past: Past, at: datetime) -> bool:
    """Whether a pause ended after the last digest: its end stays on the subscriber."""
    end = digest.subscriber.paused_until
    if end is None or end > at:
        return False
    return end.astimezone(digest.subscriber.zone).date() > (past.since or past.joined)
