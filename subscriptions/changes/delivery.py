"""Changes of what else a subscriber gets and when: trending papers, pauses, delivery settings."""

from collections.abc import Mapping
from datetime import date, datetime

from subscriptions.models import TRENDING_USUAL, Subscriber
from subscriptions.pause_days import end_of_pause, keep_day_of_pause, pause_days

from .change import Change, ChangeRefused, Kind
from .keyword_rows import check_gets_papers, locked

Status = Subscriber.Status
SCHEDULE_FIELDS = {"timezone", "send_at", "frequency", "weekly_on"}


def drop_trending(subscriber: Subscriber) -> Change:
    """Stop sending trending papers. Raises LastKeyword if the subscriber has no keyword."""
    with locked(subscriber.pk) as person:
        before, person.trending_top = person.trending_top, 0
        if before:
            check_gets_papers(person)
            person.save(update_fields=["trending_top"])
    return Change(Kind.TRENDING, (subscriber.pk, before or TRENDING_USUAL))


def pause(subscriber: Subscriber, *, at: datetime, until: date | None = None) -> Change:
    """Send nothing until a local date, by default for a week; the next digest covers the gap.

    A pause in force ends on the new date; without one it is not lengthened. Raises ChangeRefused if
    the subscriber gets no digests anyway.
    """
    end = end_of_pause(subscriber, until or pause_days(subscriber, at).usual)
    rows = Subscriber.objects.filter(pk=subscriber.pk)
    changed = rows.filter(status=Status.ACTIVE).update(status=Status.PAUSED, paused_until=end)
    paused = rows.filter(status=Status.PAUSED)
    if not changed and not (paused.update(paused_until=end) if until else paused.exists()):
        raise ChangeRefused(
            "No digests are being sent to this address, so there is nothing to pause."
        )
    return Change(Kind.PAUSE, (subscriber.pk,))


def resume(subscriber_id: int, *, at: datetime) -> bool:
    """End a pause now; return False if there is none. The next digest is due at its usual hour.

    `paused_until` keeps the time of the end: the next digest says why it covers more than a day.
    """
    paused = Subscriber.objects.filter(
        pk=subscriber_id, status=Status.PAUSED, confirmed_at__isnull=False
    )
    person = paused.first()
    return bool(
        person
        and paused.update(
            status=Status.ACTIVE, paused_until=at, next_due_at=person.next_due_after(at)
        )
    )


def save_preferences(
    subscriber: Subscriber, columns: Mapping[str, object], *, at: datetime
) -> None:
    """Update these columns of a subscriber, and `next_due_at` if the schedule changes.

    Raises LastKeyword if the subscriber would get no papers at all.
    """
    with locked(subscriber.pk) as person:
        former = person.zone
        Subscriber.objects.filter(pk=person.pk).update(**columns)
        person.refresh_from_db()
        if "timezone" in columns:
            keep_day_of_pause(person, former)
            person.save(update_fields=["paused_until"])
        if columns.keys() & SCHEDULE_FIELDS:
            reschedule(person, at)
        if "trending_top" in columns:
            check_gets_papers(person)


def reschedule(person: Subscriber, at: datetime) -> None:
    """Recompute `next_due_at` of a subscriber who is locked and freshly read.

    An overdue digest stays due, so that it is not skipped.
    """
    ahead = Subscriber.objects.active().filter(pk=person.pk, next_due_at__gt=at)
    ahead.update(next_due_at=person.next_due_after(at))
