"""Changes that subscribers make to what they get, each of which can be undone.

Each function is idempotent and returns the `Change` that it made, for `undo`. A change is written
into a signed link, so it holds primary keys and no text.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from django.db import transaction

from digest.matching.query import MAX_KEYWORDS, Keyword, KeywordError, parse
from digest.matching.query.atoms import Phrase

from .models import TRENDING_USUAL, Subscriber, Subscription

Status = Subscriber.Status
PAUSE_LENGTH = timedelta(days=7)
SCHEDULE_FIELDS = {"timezone", "send_at", "frequency", "weekly_on"}


class ChangeRefused(ValueError):
    """A change that cannot be made. `message` says why, and what to do instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LastKeyword(ChangeRefused):
    """Without this keyword the subscriber would never get mail."""


class Kind(StrEnum):
    DROP = "drop"
    WIDEN = "widen"
    EXCLUDE = "exclude"
    PAUSE = "pause"
    TRENDING = "trending"


@dataclass(frozen=True, slots=True)
class Change:
    """The kind of a change, and the primary keys of the rows it is about.

    - drop, exclude: the subscription
    - widen: the narrow subscription, the wide one, and 1 if the wide one was active before, else 0
    - pause: the subscriber
    - trending: the subscriber, and how many trending papers a mail had before
    """

    kind: Kind
    rows: tuple[int, ...]

    def __str__(self) -> str:
        return "-".join([self.kind, *map(str, self.rows)])

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse what `str(change)` wrote. Raises ValueError for anything else."""
        kind, *rows = text.split("-")
        if len(rows) != {Kind.WIDEN: 3, Kind.TRENDING: 2}.get(Kind(kind), 1):
            raise ValueError("not a change")
        return cls(Kind(kind), tuple(map(int, rows)))


def drop(subscription: Subscription) -> Change:
    """Switch a keyword off. Raises LastKeyword if no papers would be sent any more."""
    with _locked(subscription.subscriber_id) as person:
        mine = person.subscriptions.filter(pk=subscription.pk, active=True)
        if mine.update(active=False) and selects_papers(subscription.text):
            _check_gets_papers(person)
    return Change(Kind.DROP, (subscription.pk,))


def drop_trending(subscriber: Subscriber) -> Change:
    """Stop sending trending papers. Raises LastKeyword if the subscriber has no keyword."""
    with _locked(subscriber.pk) as person:
        before, person.trending_top = person.trending_top, 0
        if before:
            _check_gets_papers(person)
            person.save(update_fields=["trending_top"])
    return Change(Kind.TRENDING, (subscriber.pk, before or TRENDING_USUAL))


@transaction.atomic
def left_without_papers(keywords: Iterable[Subscription]) -> list[Subscriber]:
    """Return the subscribers who would get no papers at all without these keywords.

    Their rows stay locked until the caller's transaction ends.
    """
    selecting = [each for each in keywords if each.active and selects_papers(each.text)]
    if not selecting:
        return []
    ids = sorted({each.subscriber_id for each in selecting})
    people = Subscriber.objects.with_ids(ids).filter(trending_top=0).order_by("pk")
    found = {person.pk: person for person in people.select_for_update()}
    gone = {each.pk for each in selecting}
    others = Subscription.objects.active().filter(subscriber__in=list(found))
    for pk, person_id, text in others.values_list("pk", "subscriber_id", "text"):
        if pk not in gone and selects_papers(text):
            found.pop(person_id, None)
    return list(found.values())


def widen(subscription: Subscription) -> Change:
    """Replace a phrase by its words anywhere.

    Raises ChangeRefused if the keyword has no wider form or is switched off.
    """
    text = wider(subscription.text)
    if not text:
        raise ChangeRefused("This keyword has no wider form: its words may stand anywhere already.")
    with _locked(subscription.subscriber_id) as person:
        there = person.subscriptions.active().filter(text=text).exists()
        mine = person.subscriptions.filter(pk=subscription.pk, active=True)
        replaced = bool(mine.update(active=False))
        if not replaced and not there:
            raise ChangeRefused("This keyword is switched off, so there is nothing to widen.")
        wide, _ = person.subscriptions.update_or_create(text=text, defaults={"active": True})
    return Change(Kind.WIDEN, (subscription.pk, wide.pk, int(there and replaced)))


def wider(text: str) -> str:
    """Join the words of a phrase by AND: `federated learning` becomes `federated AND learning`.

    Returns "" for anything but a plain phrase of several words.
    """
    try:
        keyword = parse(text)
        words = [word for word in text.split() if any(map(str.isalnum, word))]
        apart = parse(" AND ".join(words))
    except KeywordError:
        return ""
    is_phrase = isinstance(keyword.tree, Phrase) and not keyword.tree.field
    if keyword.excludes or keyword.notes or apart.notes or not is_phrase or apart == keyword:
        return ""
    return apart.text


def exclude(subscriber: Subscriber, text: str) -> Change:
    """Add a keyword that starts with "-": papers that it matches are left out of every digest.

    Raises ChangeRefused if the list is full, or holds nothing to leave papers out of.
    """
    with _locked(subscriber.pk) as person:
        rule, _ = person.subscriptions.update_or_create(text=text, defaults={"active": True})
        _check_room(person)
        if not _gets_papers(person):
            raise ChangeRefused("You have no keyword, so there is nothing to leave papers out of.")
    return Change(Kind.EXCLUDE, (rule.pk,))


def pause(subscriber: Subscriber, *, at: datetime) -> Change:
    """Send nothing for a week; the next digest covers the gap. A pause in force is not lengthened.

    Raises ChangeRefused if the subscriber gets no digests anyway.
    """
    rows = Subscriber.objects.filter(pk=subscriber.pk)
    paused = rows.filter(status=Status.ACTIVE).update(
        status=Status.PAUSED, paused_until=at + PAUSE_LENGTH
    )
    if not paused and not rows.filter(status=Status.PAUSED).exists():
        raise ChangeRefused(
            "No digests are sent to this address now, so there is nothing to pause."
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


def is_in_force(change: Change) -> bool:
    """Whether the change is in force. Raises DoesNotExist if its rows are deleted."""
    match change.kind:
        case Kind.DROP:
            return not keyword_of(change).active
        case Kind.EXCLUDE:
            return keyword_of(change).active
        case Kind.WIDEN:
            return not keyword_of(change).active and keyword_of(change, wide=True).active
        case Kind.PAUSE:
            return Subscriber.objects.get(pk=change.rows[0]).status == Status.PAUSED
        case Kind.TRENDING:
            return not Subscriber.objects.get(pk=change.rows[0]).trending_top


def keyword_of(change: Change, *, wide: bool = False) -> Subscription:
    """Return the subscription that a change is about. Raises Subscription.DoesNotExist."""
    return Subscription.objects.select_related("subscriber").get(pk=change.rows[int(wide)])


def undo(change: Change, *, at: datetime) -> bool:
    """Take a change back; return whether it was in force.

    Raises ChangeRefused if the list is full, DoesNotExist if what was changed is deleted.
    """
    if change.kind == Kind.PAUSE:
        return resume(change.rows[0], at=at)
    if change.kind == Kind.TRENDING:
        person_id, top = change.rows
        none = Subscriber.objects.filter(pk=person_id, trending_top=0)
        return bool(none.update(trending_top=top))
    with _locked(keyword_of(change).subscriber_id) as person:
        if not is_in_force(change):
            return False
        narrow, *wide = change.rows
        on = change.kind != Kind.EXCLUDE
        person.subscriptions.filter(pk=narrow).update(active=on)
        if wide and not wide[1]:
            person.subscriptions.filter(pk=wide[0]).update(active=False)
        if on:
            _check_room(person)
    return True


def save_preferences(
    subscriber: Subscriber, columns: Mapping[str, object], *, at: datetime
) -> None:
    """Update these columns of a subscriber, and `next_due_at` if the schedule changes.

    Raises LastKeyword if the subscriber would get no papers at all.
    """
    with _locked(subscriber.pk) as person:
        Subscriber.objects.filter(pk=person.pk).update(**columns)
        person.refresh_from_db()
        if columns.keys() & SCHEDULE_FIELDS:
            reschedule(person, at)
        if "trending_top" in columns:
            _check_gets_papers(person)


def reschedule(person: Subscriber, at: datetime) -> None:
    """Recompute `next_due_at` of a subscriber who is locked and freshly read.

    An overdue digest stays due, so that it is not skipped.
    """
    ahead = Subscriber.objects.active().filter(pk=person.pk, next_due_at__gt=at)
    ahead.update(next_due_at=person.next_due_after(at))


def usable_keywords(texts: Iterable[str]) -> list[Keyword]:
    """Parse the keywords; those that only an older release accepted are left out."""
    found = []
    for text in texts:
        try:
            found.append(parse(text))
        except KeywordError:
            continue
    return found


@contextmanager
def _locked(subscriber_id: int) -> Iterator[Subscriber]:
    """Lock the subscriber in a transaction: concurrent changes of one list are checked in turn."""
    with transaction.atomic():
        yield Subscriber.objects.select_for_update().get(pk=subscriber_id)


def selects_papers(text: str) -> bool:
    """Whether the keyword selects papers, instead of only leaving some out."""
    return any(not keyword.excludes for keyword in usable_keywords([text]))


def _gets_papers(person: Subscriber) -> bool:
    return bool(person.trending_top) or any(map(selects_papers, person.active_keywords()))


def _check_gets_papers(person: Subscriber) -> None:
    if not _gets_papers(person):
        raise LastKeyword("Nothing would be left to look for, and no mail would ever come.")


def _check_room(person: Subscriber) -> None:
    if person.subscriptions.active().count() > MAX_KEYWORDS:
        raise ChangeRefused(
            f"Your list holds {MAX_KEYWORDS} keywords, and that is the most. Drop one first."
        )
