"""Whether a change is in force, and taking it back."""

from datetime import datetime

from subscriptions.models import Subscriber, Subscription, SubscriptionQuerySet

from .change import Change, Kind
from .delivery import resume
from .keyword_rows import active_like, check_gets_papers, check_room, locked, switch_off

Status = Subscriber.Status


def is_in_force(change: Change) -> bool:
    """Whether the change is in force. Raises DoesNotExist if its rows are deleted."""
    match change.kind:
        case Kind.ADD:
            return _active(change).exists()
        case Kind.DROP:
            return not keyword_of(change).active
        case Kind.EXCLUDE:
            return keyword_of(change).active
        case Kind.WIDEN | Kind.EDIT:
            return not keyword_of(change).active and keyword_of(change, wide=True).active
        case Kind.PAUSE:
            return Subscriber.objects.get(pk=change.rows[0]).status == Status.PAUSED
        case Kind.TRENDING:
            return not Subscriber.objects.get(pk=change.rows[0]).trending_top


def _active(change: Change) -> SubscriptionQuerySet:
    """The keywords of an addition that are in the list."""
    return Subscription.objects.active().filter(pk__in=change.rows)


def keyword_of(change: Change, *, wide: bool = False) -> Subscription:
    """Return the subscription that a change is about. Raises Subscription.DoesNotExist."""
    return Subscription.objects.select_related("subscriber").get(pk=change.rows[int(wide)])


def is_of(change: Change, subscriber: Subscriber) -> bool:
    """Whether a change is about this subscriber and rows that still exist."""
    if change.kind in (Kind.PAUSE, Kind.TRENDING):
        return change.rows[0] == subscriber.pk
    rows = set(change.rows if change.kind == Kind.ADD else change.rows[:2])
    return subscriber.subscriptions.filter(pk__in=rows).count() == len(rows)


def undo(change: Change, *, at: datetime) -> bool:
    """Take a change back; return whether it was in force.

    Raises ChangeRefused if the list is full, LastKeyword if no papers would be sent any more,
    DoesNotExist if what was changed is deleted.
    """
    if change.kind == Kind.PAUSE:
        return resume(change.rows[0], at=at)
    if change.kind == Kind.TRENDING:
        person_id, top = change.rows
        none = Subscriber.objects.filter(pk=person_id, trending_top=0)
        return bool(none.update(trending_top=top))
    with locked(keyword_of(change).subscriber_id) as person:
        if not is_in_force(change):
            return False
        if change.kind == Kind.ADD:
            _active(change).filter(subscriber=person).update(active=False, dropped_at=at)
            check_gets_papers(person)
            return True
        if change.kind == Kind.EXCLUDE:
            return switch_off(person, change.rows[0])
        former, *later = change.rows
        if later and not later[1]:
            switch_off(person, later[0])
        row = person.subscriptions.get(pk=former)
        if not active_like(person, row.text):
            person.subscriptions.filter(pk=former).update(active=True, dropped_at=None)
        check_room(person)
        if later:
            check_gets_papers(person)
    return True
