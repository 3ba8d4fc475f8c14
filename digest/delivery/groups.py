"""Many papers are read more easily keyword by keyword; each has one place."""

from collections.abc import Sequence
from typing import NamedTuple

from digest.delivery.card import Card

UNGROUPED = 8  # up to so many papers stand in one list


class Group(NamedTuple):
    """Cards under one keyword, best first; `keyword` is empty for the one group of a short list."""

    keyword: str
    cards: list[Card]


def grouped(cards: Sequence[Card], most_in_one: int = UNGROUPED) -> list[Group]:
    """The cards (best first) under the keywords that hit them; one list if they are few
    or one keyword would hold them all.

    A keyword is as good as its best paper, and of equals the one that hit more comes first. A
    paper stands under the best keyword that hit it, and the groups come in that order.
    """
    if len(cards) <= most_in_one:
        return [Group("", list(cards))] if cards else []
    order = ranked_keywords(cards)
    groups: dict[str, list[Card]] = {}
    for card in cards:
        best = min(card.keywords, key=order.__getitem__, default="")
        groups.setdefault(best, []).append(card)
    if len(groups) == 1:  # its heading would say what every paper says
        return [Group("", list(cards))]
    return [Group(keyword, found) for keyword, found in groups.items()]


def ranked_keywords(cards: Sequence[Card]) -> dict[str, int]:
    """Keyword -> its place: by its best paper, then by how many it hit, then as listed."""
    found: dict[str, list[int]] = {}  # by rank: the best first
    for at, card in enumerate(cards):
        for place, keyword in enumerate(card.keywords):
            if keyword in found:
                found[keyword][1] -= 1
            else:
                found[keyword] = [at, -1, place]
    return {keyword: place for place, keyword in enumerate(sorted(found, key=found.__getitem__))}
