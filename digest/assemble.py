"""Due subscribers become planned digests. Doing it twice, or late, plans nothing twice."""

from datetime import datetime, timedelta

from django.db import transaction

from digest.models import Digest, State
from subscriptions.models import Subscriber
from subscriptions.schedule import period

BATCH = 500
BEFORE_THE_NEXT = timedelta(hours=1)
SAMPLE_LASTS = timedelta(days=1)
# What an operator's "send now" may take up again: no mail of that date can have left.
REOPENED = (State.EMPTY, State.EXPIRED, State.CANCELLED, State.FAILED)


def plan(at: datetime) -> dict[str, int]:
    """Plan a digest for everybody who is due at that time; how many were resumed and planned."""
    resumed = _end_pauses(at)
    planned = 0
    while batch := _plan_batch(at):
        planned += batch
    return {"resumed": resumed, "planned": planned}


def _end_pauses(at: datetime) -> int:
    """People whose pause is over are active again, and due at their next hour.

    The end of a pause stays on the row, for the next digest to say why it covers more.
    """
    resumed = 0
    for subscriber in Subscriber.objects.back_from_pause(at):
        resumed += Subscriber.objects.filter(pk=subscriber.pk, status=subscriber.status).update(
            status=Subscriber.Status.ACTIVE,
            paused_until=_end_of_pause(subscriber),
            next_due_at=subscriber.next_due_after(at),
        )
    return resumed


def _end_of_pause(subscriber: Subscriber) -> datetime | None:
    """None for a bounce, which was nobody's wish."""
    was_paused = subscriber.status == Subscriber.Status.PAUSED
    return subscriber.paused_until if was_paused else None


@transaction.atomic
def _plan_batch(at: datetime) -> int:
    """Plan one batch of due subscribers; 0 when nobody is due any more."""
    due = list(Subscriber.objects.due(at).select_for_update(of=("self",))[:BATCH])
    Digest.objects.bulk_create(
        [_scheduled(subscriber, at) for subscriber in due], ignore_conflicts=True
    )
    Subscriber.objects.bulk_update(due, ["next_due_at", "last_due_at", "last_local_date"])
    return len(due)


def _scheduled(subscriber: Subscriber, at: datetime) -> Digest:
    """The digest of the period `at` falls in; the subscriber moves on to the next period."""
    was_due = subscriber.next_due_at or at
    local_date = period(at, subscriber.zone, subscriber.last_local_date)
    subscriber.last_local_date, subscriber.last_due_at = local_date, at
    subscriber.next_due_at = subscriber.next_due_after(at)
    return Digest(
        subscriber=subscriber,
        local_date=local_date,
        not_before=min(was_due, at),
        expires_at=subscriber.next_due_at - BEFORE_THE_NEXT,
    )


def plan_sample(subscriber: Subscriber, at: datetime) -> Digest | None:
    """The last 7 days, once a (local) day; None: there was one today already."""
    digest, created = Digest.objects.get_or_create(
        subscriber=subscriber,
        kind=Digest.Kind.SAMPLE,
        local_date=at.astimezone(subscriber.zone).date(),
        defaults={"not_before": at, "expires_at": at + SAMPLE_LASTS},
    )
    return digest if created else None


@transaction.atomic
def send_now(subscriber: Subscriber, at: datetime) -> Digest:
    """Make today's scheduled digest due at once, planning it if there is none yet.

    One that was sent, or may have been, stays as it is: look at the state of what comes back.
    """
    person = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    today = at.astimezone(person.zone).date()
    digests = Digest.objects.scheduled().filter(subscriber=person)
    digest = digests.filter(local_date__gte=today).order_by("-local_date").first()
    if digest is None:
        digest = _scheduled(person, at)
        digest.save()
        person.save(update_fields=["next_due_at", "last_due_at", "last_local_date"])
    else:
        next_due = person.next_due_at or at + SAMPLE_LASTS
        expires_at = max(next_due - BEFORE_THE_NEXT, at + BEFORE_THE_NEXT)
        rows = digests.filter(pk=digest.pk)
        rows.filter(state__in=REOPENED).update(
            state=State.PLANNED,
            composed_at=None,
            from_seq=None,
            to_seq=None,
            entries=[],
            follow_ups=[],
            told={},
        )
        rows.make_due(at, expires_at)
    digest.refresh_from_db()
    return digest
