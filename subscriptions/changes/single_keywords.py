"""Changes of one keyword: drop it, keep it, widen it, replace it, or add one that excludes."""

from collections.abc import Mapping
from datetime import datetime

from digest.expansions.possible_wordings import NO_CHOICES
from digest.matching.query import Expansions, KeywordError, Pair, parse
from digest.matching.query.variants import words_anywhere
from subscriptions.models import Subscriber, Subscription

from .change import Change, ChangeRefused, Kind
from .keyword_rows import (
    active_like,
    arrange,
    check_gets_papers,
    check_room,
    gets_papers,
    locked,
    selects_papers,
    switch_off,
    switch_on,
)
from .wordings import as_before, kept_choices, resolve_wordings


def drop(subscription: Subscription) -> Change:
    """Switch a keyword off. Raises LastKeyword if no papers would be sent any more."""
    with locked(subscription.subscriber_id) as person:
        if switch_off(person, subscription.pk) and selects_papers(subscription.text):
            check_gets_papers(person)
    return Change(Kind.DROP, (subscription.pk,))


def keep(subscription: Subscription, *, at: datetime) -> None:
    """Note that the reader wants to keep an active keyword: its hint is hidden for a while."""
    Subscription.objects.active().filter(pk=subscription.pk).update(kept_at=at)


def widen(subscription: Subscription) -> Change:
    """Replace a phrase by its words anywhere.

    Raises ChangeRefused if the keyword has no wider form or is switched off.
    """
    text = wider(subscription.text)
    wordings = as_before(subscription.wordings)
    if not text:
        raise ChangeRefused("This keyword can’t be made wider: its words may already be anywhere.")
    with locked(subscription.subscriber_id) as person:
        return _replace(person, subscription, text, wordings, Kind.WIDEN)


def wider(text: str) -> str:
    """Join the words of a phrase by AND: `federated learning` becomes `federated AND learning`.

    Returns "" for anything but a phrase of several words.
    """
    try:
        anywhere = words_anywhere(parse(text))
    except KeywordError:
        return ""
    return anywhere.text if anywhere else ""


def edit(
    subscription: Subscription, text: str, choices: Mapping[Pair, bool] = NO_CHOICES
) -> Change | None:
    """Replace a keyword by another text, at the same place; None if it is the same text.

    `text` is a keyword that can be used; `choices`: other wordings of it that the owner switched on
    or off, in addition to the former choices. Raises ChangeRefused if the keyword is switched off
    or the new one is in the list already, LastKeyword if no papers would be sent any more.
    """
    former = kept_choices(subscription.wordings)
    wordings = resolve_wordings([text], former | dict(choices)).get(text, Expansions())
    with locked(subscription.subscriber_id) as person:
        row = person.subscriptions.get(pk=subscription.pk)
        if row.text == text and row.active:
            return None
        there = active_like(person, text)
        if row.active and there and there.pk != row.pk:
            raise ChangeRefused(f"“{there.text}” is already in your list.")
        change = _replace(person, row, text, wordings, Kind.EDIT)
        check_gets_papers(person)
    return change


def _replace(
    person: Subscriber, row: Subscription, text: str, wordings: Expansions, kind: Kind
) -> Change:
    """Switch a keyword off and another one, with these wordings, on in its place.

    Raises ChangeRefused if the first is off and the other is not on, as after the same change.
    """
    order = list(person.subscriptions.active().values_list("pk", flat=True))
    replaced = switch_off(person, row.pk)
    there = active_like(person, text)
    if not replaced and not there:
        raise ChangeRefused(f"“{row.text}” is no longer in your list.")
    new = there or switch_on(person, text, wordings)
    if replaced and not there:
        arrange(person, [new.pk if pk == row.pk else pk for pk in order])
        person.subscriptions.filter(pk=row.pk).update(position=order.index(row.pk) + 1)
    return Change(kind, (row.pk, new.pk, int(bool(there) and replaced)))


def exclude(subscriber: Subscriber, text: str) -> Change:
    """Add a keyword that starts with "-": papers that it matches are left out of every digest.

    Raises ChangeRefused if the list is full, or holds nothing to leave papers out of.
    """
    with locked(subscriber.pk) as person:
        rule = switch_on(person, text, Expansions())
        check_room(person)
        if not gets_papers(person):
            raise ChangeRefused("You have no keywords, so there is nothing to leave papers out of.")
    return Change(Kind.EXCLUDE, (rule.pk,))
