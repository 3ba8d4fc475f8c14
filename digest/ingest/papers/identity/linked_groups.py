"""Groups of things that are linked, directly or by way of others."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class LinkedGroups(Generic[T]):
    """A disjoint-set forest: time is nearly linear in the number of links."""

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def add(self, linked: Iterable[T]) -> None:
        """Put these, and all that each of them is linked to already, into one group."""
        first, *others = map(self._top, linked)
        for other in others:
            self._above[self._top(other)] = first

    def groups(self) -> list[list[T]]:
        """Return all that was added in groups, in the order of addition."""
        found: dict[T, list[T]] = {}
        for each in list(self._above):
            found.setdefault(self._top(each), []).append(each)
        return list(found.values())

    def _top(self, each: T) -> T:
        while each != (above := self._above.setdefault(each, each)):
            self._above[each] = self._above[above]
            each = above
        return each
