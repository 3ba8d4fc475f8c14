"""The papers as the matcher needs them: one shared index a process, refreshed when papers change.

INDEX_MB bounds its memory; older papers are indexed in slices, one at a time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, partial
from itertools import chain
from threading import RLock

from django.conf import settings
from django.db.models import Min, Q
from django.utils.timezone import now

from digest.index_size import estimated_bytes, max_bytes, max_slice_bytes, newest_seq_beyond, slices
from digest.matching.index import PaperIndex
from digest.matching.index.stored_papers import PaperMetadata
from digest.matching.query import Keyword
from digest.matching.sliced_index import AnyIndex, IndexView, SlicedIndex
from digest.models import Catalogue, Paper, PaperQuerySet
from digest.paper_texts import paper_texts

PREVIEW_DAYS = 30  # that keyword previews look back
MIN_DAYS = 8  # in the shared index, whatever their size: the week of a sample, in all time zones


@dataclass(slots=True)
class _SharedIndex:
    """The shared index: the papers listed since `first_day` and those numbered after `after`.

    `recent`: day -> the bits of the papers listed since that day, for the previews.
    """

    index: PaperIndex
    day: date
    first_day: date
    recent: dict[date, int] = field(default_factory=dict)

    @property
    def after(self) -> int:
        return self.index.after


_shared: _SharedIndex | None = None
_lock = RLock()


@dataclass(frozen=True, slots=True)
class IndexedWindow:
    """An index, the bits of the papers of (after, through] in it, and the change counter then.

    `shared`: the shared index at that moment, which may be the same index.
    """

    index: AnyIndex
    bits: int
    after: int
    through: int
    change: int
    shared: PaperIndex


def shared_size() -> tuple[int, int] | None:
    """The papers and bytes of this process's shared index, None if it has none yet."""
    return (len(_shared.index), _shared.index.nbytes) if _shared else None


def index_for(after: int, through: int) -> tuple[PaperIndex, int]:
    """An index and the bits of the numbered papers of (after, through] in it.

    Recent windows share one index; an older one gets an index of its own, which must not be
    larger than a slice: see `limit_window_start`.
    """
    with _lock:
        held = _current(now().date())
        if (bits := _shared_bits(held, after, through)) is not None:
            return held.index, bits
    change = Catalogue.current().change
    papers = paper_texts(Paper.objects.between(after, through))
    index = PaperIndex(papers, after=after, through=through, change=change)
    return index, index.window(after, through, change=change)


def limit_window_start(after: int, through: int) -> int:
    """The smallest number, `after` or later, for which the papers of (number, through] fit in an
    index."""
    held = _current(now().date())
    if after >= held.after and through <= held.index.through:
        return after
    papers = Paper.objects.between(after, through)
    return newest_seq_beyond(papers, max_slice_bytes(held.index)) or after


def windows_after(wanted: Mapping[int, Iterable[Keyword]]) -> dict[int, IndexedWindow]:
    """Number -> the window of the papers numbered after it, all from one state of the catalogue.

    `wanted`: number -> the keywords that will be evaluated for it. Numbers older than the shared
    index share one SlicedIndex of all papers since the oldest, which has only those keywords.
    """
    # Locked, so that no other thread adds papers between the first window and the last.
    with _lock:
        held = _current(now().date())
        newest, change = held.index.through, held.index.change
        found, old = {}, []
        for mark in wanted:
            through = max(mark, newest)
            if (bits := _shared_bits(held, mark, through)) is None:
                old.append(mark)
            else:
                found[mark] = IndexedWindow(held.index, bits, mark, through, change, held.index)
    if old:
        keywords = chain.from_iterable(wanted[mark] for mark in old)
        found |= _sliced_windows(old, newest, held, change, keywords)
    return found


def _sliced_windows(
    marks: list[int], newest: int, held: _SharedIndex, change: int, keywords: Iterable[Keyword]
) -> Mapping[int, IndexedWindow]:
    within = range(min(marks) + 1, newest + 1)
    papers = Paper.objects.between(min(marks), newest)
    swept = SlicedIndex(slices(paper_texts(papers), max_slice_bytes(held.index)), keywords, within)
    views = {mark: IndexView(swept, swept.window(mark, newest)) for mark in marks}
    return {
        mark: IndexedWindow(view, view.bits, mark, newest, change, held.index)
        for mark, view in views.items()
    }


def _shared_bits(held: _SharedIndex, after: int, through: int) -> int | None:
    """The bits of a window in the shared index; None if that does not have all of it."""
    if after >= through:
        return 0
    if after < held.after or through > held.index.through:
        return None
    return held.index.window(after, through, change=held.index.change)


def view_of(papers: PaperQuerySet, keywords: Iterable[Keyword]) -> IndexView:
    """A view of these papers, for evaluating these keywords."""
    ids = set(papers.values_list("pk", flat=True))
    with _lock:
        held = _current(now().date())
        if all(paper_id in held.index for paper_id in ids):
            return IndexView(held.index, held.index.mask(ids))
    swept = SlicedIndex(
        slices(paper_texts(papers), max_slice_bytes(held.index)), keywords, range(0)
    )
    return IndexView(swept, swept.everything())


def recent_papers(days: int, today: date) -> tuple[PaperIndex, int]:
    """The shared index and the bits of all papers listed in the last `days` days.

    Backfill is included. The index may reach back less far: see `days_covered`.
    """
    start = today - timedelta(days=days)
    held = _current(today)
    index = held.index
    if (bits := held.recent.get(start)) is None:
        # Read from the index, not from the database, which a dump may have changed since.
        papers = map(index.metadata, index.ids(index.everything()))
        bits = index.mask(p.id for p in papers if p.listed_on and p.listed_on >= start)
        held.recent[start] = bits
    return index, bits


def built_index() -> PaperIndex | None:
    """The shared index if this process has one, as it is: it may lack the newest papers."""
    return None if _shared is None else _shared.index


def days_covered(days: int, today: date) -> int:
    """How many of the last `days` days the shared index covers.

    Fewer than `days` if these are more than INDEX_DAYS or their papers exceed INDEX_MB.
    """
    with _lock:
        held = _shared if _shared is not None and _shared.day == today else _current(today)
    return min(days, (today - held.first_day).days)


def small_index(papers: PaperQuerySet) -> PaperIndex:
    """A separate index of at most a few hundred papers."""
    return PaperIndex(paper_texts(papers))


def indexes_of_last_days(days: int, today: date) -> Iterator[tuple[PaperIndex, int]]:
    """Indexes that together have all papers listed in the last `days` days, and their bits.

    Backfill is included. The caller must drop each index before it gets the next.
    """
    if days_covered(days, today) == days:
        yield recent_papers(days, today)
        return
    papers = Paper.objects.listed_from(today - timedelta(days=days))
    for some in slices(paper_texts(papers), max_slice_bytes(_current(today).index)):
        yield _all_of(PaperIndex(some))


def _all_of(index: PaperIndex) -> tuple[PaperIndex, int]:
    # A function: a local variable of the generator would keep the index in memory.
    return index, index.everything()


def _current(today: date) -> _SharedIndex:
    """The shared index, refreshed; on a new day without the papers that are too old."""
    global _shared
    with _lock:
        catalogue = Catalogue.current()
        if _shared is not None and _shared.day == today and _is_current(_shared.index, catalogue):
            return _shared
        if _shared is not None:
            _shared = _renewed(_shared, today, catalogue)
        if _shared is None:  # the old one has been freed: two at once would take twice the memory
            _shared = _build(today, catalogue)
        return _shared


def _is_current(index: PaperIndex, catalogue: Catalogue) -> bool:
    return index.change == catalogue.change and index.through == catalogue.newest_seq


def _is_wanted(first_day: date, after: int, paper: PaperMetadata) -> bool:
    """Whether `_papers` includes a paper."""
    recent = paper.listed_on is not None and paper.listed_on >= first_day
    return recent or (paper.seq is not None and paper.seq > after)


def _papers(first_day: date, after: int, catalogue: Catalogue) -> PaperQuerySet:
    """The papers to index: those numbered after `after`, and those listed since `first_day`.

    A paper numbered after the catalogue was read is left to the next refresh.
    """
    wanted = Paper.objects.filter(Q(listed_on__gte=first_day) | Q(seq__gt=after))
    return wanted.filter(Q(seq__isnull=True) | Q(seq__lte=catalogue.newest_seq))


def _first_number(first_day: date, catalogue: Catalogue) -> int:
    """The number before the first paper listed since `first_day`; the newest if there is none."""
    oldest = Paper.objects.listed_from(first_day).aggregate(seq=Min("seq"))["seq"]
    return catalogue.newest_seq if oldest is None else min(oldest - 1, catalogue.newest_seq)


def _horizon(today: date, catalogue: Catalogue) -> tuple[date, int]:
    """The first day, and the number after which papers are indexed.

    Covers INDEX_DAYS days, or as many as fit in INDEX_MB, but at least MIN_DAYS.
    """
    days = range(min(MIN_DAYS, settings.INDEX_DAYS), settings.INDEX_DAYS + 1)

    @cache
    def since(count: int) -> tuple[date, int]:
        first_day = today - timedelta(days=count)
        return first_day, _first_number(first_day, catalogue)

    def too_heavy(count: int) -> bool:
        return estimated_bytes(_papers(*since(count), catalogue)) > max_bytes()

    if not too_heavy(days[-1]):
        return since(days[-1])
    return since(days[max(bisect_left(days, True, key=too_heavy) - 1, 0)])


def _build(today: date, catalogue: Catalogue) -> _SharedIndex:
    first_day, after = _horizon(today, catalogue)
    texts = paper_texts(_papers(first_day, after, catalogue))
    index = PaperIndex(texts, after=after, through=catalogue.newest_seq, change=catalogue.change)
    return _SharedIndex(index, today, first_day)


def _renewed(held: _SharedIndex, today: date, catalogue: Catalogue) -> _SharedIndex | None:
    """The index refreshed; None if a paper was deleted, so that it must be rebuilt."""
    if catalogue.newest_seq < held.index.through:
        return None
    first_day = max(held.first_day, today - timedelta(days=settings.INDEX_DAYS))
    if held.index.nbytes > max_bytes():
        first_day = max(first_day, _horizon(today, catalogue)[0])
    changed = _papers(first_day, held.after, catalogue).changed_since(held.index.change)
    texts = list(paper_texts(changed))
    through, change = catalogue.newest_seq, catalogue.change
    if first_day == held.first_day and not any(paper.id in held.index for paper in texts):
        held.index.refresh(texts, through=through, change=change)
        index = held.index
    else:
        first = _first_number(first_day, catalogue)
        keep = partial(_is_wanted, first_day, first)
        index = held.index.updated_copy(texts, keep=keep, through=through, change=change)
    found = _SharedIndex(index, today, first_day)
    held_facts = map(index.metadata, index.ids(index.everything()))
    count = sum(_is_wanted(first_day, index.after, paper) for paper in held_facts)
    if _papers(first_day, index.after, catalogue).count() != count:
        return None
    return found
