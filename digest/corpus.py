"""The papers as the matcher wants them: one index a process, refreshed when papers change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from threading import RLock

from django.conf import settings
from django.db.models import Max, Min, Q
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


def index_for(after: int, through: int) -> tuple[PaperIndex, int]:
    """An index and the mask of the numbered papers of (after, through] in it.

    Recent windows share one index; an older one gets an index of its own.
    """
    held = _current(now().date())
    if after >= held.after and through <= held.through:
        return held.index, held.index.window(after, through, change=held.change)
    change = Catalogue.current().change
    papers = _texts(Paper.objects.between(after, through))
    index = PaperIndex(papers, after=after, through=through, change=change)
    return index, index.window(after, through, change=change)


def recent(days: int, today: date) -> tuple[PaperIndex, int]:
    """An index and the mask of all papers listed in the last `days` days, backfill included."""
    start = today - timedelta(days=days)
    held = _current(today)
    found = Paper.objects.listed_from(start)
    if days <= settings.INDEX_DAYS:
        return held.index, held.index.mask(found.values_list("pk", flat=True))
    return whole(found)


def holding(ids: Iterable[int]) -> PaperIndex:
    """An index that holds these papers, whatever their age."""
    wanted = set(ids)
    held = _current(now().date())
    if wanted <= set(held.index.ids(held.index.everything())):
        return held.index
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


def _window(today: date) -> tuple[PaperQuerySet, int]:
    """The papers to hold, and the number after which every numbered one is among them."""
    first_day = today - timedelta(days=settings.INDEX_DAYS)
    recent = Paper.objects.listed_from(first_day)
    oldest = recent.aggregate(seq=Min("seq"))["seq"]
    newest = Paper.objects.aggregate(seq=Max("seq"))["seq"]
    after = (newest or 0) if oldest is None else oldest - 1
    return Paper.objects.filter(Q(listed_on__gte=first_day) | Q(seq__gt=after)), after


def _build(today: date, catalogue: Catalogue) -> _Held:
    papers, after = _window(today)
    # A paper stored after the catalogue was read belongs to the next refresh.
    papers = papers.filter(Q(seq__isnull=True) | Q(seq__lte=catalogue.newest_seq))
    texts = list(_texts(papers))
    after = min(after, catalogue.newest_seq)
    index = PaperIndex(texts, after=after, through=catalogue.newest_seq, change=catalogue.change)
    return _Held(index, today, after, catalogue.newest_seq, catalogue.change, len(texts))


def _refreshed(held: _Held, catalogue: Catalogue) -> _Held:
    """New papers are added in place; a changed or vanished one means building anew, so that
    nobody reads an index while a paper of it is being replaced."""
    papers, _ = _window(held.day)
    changed = list(_texts(papers.changed_since(held.change)))
    known = set(held.index.ids(held.index.everything()))
    if any(paper.id in known for paper in changed):
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
    )


def _texts(papers: PaperQuerySet) -> Iterable[PaperText]:
    return map(text_of, papers.order_by("seq", "pk").iterator())
