"""What a person was sent before, as far as the next digest has to know it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from digest.models import Digest, DigestEntry, FollowUp, State
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


class Earlier(NamedTuple):
    """A scheduled digest that went before, without what it held. `change`: the papers' change
    counter up to which it told what became of papers, None where that is not known. `mark`: the
    person's watermark as of the same look, so that what it does not cover had not ended well."""

    pk: int
    person: int
    day: date
    state: str
    composed_at: datetime | None
    to_seq: int | None
    change: int | None
    mark: int


class Mail(NamedTuple):
    """What a mail that arrived held."""

    pk: int
    person: int
    day: date
    entries: list[DigestEntry]
    follow_ups: list[FollowUp]


@dataclass(frozen=True, slots=True)
class Past:
    """`mark`: up to which listing number the person's papers are dealt with.
    `earlier`: the person's other scheduled digests since the date `reach`, newest first.
    `joined`: the local date of the confirmation. `since`: the local date of the newest one after
    it that ended SENT or EMPTY, composed at `composed_at`. `doubtful`: the local date of the
    newest one that ended UNKNOWN and shares papers with the window. `missed`: an earlier date
    after `since` has one that was due and never arrived."""

    mark: int
    earlier: tuple[Earlier, ...]
    reach: date
    joined: date
    since: date | None
    composed_at: datetime | None
    doubtful: date | None
    missed: bool

    @property
    def told_up_to(self) -> int | None:
        """The `change` of the newest one that arrived lately, None if there is none."""
        return next((each.change for each in self.earlier if each.state == State.SENT), None)


def pasts_of(digests: Sequence[Digest]) -> list[Past]:
    """What went before each of these digests: in one query, or two where somebody had none
    lately."""
    floor = min(digest.local_date for digest in digests) - _LATELY
    known = _earlier(digests, floor)
    lacking = [each for each in digests if not _reaches(each, known[each.subscriber_id], floor)]
    known |= _earlier(lacking, date.min)
    further = {digest.subscriber_id for digest in lacking}
    return [
        _past(
            digest,
            known[digest.subscriber_id],
            date.min if digest.subscriber_id in further else floor,
        )
        for digest in digests
    ]


def _earlier(digests: Sequence[Digest], floor: date) -> dict[int, list[Earlier]]:
    """Person id -> their scheduled digests since that date, newest first."""
    found: dict[int, list[Earlier]] = defaultdict(list)
    if not digests:
        return found
    rows = Digest.objects.scheduled().filter(
        among("subscriber_id", {digest.subscriber_id for digest in digests}),
        local_date__gte=floor,
    )
    for row in rows.order_by("-local_date").values_list(*_EARLIER):
        each = Earlier._make(row)
        found[each.person].append(each)
    return found


def _reaches(digest: Digest, earlier: Sequence[Earlier], floor: date) -> bool:
    """Whether what was found since `floor` is all that matters."""
    joined = joined_on(digest.subscriber)
    return joined >= floor or _covered(digest, earlier, joined) is not None


def _past(digest: Digest, known: Sequence[Earlier], reach: date) -> Past:
    person = digest.subscriber
    earlier = tuple(each for each in known if each.pk != digest.pk)
    # The person was loaded with the claim, before it was seen that no earlier digest is under way.
    mark = known[0].mark if known else person.confirmed_through_seq
    joined = joined_on(person)
    covered = _covered(digest, earlier, joined)
    since = covered.day if covered else None
    return Past(
        mark=mark,
        earlier=earlier,
        reach=reach,
        joined=joined,
        since=since,
        composed_at=covered.composed_at if covered else person.confirmed_at,
        doubtful=_doubtful(digest, mark, earlier),
        missed=any(
            (since or joined) <= each.day < digest.local_date and each.state in _MISSED
            for each in earlier
        ),
    )


def joined_on(person: Subscriber) -> date:
    """The local date of the (latest) confirmation: what was before does not count any more."""
    return person.confirmed_at.astimezone(person.zone).date() if person.confirmed_at else date.min


def _covered(digest: Digest, earlier: Iterable[Earlier], joined: date) -> Earlier | None:
    """The newest one since the confirmation that ended with its papers dealt with.

    One of the same date counts too: a sample or a preview may look back at it.
    """
    for each in earlier:
        if (
            each.state in _COVERED
            and joined <= each.day <= digest.local_date
            and each.pk != digest.pk
        ):
            return each
    return None


def _doubtful(digest: Digest, after: int, earlier: Iterable[Earlier]) -> date | None:
    """The day of an earlier mail whose fate is unknown and whose papers are in this one too."""
    if digest.kind != Digest.Kind.SCHEDULED:
        return None
    for each in earlier:
        if each.state == State.UNKNOWN and each.to_seq is not None and each.to_seq > after:
            return each.day
    return None


def others(digest: Digest) -> QuerySet[Digest]:
    """The same person's other scheduled digests, newest first."""
    mine: QuerySet[Digest] = Digest.objects.scheduled().filter(subscriber_id=digest.subscriber_id)
    return mine.exclude(pk=digest.pk).order_by("-local_date")


def mails_to(digests: Sequence[Digest]) -> dict[int, list[Mail]]:
    """Person id -> the mails that arrived in about the last 90 days, newest first."""
    found: dict[int, list[Mail]] = defaultdict(list)
    if not digests:
        return found
    rows = Digest.objects.filter(
        among("subscriber_id", {digest.subscriber_id for digest in digests}),
        state=State.SENT,
        local_date__gt=min(digest.local_date for digest in digests) - REMEMBERED,
    )
    names = "pk", "subscriber_id", "local_date", "entries", "follow_ups"
    for row in rows.order_by("-local_date", "-pk").values_list(*names):
        mail = Mail._make(row)
        found[mail.person].append(mail)
    return found


def before(digest: Digest, mails: Iterable[Mail]) -> list[Mail]:
    """Of a person's mails those that this digest has to remember."""
    oldest = digest.local_date - REMEMBERED
    return [mail for mail in mails if mail.pk != digest.pk and mail.day > oldest]


def papers_in(mails: Iterable[Mail]) -> set[int]:
    """The ids of all papers that these mails held."""
    return {entry.paper for mail in mails for entry in mail.entries}
