"""Today's mail (a day of UTC): what was sent, what waits and what is still to come."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from django.db.models import Count, F, Min, QuerySet, Sum, Value
from django.db.models.functions import StrIndex, Substr

from digest.models import Digest, Letter, OutcomeCount, State, Tally
from digest.models.database import has_state
from digest.models.outgoing import ACTIVE
from digest.monitoring.delays import count_by_delay
from digest.monitoring.retention.statistics import MIN_PEOPLE_OF_NAMED_DOMAIN
from subscriptions.models import Subscriber

TIMED_DIGESTS = 5_000  # of the newest, for the time from due to sent
QUEUED_BY_DOMAIN = 2_000  # of the queue's front
DOMAINS = 10
_HOUR = timedelta(hours=1)
_MINUTES = 60


@dataclass(frozen=True, slots=True)
class HourOfMail:
    """Digests of the hour from `start`; `to_come`: of subscribers who are due in it."""

    start: datetime
    sent: int = 0
    refused: int = 0
    unknown: int = 0
    to_come: int = 0


@dataclass(frozen=True, slots=True)
class DomainOfMail:
    """Digests to one domain; `queued` counts the first QUEUED_BY_DOMAIN of the queue only."""

    domain: str
    sent: int
    refused: int
    unknown: int
    queued: int = 0


@dataclass(frozen=True, slots=True)
class MailQueue:
    """Planned digests: `waiting` are due, the first since `since`, `put_off` are due later.
    `letters` wait too, since `letters_since`; `sending` are with a worker."""

    waiting: int
    since: datetime | None
    put_off: int
    sending: int
    letters: int
    letters_since: datetime | None

    @property
    def queued(self) -> int:
        return self.waiting + self.put_off + self.sending


@dataclass(frozen=True, slots=True)
class MailToday:
    """`delays`: of the newest digests, see `count_by_delay`."""

    hours: list[HourOfMail]
    domains: list[DomainOfMail]
    queue: MailQueue
    delays: dict[str, int] = field(default_factory=dict)

    def total(self, name: str) -> int:
        """The sum of a field of the hours."""
        return sum(getattr(hour, name) for hour in self.hours)

    @property
    def planned(self) -> int:
        """All digests of the day that are e-mails, or may become one."""
        done = sum(self.total(name) for name in ("sent", "refused", "unknown", "to_come"))
        return done + self.queue.queued


def mail_today(at: datetime) -> MailToday:
    """Count the mail of the day of `at`. Digests that end without an e-mail are not counted."""
    newest = Digest.objects.order_by("-pk").values("pk")[:TIMED_DIGESTS]
    return MailToday(
        hours=_hours(at),
        domains=_domains(at),
        queue=mail_queue(at),
        delays=count_by_delay(
            Digest.objects.filter(pk__in=newest, sent_at__gt=at - timedelta(days=1))
        ),
    )


def mail_queue(at: datetime) -> MailQueue:
    """Measure the queue by partial indexes, without reading its rows."""
    planned = Digest.objects.filter(state=State.PLANNED).order_by()
    due = planned.filter(not_before__lte=at).aggregate(count=Count("pk"), since=Min("not_before"))
    active = Letter.objects.filter(has_state(*ACTIVE))
    waiting = active.filter(state=State.PLANNED, not_before__lte=at)
    letters = waiting.order_by().aggregate(count=Count("pk"), since=Min("not_before"))
    return MailQueue(
        waiting=due["count"],
        since=due["since"],
        put_off=planned.filter(not_before__gt=at).count(),
        sending=Digest.objects.filter(has_state(State.LEASED, State.SENDING)).count(),
        letters=letters["count"],
        letters_since=letters["since"],
    )


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(0), UTC)


def _today(at: datetime) -> QuerySet[OutcomeCount]:
    first = int(_midnight(at).timestamp()) // _MINUTES
    return OutcomeCount.objects.filter(minute__gte=first).order_by()


def _sums(counts: QuerySet[OutcomeCount], name: str) -> dict[str | int, Tally]:
    sums = counts.values_list(name).annotate(*map(Sum, ("tried", "refused", "unknown")))
    return {value: Tally(*some) for value, *some in sums}


def _hours(at: datetime) -> list[HourOfMail]:
    ended = _sums(_today(at).filter(domain="").annotate(hour=F("minute") / _MINUTES), "hour")
    starts = [_midnight(at) + hour * _HOUR for hour in range(24)]
    to_come = _due_by_hour(at, starts)
    hours = []
    for start in starts:
        tally = ended.get(int(start.timestamp()) // 3600, Tally())
        hours.append(
            HourOfMail(start, _sent(tally), tally.refused, tally.unknown, to_come.get(start, 0))
        )
    return hours


def _sent(tally: Tally) -> int:
    """Mails that were accepted and did not come back. (Some bounces are of no known mail.)"""
    return max(tally.tried - tally.refused - tally.unknown, 0)


def _due_by_hour(at: datetime, starts: list[datetime]) -> dict[datetime, int]:
    """Count the subscribers who are due in each hour, the current one from now on: a range of an
    index each, in one statement. (To cut times to hours is a Python function on SQLite.)"""
    counts = [
        Subscriber.objects.active_by_index()
        .filter(next_due_at__gte=max(start, at), next_due_at__lt=start + _HOUR)
        .order_by()
        .values(number=Value(number))
        .annotate(people=Count("pk"))
        for number, start in enumerate(starts)
        if start + _HOUR > at
    ]
    rows = counts[0].union(*counts[1:], all=True)
    return {starts[row["number"]]: row["people"] for row in rows if row["people"]}


def _domains(at: datetime) -> list[DomainOfMail]:
    """The domains with most mail; those of few mails together, as they may name a person."""
    ended = _sums(_today(at).exclude(domain=""), "domain")
    queued = dict(_queued_by_domain())
    domains = []
    for name in map(str, {*ended, *queued}):
        tally = ended.get(name, Tally())
        counts = _sent(tally), tally.refused, tally.unknown, queued.get(name, 0)
        domains.append(DomainOfMail(name, *counts))
    domains.sort(key=lambda each: (-_mails(each), each.domain))
    named = [each for each in domains[:DOMAINS] if _mails(each) >= MIN_PEOPLE_OF_NAMED_DOMAIN]
    rest = domains[len(named) :]
    if not rest:
        return named
    names = ("sent", "refused", "unknown", "queued")
    return [*named, DomainOfMail("", *(sum(getattr(each, n) for each in rest) for n in names))]


def _mails(row: DomainOfMail) -> int:
    return row.sent + row.refused + row.unknown + row.queued


def _queued_by_domain() -> Iterator[tuple[str, int]]:
    front = Digest.objects.filter(state=State.PLANNED).order_by("not_before", "pk")
    rows = Digest.objects.filter(pk__in=front.values("pk")[:QUEUED_BY_DOMAIN]).order_by()
    key = "subscriber__email_key"
    to = Substr(key, StrIndex(key, Value("@")) + 1)
    yield from rows.annotate(to=to).values_list("to").annotate(Count("pk"))
