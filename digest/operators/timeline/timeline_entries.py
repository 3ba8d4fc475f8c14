"""Entries of a timeline, merged from rows of several kinds, the newest first and a page at a time.

A page continues after the position of the last entry of the one before. So each kind is asked for
one page at most, however far back it lies, and no entry is left out or shown twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.urls import reverse

PAGE = 50
_LONGEST_ID = 2**63 - 1

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened at `at`, in a sentence, with details; `url` is the admin page of its row."""

    at: datetime
    sentence: str
    detail: str = ""
    url: str = ""


class Position(NamedTuple):
    """The place of an entry in a timeline: its time, the kind of its row, and the row.

    Of entries of one time, those of the first kind come first.
    """

    at: datetime
    kind: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}~{self.kind}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse what `str` returns. Raises ValueError."""
        at, kind, pk = text.split("~")
        if not (kind.isdecimal() and pk.isdecimal() and int(pk) <= _LONGEST_ID):
            raise ValueError(text)
        moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
        return cls(moment, int(kind), int(pk))

    @property
    def rank(self) -> tuple[datetime, int, int]:
        """What entries are sorted by, the last one first."""
        return self.at, -self.kind, self.pk


class Kind(Protocol):
    """Rows of one kind, each an entry; `permission` is needed to see them."""

    @property
    def permission(self) -> str: ...

    def page(self, kind: int, after: Position | None) -> list[tuple[Position, TimelineEntry]]:
        """Return the newest entries after a position, one more than a page at most. `kind` is the
        number of this one."""


@dataclass(frozen=True, slots=True)
class RowKind(Generic[M]):
    """`rows` in the database, of the time `at`. `entry` makes an entry of a row and its time."""

    permission: str
    rows: QuerySet[M]
    at: str | Combinable
    entry: Callable[[M, datetime], TimelineEntry]

    def page(self, kind: int, after: Position | None) -> list[tuple[Position, TimelineEntry]]:
        at = F(self.at) if isinstance(self.at, str) else self.at
        rows: QuerySet[Any] = self.rows.annotate(moment=at).filter(moment__isnull=False)
        if after is not None:
            earlier = Q(moment__lt=after.at)
            if kind == after.kind:
                earlier |= Q(moment=after.at, pk__lt=after.pk)
            elif kind > after.kind:
                earlier |= Q(moment=after.at)
            rows = rows.filter(earlier)
        newest = rows.order_by("-moment", "-pk")[: PAGE + 1]
        return [(Position(row.moment, kind, row.pk), self.entry(row, row.moment)) for row in newest]


@dataclass(frozen=True, slots=True)
class FewEntries:
    """Entries that are there already."""

    permission: str
    entries: Sequence[TimelineEntry]

    def page(self, kind: int, after: Position | None) -> list[tuple[Position, TimelineEntry]]:
        placed = [(Position(each.at, kind, pk), each) for pk, each in enumerate(self.entries)]
        return [
            (position, each)
            for position, each in placed
            if after is None or position.rank < after.rank
        ]


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """One page of entries; `next` is the position that the following page continues after."""

    entries: list[TimelineEntry]
    next: Position | None


def timeline_page(
    kinds: Sequence[Kind], after: Position | None, may_see: Callable[[str], bool]
) -> TimelinePage:
    """Return the page of the timeline after a position. Takes one query for each kind of rows."""
    found = [
        placed
        for number, kind in enumerate(kinds)
        if may_see(kind.permission)
        for placed in kind.page(number, after)
    ]
    found.sort(key=lambda placed: placed[0].rank, reverse=True)
    shown = found[:PAGE]
    more = shown[-1][0] if len(found) > PAGE else None
    return TimelinePage([entry for _, entry in shown], more)


def admin_url(row: Model) -> str:
    """Return the admin page of a row."""
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
