"""A change that a subscriber made, as signed links carry it, and the refusals of changes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from digest.matching.query import MAX_KEYWORDS


class ChangeRefused(ValueError):
    """A change that cannot be made. `message` says why, and what to do instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LastKeyword(ChangeRefused):
    """Without this keyword the subscriber would never get mail."""


class Kind(StrEnum):
    ADD = "add"
    DROP = "drop"
    WIDEN = "widen"
    EDIT = "edit"
    EXCLUDE = "exclude"
    PAUSE = "pause"
    TRENDING = "trending"


@dataclass(frozen=True, slots=True)
class Change:
    """The kind of a change, and the primary keys of the rows it is about.

    - add: the subscriptions, at most as many as a list holds
    - drop, exclude: the subscription
    - widen, edit: the former subscription, the new one, and 1 if that was active before, else 0
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
        least = {Kind.WIDEN: 3, Kind.EDIT: 3, Kind.TRENDING: 2}.get(Kind(kind), 1)
        most = MAX_KEYWORDS if kind == Kind.ADD else least
        if not least <= len(rows) <= most:
            raise ValueError("not a change")
        return cls(Kind(kind), tuple(map(int, rows)))
