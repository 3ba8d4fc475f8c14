"""What all changes of a keyword list share: the lock, the limits, the order, and stored texts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F, Max
from django.utils.timezone import now

from digest.matching.query import MAX_KEYWORDS, Expansions, Keyword, KeywordError, parse
from subscriptions.models import Subscriber, Subscription

from .change import ChangeRefused, LastKeyword

KEPT_DROPPED = 200  # dropped keywords of one subscriber; older ones are deleted


@contextmanager
def locked(subscriber_id: int) -> Iterator[Subscriber]:
    """Lock the subscriber in a transaction: concurrent changes of one list are checked in turn."""
    with transaction.atomic():
        yield Subscriber.objects.select_for_update().get(pk=subscriber_id)


def usable_keywords(texts: Iterable[str]) -> list[Keyword]:
    """Parse the keywords; those that only an older release accepted are left out."""
    found = []
    for text in texts:
        try:
            found.append(parse(text))
        except KeywordError:
            continue
    return found


def meaning_key(text: str) -> str:
    """Return a text that is equal for keywords of equal meaning, like "RL" and "rl"."""
    try:
        return parse(text).canonical
    except KeywordError:
        return text


def selects_papers(text: str) -> bool:
    """Whether the keyword selects papers, instead of only leaving some out."""
    return any(not keyword.excludes for keyword in usable_keywords([text]))


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


def gets_papers(person: Subscriber) -> bool:
    """Whether anything is left that brings papers: a keyword, or trending papers."""
    return bool(person.trending_top) or any(map(selects_papers, person.active_keywords()))


def check_gets_papers(person: Subscriber) -> None:
    """Raise LastKeyword if nothing is left that brings papers."""
    if not gets_papers(person):
        raise LastKeyword("Without it you wouldn’t get any papers.")


def check_room(person: Subscriber) -> None:
    """Raise ChangeRefused if the list of a subscriber has become too long."""
    if person.subscriptions.active().count() > MAX_KEYWORDS:
        raise ChangeRefused(
            f"A list has room for {MAX_KEYWORDS} keywords. Remove one first, or join some with OR."
        )


def active_like(person: Subscriber, text: str) -> Subscription | None:
    """Return the active keyword of that text, else one of equal meaning, else None."""
    key = meaning_key(text)
    found = [row for row in person.subscriptions.active() if meaning_key(row.text) == key]
    return min(found, key=lambda row: row.text != text, default=None)


def switch_on(person: Subscriber, text: str, wordings: Expansions) -> Subscription:
    """Activate a keyword, new or dropped before, at the end of the list, with these wordings.

    An active one of equal meaning stays as it is.
    """
    if row := active_like(person, text):
        return row
    added = {
        "active": True,
        "dropped_at": None,
        "created_at": now(),
        "position": _end(person),
        "expansions": wordings.to_json(),
    }
    row, _ = person.subscriptions.update_or_create(text=text, defaults=added)
    delete_oldest_dropped(person)
    return row


def switch_off(person: Subscriber, pk: int) -> bool:
    """Switch a keyword of the subscriber off; return whether it was active."""
    mine = person.subscriptions.filter(pk=pk, active=True)
    return bool(mine.update(active=False, dropped_at=now()))


def arrange(person: Subscriber, order: Sequence[int]) -> None:
    """Number the keywords with these primary keys in this order, from 1."""
    places = {pk: place for place, pk in enumerate(order, 1)}
    rows = person.subscriptions.filter(pk__in=places).only("subscriber", "position")
    moved = [row for row in rows if row.position != places[row.pk]]
    for row in moved:
        row.position = places[row.pk]
    Subscription.objects.bulk_update(moved, ["position"])


def delete_oldest_dropped(person: Subscriber) -> None:
    """Delete dropped keywords beyond the newest KEPT_DROPPED, so that a list cannot grow on."""
    dropped = person.subscriptions.filter(active=False)
    newest_first = dropped.order_by(F("dropped_at").desc(nulls_last=True), "-pk")
    old = list(newest_first.values_list("pk", flat=True)[KEPT_DROPPED : KEPT_DROPPED + 500])
    if old:
        dropped.filter(pk__in=old).delete()


def _end(person: Subscriber) -> int:
    last = person.subscriptions.active().aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
