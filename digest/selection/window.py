"""The papers a digest looks at: a window of listing numbers, or the last days for a sample."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from django.db.models import Q

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.matching.query import Keyword
from digest.matching.sliced_index import AnyIndex, IndexView, SlicedIndex
from digest.models import Digest, Dump, Paper, PaperQuerySet
from digest.models.digest_contents import LookBack
from digest.paper_index import IndexedWindow

SAMPLE_DAYS = 7


class PaperFlags(NamedTuple):
    """What a window has to know of a paper beyond its index.

    renumbered: it got a new number since it was first listed. former: ids of the papers that
    proved to be the same and were merged into it.
    """

    withdrawn: bool
    renumbered: bool
    code: bool
    former: tuple[int, ...]


NO_FLAGS = PaperFlags(withdrawn=False, renumbered=False, code=False, former=())


class WindowFlags(NamedTuple):
    """Flags by paper id; papers without flags are left out. `withdrawn` and `renumbered`: the bits
    of the papers with that flag."""

    by_paper: dict[int, PaperFlags]
    withdrawn: int
    renumbered: int


@dataclass(frozen=True, slots=True)
class Window:
    """The papers numbered in (after, through] that a digest may hold.

    bits: the papers in question as a bitset of `index`, none of them withdrawn. change: the
    papers' change counter when they were read; shared: the index of recent papers at that moment;
    both None for a sample.
    """

    index: AnyIndex
    bits: int
    after: int
    through: int
    flags: WindowFlags
    change: int | None = None
    shared: PaperIndex | None = None

    @property
    def renumbered(self) -> int:
        """The bits of the renumbered papers."""
        return self.bits & self.flags.renumbered

    def flags_of(self, paper_id: int) -> PaperFlags:
        return self.flags.by_paper.get(paper_id, NO_FLAGS)

    def without(self, ids: Iterable[int]) -> "Window":
        """The same window without these papers, which the index holds."""
        return replace(self, bits=self.bits & ~self.index.mask(ids))


def windows_of(
    digests: Sequence[Digest],
    watermarks: Sequence[int],
    today: Sequence[date],
    keywords: Sequence[Sequence[Keyword]],
) -> list[Window]:
    """The window of each of these digests, in their order, as the papers are now.

    For each digest its person's watermark, their local date and their keywords. A window too old
    for the shared index can be asked for these keywords alone.
    """
    each = list(zip(digests, watermarks, today, keywords, strict=True))
    wanted: dict[int, set[Keyword]] = defaultdict(set)
    for digest, watermark, _, words in each:
        if not _is_sample(digest):
            wanted[watermark].update(words)
    windows = _newest_after(wanted)
    return [
        _sample(watermark, day, words) if _is_sample(digest) else windows[watermark]
        for digest, watermark, day, words in each
    ]


def _is_sample(digest: Digest) -> bool:
    return digest.kind == Digest.Kind.SAMPLE


def _newest_after(wanted: Mapping[int, Iterable[Keyword]]) -> dict[int, Window]:
    """Listing number -> the papers after it; those of one index are looked up together."""
    shelves = paper_index.windows_after(wanted).values() if wanted else ()
    alike: dict[int, list[IndexedWindow]] = {}
    for shelf in shelves:
        alike.setdefault(id(_whole(shelf.index)), []).append(shelf)
    return {window.after: window for some in alike.values() for window in _on_one_index(some)}


def _whole(index: AnyIndex) -> PaperIndex | SlicedIndex:
    return index.index if isinstance(index, IndexView) else index


def _on_one_index(shelves: Sequence[IndexedWindow]) -> list[Window]:
    first, last = min(each.after for each in shelves), max(each.through for each in shelves)
    flags = _recent_flags(_whole(shelves[0].index), shelves[0].change, first, last)
    return [
        Window(each.index, each.bits & ~flags.withdrawn, each.after, each.through, flags,
               each.change, each.shared)
        for each in shelves
    ]  # fmt: skip


# Of the index last asked about; a replaced one must not be kept in memory for this.
_flags_by_index: WeakKeyDictionary[
    PaperIndex | SlicedIndex, tuple[tuple[int, int, int], WindowFlags]
] = WeakKeyDictionary()


def _recent_flags(
    index: PaperIndex | SlicedIndex, change: int, first: int, last: int
) -> WindowFlags:
    """The flags at that change counter, kept for the batches that follow and ask for the same."""
    key = change, first, last
    known = _flags_by_index.get(index)
    if known is None or known[0] != key:
        known = _flags_by_index[index] = key, _flags(index, Paper.objects.between(first, last))
    return known[1]


def _flags(index: AnyIndex | SlicedIndex, papers: PaperQuerySet) -> WindowFlags:
    flagged = Q(withdrawn_at__isnull=False) | Q(renumbered=True) | ~Q(code_url="")
    rows = papers.filter(flagged).values_list(
        "pk", "withdrawn_at", "renumbered", "code_url", "former"
    )
    by_paper = {
        pk: PaperFlags(withdrawn is not None, renumbered, bool(code), tuple(former))
        for pk, withdrawn, renumbered, code, former in rows
        if pk in index
    }
    return WindowFlags(
        by_paper,
        withdrawn=index.mask(pk for pk, flags in by_paper.items() if flags.withdrawn),
        renumbered=index.mask(pk for pk, flags in by_paper.items() if flags.renumbered),
    )


def newest_between(after: int, through: int) -> Window:
    """The papers numbered in (after, through], or as many of the newest as an index may hold. Any
    keyword can be looked up in it, not only those known when it is built."""
    after = paper_index.limit_window_start(after, through)
    index, bits = paper_index.index_for(after, through)
    return _window(index, bits, after, through, Paper.objects.between(after, through))


def _window(index: AnyIndex, bits: int, after: int, through: int, papers: PaperQuerySet) -> Window:
    flags = _flags(index, papers)
    return Window(index, bits & ~flags.withdrawn, after, through, flags)


def _sample(through: int, today: date, keywords: Sequence[Keyword]) -> Window:
    """The last 7 days up to the watermark; the newest listing if nothing was listed in them."""
    papers = of_last_days(through, today)
    if not papers.exists():
        papers = _of_newest_listing(through)
    view = paper_index.view_of(papers, keywords)
    return _window(view, view.bits, 0, through, papers)


def of_last_days(through: int, today: date) -> PaperQuerySet:
    """The numbered papers up to `through` that were listed in the last 7 days."""
    start = today - timedelta(days=SAMPLE_DAYS)
    return Paper.objects.between(0, through).listed_from(start)


def _of_newest_listing(through: int) -> PaperQuerySet:
    known = Paper.objects.between(0, through)
    dump = Dump.objects.newest_listing()
    return known.filter(listings__dump=dump) if dump else known.none()


def look_back(digest: Digest, window: Window) -> LookBack | None:
    """What a sample covers: the 7 days, or the newest listing if nothing was listed in them.

    Returns None for a digest that is no sample.
    """
    if not _is_sample(digest):
        return None
    quiet = not of_last_days(window.through, digest.local_date).exists()
    newest = Dump.objects.newest_listing() if quiet else None
    return LookBack(quiet, newest.listed_on if newest else None)
