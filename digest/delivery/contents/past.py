"""What a person was sent before, as far as the next digest has to know it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from digest.models import Digest, State
from subscriptions.models import Subscriber

REMEMBERED = timedelta(days=90)
_MISSED = (State.EXPIRED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Past:
    """`sent`: mails that arrived in the last 90 days, newest first. `joined`: the local date of
    the confirmation. `since`: the local date of the newest scheduled digest after it that ended
    SENT or EMPTY, composed at `composed_at`. `doubtful`: the local date of the newest one that
    ended UNKNOWN and shares papers with the window. `missed`: an earlier date after `since` has
    one that was due and never arrived."""

    sent: tuple[Digest, ...]
    joined: date
    since: date | None
    composed_at: datetime | None
    doubtful: date | None
    missed: bool

    @property
    def papers(self) -> set[int]:
        """The ids of all papers sent."""
        return {entry["paper"] for digest in self.sent for entry in digest.entries}


def past_of(digest: Digest, after: int) -> Past:
    """What went before this digest, whose window starts after listing number `after`."""
    person = digest.subscriber
    joined = joined_on(person)
    covered = covered_before(digest, joined).first()
    since = covered.local_date if covered else None
    return Past(
        sent=_sent(digest),
        joined=joined,
        since=since,
        composed_at=covered.composed_at if covered else person.confirmed_at,
        doubtful=_doubtful(digest, after),
        missed=_missed(digest, since or joined),
    )


def joined_on(person: Subscriber) -> date:
    """The local date of the (latest) confirmation: what was before does not count any more."""
    return person.confirmed_at.astimezone(person.zone).date() if person.confirmed_at else date.min


def others(digest: Digest) -> QuerySet[Digest]:
    """The same person's other scheduled digests, newest first."""
    mine: QuerySet[Digest] = Digest.objects.scheduled().filter(subscriber_id=digest.subscriber_id)
    return mine.exclude(pk=digest.pk).order_by("-local_date")


def covered_before(digest: Digest, joined: date) -> QuerySet[Digest]:
    """The digests since the confirmation that ended with their papers dealt with.

    One of the same date counts too: a sample or a preview may look back at it.
    """
    return others(digest).filter(
        state__in=(State.SENT, State.EMPTY),
        local_date__gte=joined,
        local_date__lte=digest.local_date,
    )


def _sent(digest: Digest) -> tuple[Digest, ...]:
    sent = Digest.objects.filter(
        subscriber_id=digest.subscriber_id,
        state=State.SENT,
        local_date__gt=digest.local_date - REMEMBERED,
    )
    fields = sent.only("kind", "local_date", "entries", "follow_ups")
    return tuple(fields.exclude(pk=digest.pk).order_by("-local_date", "-pk"))


def _doubtful(digest: Digest, after: int) -> date | None:
    """The day of an earlier mail whose fate is unknown and whose papers are in this one too."""
    if digest.kind != Digest.Kind.SCHEDULED:
        return None
    unknown = others(digest).filter(state=State.UNKNOWN, to_seq__gt=after)
    return unknown.values_list("local_date", flat=True).first()


def _missed(digest: Digest, since: date) -> bool:
    missed = others(digest).filter(local_date__gte=since, local_date__lt=digest.local_date)
    return missed.filter(state__in=_MISSED).exists()
