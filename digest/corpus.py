"""The papers as the matcher wants them: one index a process, refreshed when papers change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from threading import RLock

from django.conf import settings
from django.db.models import Min, Q
from django.utils.timezone import now

from digest.matching.index import PaperIndex, PaperText
from digest.models import Catalogue, Paper, PaperQuerySet


@dataclass(slots=True)
class _Held:
    """The index of the last INDEX_DAYS days and what it was built from."""

    index: PaperIndex
    day: date
    after: int
    through: int
    change: int
    count: int


_held: _Held | None = None
_lock = RLock()


@dataclass(frozen=True, slots=True)
class Shelf:
    """An index, the papers of (after, through] in it, and the change counter it was read at."""

    index: PaperIndex
    bits: int
    after: int
    through: int
    change: int


def index_for(after: int, through: int) -> tuple[PaperIndex, int]:
    """An index and the mask of the numbered papers of (after, through] in it.

    Recent windows share one index; an older one gets an index of its own.
    """
    with _lock:
        shelf = _shared(_current(now().date()), after, through)
    shelf = shelf or _own(after, through)
    return shelf.index, shelf.bits


def newest_after(marks: Iterable[int]) -> dict[int, Shelf]:
    """Listing number -> the papers numbered after it, as of one look at the catalogue."""
    # Locked, so that no other thread adds papers between the look and the last window.
    with _lock:
        held = _current(now().date())
        newest = held.through
        found = {mark: _shared(held, mark, max(mark, newest)) for mark in set(marks)}
    return {mark: shelf or _own(mark, max(mark, newest)) for mark, shelf in found.items()}


def _shared(held: _Held, after: int, through: int) -> Shelf | None:
    """The papers in the shared index; None where it does not hold all of them."""
    if after >= through:
        return Shelf(held.index, 0, after, through, held.change)
    if after < held.after or through > held.through:
        return None
    bits = held.index.window(after, through, change=held.change)
    return Shelf(held.index, bits, after, through, held.change)


def _own(after: int, through: int) -> Shelf:
    change = Catalogue.current().change
    papers = _texts(Paper.objects.between(after, through))
    index = PaperIndex(papers, after=after, through=through, change=change)
    return Shelf(index, index.window(after, through, change=change), after, through, change)


def recent(days: int, today: date) -> tuple[PaperIndex, int]:
    """An index and the mask of all papers listed in the last `days` days, backfill included."""
    start = today - timedelta(days=days)
    if days > settings.INDEX_DAYS:
        return whole(Paper.objects.listed_from(start))
    # What the index holds decides, not a second look at the database: a dump may come between.
    index = _current(today).index
    papers = map(index.facts, index.ids(index.everything()))
    return index, index.mask(p.id for p in papers if p.listed_on and p.listed_on >= start)


def holding(ids: Iterable[int]) -> PaperIndex:
    """An index that holds these papers, whatever their age."""
    wanted = set(ids)
    index = _current(now().date()).index
    if all(paper_id in index for paper_id in wanted):
        return index
    return whole(Paper.objects.filter(pk__in=wanted))[0]


def whole(papers: PaperQuerySet) -> tuple[PaperIndex, int]:
    """An index of its own for these papers, and the mask of all of them."""
    index = PaperIndex(_texts(papers))
    return index, index.everything()


def _current(today: date) -> _Held:
    """The shared index, brought up to date; a new day drops what has grown too old."""
    global _held
    with _lock:
        catalogue = Catalogue.current()
        if _held is None or _held.day != today:
            _held = _build(today, catalogue)
        elif _held.change != catalogue.change or _held.through != catalogue.newest_seq:
            _held = _refreshed(_held, catalogue)
        return _held


def _papers(today: date, after: int, catalogue: Catalogue) -> PaperQuerySet:
    """What to hold: every paper numbered after `after`, and whatever was listed lately.

    A paper numbered after the catalogue was read belongs to the next refresh.
    """
    first_day = today - timedelta(days=settings.INDEX_DAYS)
    wanted = Paper.objects.filter(Q(listed_on__gte=first_day) | Q(seq__gt=after))
    return wanted.filter(Q(seq__isnull=True) | Q(seq__lte=catalogue.newest_seq))


def _first_number(today: date, catalogue: Catalogue) -> int:
    """The number before that of the oldest paper listed lately; the newest if there is none."""
    recent = Paper.objects.listed_from(today - timedelta(days=settings.INDEX_DAYS))
    oldest = recent.aggregate(seq=Min("seq"))["seq"]
    return catalogue.newest_seq if oldest is None else min(oldest - 1, catalogue.newest_seq)


def _build(today: date, catalogue: Catalogue) -> _Held:
    after = _first_number(today, catalogue)
    texts = list(_texts(_papers(today, after, catalogue)))
    index = PaperIndex(texts, after=after, through=catalogue.newest_seq, change=catalogue.change)
    return _Held(index, today, after, catalogue.newest_seq, catalogue.change, len(texts))


def _refreshed(held: _Held, catalogue: Catalogue) -> _Held:
    """New papers are added in place; a changed or vanished one means building anew, so that
    nobody reads an index while a paper of it is being replaced."""
    papers = _papers(held.day, held.after, catalogue)
    changed = list(_texts(papers.changed_since(held.change)))
    if any(paper.id in held.index for paper in changed):
        return _build(held.day, catalogue)
    if papers.count() != held.count + len(changed):
        return _build(held.day, catalogue)
    held.index.refresh(changed, through=catalogue.newest_seq, change=catalogue.change)
    return _Held(
        held.index,
        held.day,
        held.after,
        catalogue.newest_seq,
        catalogue.change,
        held.count + len(changed),
    )


def text_of(paper: Paper) -> PaperText:
    """What the matcher needs of a paper."""
    return PaperText(
        id=paper.pk,
        seq=paper.seq,
        title=paper.title,
        abstract=paper.abstract,
        authors=tuple(paper.authors),
        organization=paper.organization,
        categories=tuple(paper.categories),
        published_on=paper.published_on,
        listed_on=paper.listed_on,
        upvotes=paper.upvotes or 0,
        comment_count=paper.comment_count or 0,
        source_count=paper.source_count,
    )


def _texts(papers: PaperQuerySet) -> Iterable[PaperText]:
    return map(text_of, papers.order_by("seq", "pk").iterator())
