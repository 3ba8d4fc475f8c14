"""The other wordings that keywords are saved with, and switching one of them on or off."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digest.expansions.possible_wordings import NO_CHOICES
from digest.expansions.resolving import wordings_of
from digest.matching.query import Expansions, Keyword, KeywordError, Pair, parse
from digest.matching.query.widening.expansions import RULE_VERSION
from subscriptions.models import Subscription

from .keyword_rows import locked


def resolve_wordings(
    texts: Sequence[str], choices: Mapping[Pair, bool] = NO_CHOICES
) -> dict[str, Expansions]:
    """Return what each keyword is saved with, a few queries for all of them.

    `choices`: the wordings that the owner switched on or off. A text that cannot be read is saved
    as typed.
    """
    keywords: dict[str, Keyword] = {}
    for text in texts:
        try:
            keywords[text] = parse(text)
        except KeywordError:
            continue
    found = wordings_of(list(keywords.values()))
    return {text: each.chosen(choices) for text, each in zip(keywords, found, strict=True)}


def known_wordings(subscription: Subscription) -> Expansions:
    """Return the stored wordings of a keyword, and as offers all others that it could have now."""
    stored = subscription.wordings
    try:
        (found,) = wordings_of([subscription.parsed().typed])
    except KeywordError:
        return stored
    known = {*stored.pairs, *stored.declined}
    offers = dict.fromkeys((*stored.offers, *found.usual, *found.offered))
    return replace(stored, offers=tuple(pair for pair in offers if pair not in known))


def choose_wordings(subscription: Subscription, choices: Mapping[Pair, bool]) -> bool:
    """Switch other wordings of a keyword on and off; return whether its meaning changed.

    Wordings that the keyword cannot have are left out.
    """
    known = known_wordings(subscription)
    offered = dict.fromkeys((*known.pairs, *known.declined, *known.offers))
    with locked(subscription.subscriber_id) as person:
        row = person.subscriptions.get(pk=subscription.pk)
        before = after = row.wordings
        for pair in [each for each in offered if each in choices]:
            after = after.switched(pair, on=choices[pair])
        if after == before:
            return False
        after = replace(after, version=RULE_VERSION)
        person.subscriptions.filter(pk=row.pk).update(expansions=after.to_json())
    return set(after.pairs) != set(before.pairs)


def kept_choices(stored: Expansions) -> dict[Pair, bool]:
    """Return what an owner has switched, to save a changed keyword with it."""
    return dict.fromkeys(stored.pairs, True) | dict.fromkeys(stored.declined, False)


def as_before(stored: Expansions) -> Expansions:
    """Return the expansions for another form of the same keyword: nothing is offered again."""
    return replace(stored, offers=())
