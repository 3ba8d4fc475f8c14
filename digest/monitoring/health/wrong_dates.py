"""Dates further ahead than a right clock allows, written while the clock was ahead.

A subscriber who was planned by such a clock gets no mail until the days in between have passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from digest.models import PERMIT_LEASE, Digest, Letter, OutgoingQuerySet, Source, State, Turn
from digest.models.sources import FETCH_LEASE
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency

_SLACK = timedelta(minutes=5)
# How far ahead the next digest may be due: local dates are distinct, due times are 16 hours or more
# apart, and the subscriber may have changed the zone.
_LONGEST = {
    Frequency.DAILY: timedelta(hours=49),
    Frequency.WEEKDAYS: timedelta(days=5),
    Frequency.WEEKLY: timedelta(days=9),
}
_FIRST_ZONE = timedelta(hours=14)  # UTC+14, where a day begins first
_LONGEST_DELAY = timedelta(hours=3)  # of a mail that is tried again
_LONGEST_PAUSE = timedelta(days=8)  # of a source that is fetched once a week
# Pages of days that were asked for before they were there are asked for again.
_FETCHED_AGAIN = timedelta(days=8)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class WrongDates:
    """Counts of people, mails and sources with dates that are too far ahead."""

    people: int
    mails: int
    sources: int

    @property
    def total(self) -> int:
        return self.people + self.mails + self.sources

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, "" if nothing is."""
        named = ((self.people, "people"), (self.mails, "e-mails"), (self.sources, "sources"))
        who = " and ".join(f"{count} {name}" for count, name in named if count)
        if not who:
            return ""
        return (
            f"The dates of {who} are too far ahead, as if a clock had been ahead. Once the clock "
            "is right, run manage.py clock --put-right (or use the button in the admin, Why is "
            "nothing going out?)."
        )


def find_wrong_dates(at: datetime) -> WrongDates:
    """Count what lies too far ahead of `at`."""
    mails = sum(_mails_ahead(model, at).count() for model in (Digest, Letter))
    return WrongDates(_people_ahead(at).count(), mails, _sources_ahead(at).count())


def _people_ahead(at: datetime) -> QuerySet[Subscriber]:
    """Return subscribers planned later than `at`, and active ones who are due too late."""
    # The latest date in any zone, and a day more for those who moved to another zone.
    last_date = (at + _FIRST_ZONE).date() + timedelta(days=1)
    planned = Q(last_due_at__gt=at + _SLACK) | Q(last_local_date__gt=last_date)
    due = Q(pk__in=())
    for frequency, longest in _LONGEST.items():
        due |= Q(frequency=frequency.value, next_due_at__gt=at + longest)
    return Subscriber.objects.filter(planned | Q(due, status=Subscriber.Status.ACTIVE))


def _mails_ahead(
    model: type[Digest] | type[Letter], at: datetime
) -> OutgoingQuerySet[Digest] | OutgoingQuerySet[Letter]:
    """Return mails whose next attempt or lease is further ahead than any may be."""
    leased = Q(state__in=(State.LEASED, State.SENDING))
    leased &= Q(lease_until__gt=Now() + PERMIT_LEASE + _SLACK)
    planned = Q(state=State.PLANNED, not_before__gt=at + _LONGEST_DELAY)
    return model._default_manager.filter(planned | leased)


def _sources_ahead(at: datetime) -> QuerySet[Source]:
    """Return sources fetched later than `at` or for a day to come, or due too late."""
    late = Q(next_run_at__gt=at + _LONGEST_PAUSE) | Q(covered_through__gte=at.date())
    fetched = Q(last_success_at__gt=at + _SLACK) | Q(last_error_at__gt=at + _SLACK)
    leased = Q(lease_until__gt=Now() + FETCH_LEASE + _SLACK)
    return Source.objects.filter(late | fetched | leased)


def correct_dates(at: datetime) -> WrongDates:
    """Bring the dates back to what the right clock allows; return how many there were.

    Nothing is sent twice: digests keep their dates, and a subscriber has one digest a date. No
    paper is lost: watermarks stay. Each subscriber is due at the next hour of their choice that is
    16 hours or more away.
    """
    people, last = 0, 0
    while ids := _put_people_right(at, last):
        people, last = people + len(ids), ids[-1]
    mails = sum(_put_mails_right(model, at) for model in (Digest, Letter))
    return WrongDates(people, mails, _put_sources_right(at))


@transaction.atomic
def _put_people_right(at: datetime, after: int) -> list[int]:
    rows = _people_ahead(at).filter(pk__gt=after).order_by("pk")
    people = list(rows.select_for_update(no_key=True)[:_BATCH])
    for person, newest in zip(people, _newest_dates(people, at), strict=True):
        today = at.astimezone(person.zone).date()
        if person.last_local_date and person.last_local_date > today:
            person.last_local_date = newest
        if person.last_due_at and person.last_due_at > at:
            person.last_due_at = at
        if person.status == Subscriber.Status.ACTIVE:
            person.next_due_at = person.next_due_after(at)
    Subscriber.objects.bulk_update(people, ["next_due_at", "last_due_at", "last_local_date"])
    return [person.pk for person in people]


def _newest_dates(people: Sequence[Subscriber], at: datetime) -> list[date | None]:
    """Return for each subscriber the newest local date up to today that has a digest, or None."""
    today = {person.pk: at.astimezone(person.zone).date() for person in people}
    digests = Digest.objects.scheduled().filter(subscriber__in=people).order_by("local_date")
    newest: dict[int, date] = {}
    for pk, day in digests.values_list("subscriber_id", "local_date"):
        if day <= today[pk]:
            newest[pk] = day
    return [newest.get(person.pk) for person in people]


def _put_mails_right(model: type[Digest] | type[Letter], at: datetime) -> int:
    rows = _mails_ahead(model, at)
    count: int = rows.filter(state=State.PLANNED).update(not_before=at)
    # Their sender may still be running: it keeps a full lease.
    return count + int(rows.exclude(state=State.PLANNED).update(lease_until=Now() + PERMIT_LEASE))


@transaction.atomic
def _put_sources_right(at: datetime) -> int:
    Turn.objects.filter(taken_until__gt=Now() + _LONGEST_DELAY).update(taken_until=Now())
    sources = list(_sources_ahead(at).select_for_update(no_key=True))
    for source in sources:
        if source.covered_through and source.covered_through >= at.date():
            source.covered_through = at.date() - _FETCHED_AGAIN
        if source.next_run_at:
            source.next_run_at = at
        for name in ("last_success_at", "last_error_at"):
            if (moment := getattr(source, name)) and moment > at:
                setattr(source, name, at)
        source.lease_until = None
    fields = ["covered_through", "next_run_at", "last_success_at", "last_error_at", "lease_until"]
    Source.objects.bulk_update(sources, fields)
    return len(sources)
