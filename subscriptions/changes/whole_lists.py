"""Changes of a whole list of keywords: add some, and change the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.timezone import now

from digest.expansions.possible_wordings import NO_CHOICES
from digest.matching.query import Expansions, Pair
from subscriptions.models import Subscriber, Subscription

from .change import Change, Kind
from .keyword_rows import arrange, check_room, delete_oldest_dropped, locked, meaning_key
from .wordings import resolve_wordings


@dataclass(frozen=True, slots=True)
class Added:
    """The keywords that were added, and those that were in the list already, as they are there.

    `change`: the addition, for `undo`; None if nothing was added, or only merged.
    """

    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    change: Change | None = None


def add(
    subscriber: Subscriber, texts: Sequence[str], choices: Mapping[Pair, bool] = NO_CHOICES
) -> Added:
    """Add keywords that can be used at the end of the list.

    `choices`: other wordings of them that the owner switched on or off. Raises ChangeRefused if
    there is no room for all of them; then none is added.
    """
    wordings = resolve_wordings(texts, choices)
    with locked(subscriber.pk) as person:
        added = merge_keywords(person, texts, wordings)
        check_room(person)
        rows = person.subscriptions.filter(text__in=added.new).values_list("pk", flat=True)
        change = Change(Kind.ADD, tuple(sorted(rows))) if added.new else None
    return replace(added, change=change)


def merge_keywords(
    person: Subscriber, texts: Sequence[str], wordings: Mapping[str, Expansions]
) -> Added:
    """Add keywords to the list of a subscriber who is locked, in a fixed number of queries.

    `wordings`: text -> what it is saved with; as typed if it is not there. Of keywords with equal
    meanings one is kept; one that was dropped before is switched on again.
    """
    rows = list(person.subscriptions.all())
    active = {meaning_key(row.text): row for row in rows if row.active}
    dropped = {row.text: row for row in rows if not row.active}
    dropped_like = {meaning_key(row.text): row for row in dropped.values()}
    end = max((row.position for row in active.values()), default=0)
    new: list[Subscription] = []
    known: list[str] = []
    for text in texts:
        key = meaning_key(text)
        if key in active:
            if active[key] not in new:
                known.append(active[key].text)
            continue
        row = dropped.get(text) or dropped_like.get(key)
        row = row or Subscription(subscriber=person, text=text)
        row.active, row.dropped_at, row.created_at = True, None, now()
        row.expansions = wordings.get(text, Expansions()).to_json()
        row.position = end + 1 + len(new)
        active[key] = row
        new.append(row)
    fields = ["active", "dropped_at", "created_at", "position", "expansions"]
    Subscription.objects.bulk_update([row for row in new if row.pk], fields)
    Subscription.objects.bulk_create([row for row in new if not row.pk])
    delete_oldest_dropped(person)
    return Added(tuple(row.text for row in new), tuple(dict.fromkeys(known)))


def move(subscription: Subscription, *, before: int | None) -> bool:
    """Move a keyword in front of the one with that primary key, None for the end.

    Moving it twice is moving it once. Returns False, and moves nothing, if one of them is not in
    the list any more.
    """
    with locked(subscription.subscriber_id) as person:
        order = list(person.subscriptions.active().values_list("pk", flat=True))
        if subscription.pk not in order or before == subscription.pk:
            return False
        if before is not None and before not in order:
            return False
        order.remove(subscription.pk)
        order.insert(len(order) if before is None else order.index(before), subscription.pk)
        arrange(person, order)
    return True
