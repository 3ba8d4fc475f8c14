"""A random order in which nothing comes twice before everything came once.

Both the sink and the pool of workers use it, in different processes.
"""

from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class ShuffledCycle(Generic[Kind]):
    """Draws the items in random order, without end; shuffled again when all are drawn."""

    def __init__(self, items: Sequence[Kind], random: Random) -> None:
        self._items, self._random = tuple(items), random
        self._left: list[Kind] = []

    def draw(self) -> Kind:
        if not self._left:
            self._left = self._random.sample(self._items, len(self._items))
        return self._left.pop()
