"""Drawing by turns: in a random order, yet none twice before each has had its turn."""

from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Deck(Generic[Kind]):
    """Cards to draw for ever; when all are drawn they are shuffled anew."""

    def __init__(self, cards: Sequence[Kind], random: Random) -> None:
        self._cards, self._random = tuple(cards), random
        self._left: list[Kind] = []

    def draw(self) -> Kind:
        if not self._left:
            self._left = self._random.sample(self._cards, len(self._cards))
        return self._left.pop()
