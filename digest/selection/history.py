"""What a person was sent before, as far as the next digest has to know it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from digest.models import Digest, DigestEntry, DigestFacts, FollowUp, State
from digest.models.database import among
from subscriptions.models import Subscriber

REMEMBERED = timedelta(days=90)
_LATELY = timedelta(days=8)  # a weekly digest's last one is in it
_COVERED = frozenset({State.SENT, State.EMPTY})
_MISSED = frozenset({State.EXPIRED, State.FAILED, State.CANCELLED})
_EARLIER = (
    "pk", "subscriber_id", "local_date", "state", "composed_at", "to_seq", "facts__change",
    "subscriber__confirmed_through_seq",
)  # fmt: skip


class EarlierDigest(NamedTuple):
    """An earlier scheduled digest, without its entries.

    change: the papers' change counter up to which follow-ups were sent, None where that is not
    known. watermark: the person's, read by the same query; a window above it did not end as SENT
    or EMPTY.
    """

    pk: int
    person: int
    day: date
    state: str
    composed_at: datetime | None
    to_seq: int | None
    change: int | None
    watermark: int


class SentDigest(NamedTuple):
    """What a digest that arrived held."""

    pk: int
    person: int
    day: date
    entries: list[DigestEntry]
    follow_ups: list[FollowUp]
    facts: DigestFacts


@dataclass(frozen=True, slots=True)
class History:
    """What went before one digest.

    watermark: listing number up to which the person's papers count as handled.
    earlier: the person's other scheduled digests since the date `reach`, newest first.
    confirmed_on: local date of the confirmation.
    since, composed_at: local date and time of composition of the newest digest after the
        confirmation that ended SENT or EMPTY; None and the time of the confirmation if none did.
    doubtful: local date of the newest digest that ended UNKNOWN and shares papers with the window.
    missed: whether a digest since then was due and never arrived.
    """

    watermark: int
    earlier: tuple[EarlierDigest, ...]
    reach: date
    confirmed_on: date
    since: date | None
    composed_at: datetime | None
    doubtful: date | None
    missed: bool

    @property
    def reported_up_to(self) -> int | None:
        """Change counter up to which the newest recent digest that arrived reported follow-ups.
        Returns None if it is not known."""
        return next((each.change for each in self.earlier if each.state == State.SENT), None)


def histories_of(digests: Sequence[Digest]) -> list[History]:
    """The history of each of these digests, in their order: in one query, or two where somebody
    had no digest in the last days."""
    floor = min(digest.local_date for digest in digests) - _LATELY
    known = _earlier(digests, floor)
    lacking = [each for each in digests if not _reaches(each, known[each.subscriber_id], floor)]
    known |= _earlier(lacking, date.min)
    further = {digest.subscriber_id for digest in lacking}
    return [
        _history(
            digest,
            known[digest.subscriber_id],
            date.min if digest.subscriber_id in further else floor,
        )
        for digest in digests
    ]


def _earlier(digests: Sequence[Digest], floor: date) -> dict[int, list[EarlierDigest]]:
    """Map each person id to their scheduled digests since that date, newest first."""
    found: dict[int, list[EarlierDigest]] = defaultdict(list)
    if not digests:
        return found
    rows = Digest.objects.scheduled().filter(
        among("subscriber_id", {digest.subscriber_id for digest in digests}),
        local_date__gte=floor,
    )
    for row in rows.order_by("-local_date").values_list(*_EARLIER):
        each = EarlierDigest._make(row)
        found[each.person].append(each)
    return found


def _reaches(digest: Digest, earlier: Sequence[EarlierDigest], floor: date) -> bool:
    """Whether what was found since `floor` is all that matters."""
    confirmed_on = confirmation_date(digest.subscriber)
    return confirmed_on >= floor or _covered(digest, earlier, confirmed_on) is not None


def _history(digest: Digest, known: Sequence[EarlierDigest], reach: date) -> History:
    person = digest.subscriber
    earlier = tuple(each for each in known if each.pk != digest.pk)
    # The person was loaded with the claim, before it was seen that no earlier digest is under way.
    watermark = known[0].watermark if known else person.confirmed_through_seq
    confirmed_on = confirmation_date(person)
    covered = _covered(digest, earlier, confirmed_on)
    since = covered.day if covered else None
    return History(
        watermark=watermark,
        earlier=earlier,
        reach=reach,
        confirmed_on=confirmed_on,
        since=since,
        composed_at=covered.composed_at if covered else person.confirmed_at,
        doubtful=_doubtful(digest, watermark, earlier),
        missed=any(
            (since or confirmed_on) <= each.day < digest.local_date and each.state in _MISSED
            for each in earlier
        ),
    )


def confirmation_date(person: Subscriber) -> date:
    """The local date of the latest confirmation; digests before it no longer count."""
    return person.confirmed_at.astimezone(person.zone).date() if person.confirmed_at else date.min


def _covered(
    digest: Digest, earlier: Iterable[EarlierDigest], confirmed_on: date
) -> EarlierDigest | None:
    """The newest digest since the confirmation that ended SENT or EMPTY.

    One of the same date counts too: a sample or a preview may look back at it.
    """
    for each in earlier:
        if (
            each.state in _COVERED
            and confirmed_on <= each.day <= digest.local_date
            and each.pk != digest.pk
        ):
            return each
    return None


def _doubtful(digest: Digest, after: int, earlier: Iterable[EarlierDigest]) -> date | None:
    """Local date of an earlier digest that ended UNKNOWN and whose papers are in this one too."""
    if digest.kind != Digest.Kind.SCHEDULED:
        return None
    for each in earlier:
        if each.state == State.UNKNOWN and each.to_seq is not None and each.to_seq > after:
            return each.day
    return None


def other_digests(digest: Digest) -> QuerySet[Digest]:
    """The same person's other scheduled digests, newest first."""
    all_: QuerySet[Digest] = Digest.objects.scheduled().filter(subscriber_id=digest.subscriber_id)
    return all_.exclude(pk=digest.pk).order_by("-local_date")


def sent_digests_of(digests: Sequence[Digest]) -> dict[int, list[SentDigest]]:
    """Map each person id to the digests that arrived in about the last 90 days, newest first."""
    found: dict[int, list[SentDigest]] = defaultdict(list)
    if not digests:
        return found
    rows = Digest.objects.filter(
        among("subscriber_id", {digest.subscriber_id for digest in digests}),
        state=State.SENT,
        local_date__gt=min(digest.local_date for digest in digests) - REMEMBERED,
    )
    names = "pk", "subscriber_id", "local_date", "entries", "follow_ups", "facts"
    for row in rows.order_by("-local_date", "-pk").values_list(*names):
        each = SentDigest._make(row)
        found[each.person].append(each)
    return found


def within_memory(digest: Digest, sent: Iterable[SentDigest]) -> list[SentDigest]:
    """The other digests of the last 90 days, of all that were sent to the person."""
    oldest = digest.local_date - REMEMBERED
    return [each for each in sent if each.pk != digest.pk and each.day > oldest]


def papers_in(sent: Iterable[SentDigest]) -> set[int]:
    """The ids of all papers in these digests."""
    return {entry.paper for each in sent for entry in each.entries}


def papers_shown_in(sent: Iterable[SentDigest]) -> set[int]:
    """The ids of the papers that these digests showed as neighbours or as near misses."""
    shown: set[int] = set()
    for each in sent:
        shown.update(neighbour.paper for neighbour in each.facts.neighbours)
        shown.update(miss.paper for miss in (each.facts.quiet.near if each.facts.quiet else ()))
    return shown
