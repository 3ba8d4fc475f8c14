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


class Standing(NamedTuple):
    """What the index does not hold of a paper."""

    withdrawn: bool
    renumbered: bool
    code: bool
    former: tuple[int, ...]


PLAIN = Standing(withdrawn=False, renumbered=False, code=False, former=())


class Apart(NamedTuple):
    """`standing`: paper id -> what sets it apart (papers of which all is PLAIN are left out). The
    bits of those that are withdrawn, and of those numbered anew."""

    standing: dict[int, Standing]
    withdrawn: int
    renumbered: int


@dataclass(frozen=True, slots=True)
class Window:
    """Papers of (after, through] in an index; `bits` are those in question, none withdrawn.

    `change`: the papers' change counter when they were read, and `shared` the index of recent
    papers at that moment; None for a sample.
    """

    index: AnyIndex
    bits: int
    after: int
    through: int
    apart: Apart
    change: int | None = None
    shared: PaperIndex | None = None

    @property
    def renumbered(self) -> int:
        """The bits of the papers numbered anew."""
        return self.bits & self.apart.renumbered

    def standing(self, paper_id: int) -> Standing:
        return self.apart.standing.get(paper_id, PLAIN)

    def without(self, ids: Iterable[int]) -> "Window":
        """The same without these papers, which the index holds."""
        return replace(self, bits=self.bits & ~self.index.mask(ids))


def windows_of(
    digests: Sequence[Digest],
    marks: Sequence[int],
    today: Sequence[date],
    keywords: Sequence[Sequence[Keyword]],
) -> list[Window]:
    """What each of these digests is about, as the papers stand now; each person's watermark is in
    `marks`, their `keywords` are all that an old window is asked for, and `today` is where they
    live."""
    each = list(zip(digests, marks, today, keywords, strict=True))
    wanted: dict[int, set[Keyword]] = defaultdict(set)
    for digest, mark, _, words in each:
        if not _is_sample(digest):
            wanted[mark].update(words)
    windows = _newest_after(wanted)
    return [
        _sample(mark, day, words) if _is_sample(digest) else windows[mark]
        for digest, mark, day, words in each
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
    apart = _apart_lately(_whole(shelves[0].index), shelves[0].change, first, last)
    return [
        Window(each.index, each.bits & ~apart.withdrawn, each.after, each.through, apart,
               each.change, each.shared)
        for each in shelves
    ]  # fmt: skip


# Of the index last asked about; a replaced one must not be kept in memory for this.
_lately: WeakKeyDictionary[PaperIndex | SlicedIndex, tuple[tuple[int, int, int], Apart]] = (
    WeakKeyDictionary()
)


def _apart_lately(index: PaperIndex | SlicedIndex, change: int, first: int, last: int) -> Apart:
    """What stands apart at that change counter; one batch after another asks for the same."""
    key = change, first, last
    known = _lately.get(index)
    if known is None or known[0] != key:
        known = _lately[index] = key, _apart(index, Paper.objects.between(first, last))
    return known[1]


def _apart(index: AnyIndex | SlicedIndex, papers: PaperQuerySet) -> Apart:
    apart = Q(withdrawn_at__isnull=False) | Q(renumbered=True) | ~Q(code_url="")
    rows = papers.filter(apart).values_list(
        "pk", "withdrawn_at", "renumbered", "code_url", "former"
    )
    standing = {
        pk: Standing(withdrawn is not None, renumbered, bool(code), tuple(former))
        for pk, withdrawn, renumbered, code, former in rows
        if pk in index
    }
    return Apart(
        standing,
        withdrawn=index.mask(pk for pk, paper in standing.items() if paper.withdrawn),
        renumbered=index.mask(pk for pk, paper in standing.items() if paper.renumbered),
    )


def newest_between(after: int, through: int) -> Window:
    """The papers numbered in (after, through], or as many of the newest as an index may hold;
    unlike other windows it is asked for keywords that nobody knows beforehand."""
    after = paper_index.limit_window_start(after, through)
    index, bits = paper_index.index_for(after, through)
    return _of(index, bits, after, through, Paper.objects.between(after, through))


def _of(index: AnyIndex, bits: int, after: int, through: int, papers: PaperQuerySet) -> Window:
    apart = _apart(index, papers)
    return Window(index, bits & ~apart.withdrawn, after, through, apart)


def _sample(through: int, today: date, keywords: Sequence[Keyword]) -> Window:
    """The last 7 days up to the watermark; the newest listing if nothing was listed in them."""
    papers = of_last_days(through, today)
    if not papers.exists():
        papers = _of_newest_listing(through)
    view = paper_index.view_of(papers, keywords)
    return _of(view, view.bits, 0, through, papers)


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
