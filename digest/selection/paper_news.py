"""Papers with news since they were listed: another version, code, a withdrawal, a discussion."""

from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple
from weakref import ref

from django.db.models import Q

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.matching.query import Keyword
from digest.models import FormerName, Paper, PaperQuerySet

DISCUSSED = 50  # comments
_MOST = 4_000  # papers with news that are kept in mind
_MOST_OLD = 500  # of them, those too old for the shared index: each costs a millisecond
_AT_ONCE = 10_000  # ids; far below what one statement may name (SQLite: 32,766)
_KEPT = 1_000  # answers
_COLUMNS = (
    "pk", "change", "seq", "renumbered", "withdrawn_at", "code_url", "comment_count", "versions",
    "former",
)  # fmt: skip


class PaperNews(NamedTuple):
    """What may be reported of a paper as it is now. seq: its listing number; renumbered: it got
    a new one since it was first listed; both_versions: a preprint and a journal's are known;
    former: ids of the papers that proved to be this one."""

    paper: int
    change: int
    seq: int | None
    renumbered: bool
    withdrawn: bool
    code: bool
    discussed: bool
    both_versions: bool
    former: tuple[int, ...]


def news_of(ids: Iterable[int]) -> dict[int, PaperNews]:
    """Map paper ids, former ones too, to their news, for those of these papers that have any."""
    left, found = sorted(ids), dict[int, PaperNews]()
    for start in range(0, len(left), _AT_ONCE):
        some = left[start : start + _AT_ONCE]
        now = FormerName.objects.filter(former_id__in=some).values("paper_id")
        found |= _by_id(_read(_with_news().filter(Q(pk__in=some) | Q(pk__in=now))))
    return found


def _by_id(news: Iterable[PaperNews]) -> dict[int, PaperNews]:
    """Map the id of each paper, and the ids of those that it was before, to its news."""
    found = list(news)
    formerly = {pk: each for each in found for pk in each.former}
    return formerly | {each.paper: each for each in found}


def _with_news() -> PaperQuerySet:
    code = ~Q(code_url="")
    both = Q(versions=Paper.Versions.BOTH)
    return Paper.objects.filter(
        Q(withdrawn_at__isnull=False) | code | both | Q(comment_count__gte=DISCUSSED)
    )


def _read(papers: PaperQuerySet) -> list[PaperNews]:
    return [
        PaperNews(
            paper.pk,
            paper.change,
            paper.seq,
            paper.renumbered,
            paper.withdrawn_at is not None,
            bool(paper.code_url),
            (paper.comment_count or 0) >= DISCUSSED,
            paper.versions == Paper.Versions.BOTH,
            tuple(paper.former),
        )
        for paper in papers.values_list(*_COLUMNS, named=True)
    ]


class NewsSince(NamedTuple):
    """News by paper id, former ones too, and the bits of these papers in the indexes that hold
    them."""

    news: dict[int, PaperNews]
    held: list[tuple[PaperIndex, int]]

    def hit(self, keywords: Iterable[Keyword]) -> bool:
        """Whether any of the keywords hits any of the papers."""
        wanted = [keyword for keyword in keywords if not keyword.excludes]
        return any(
            bits and index.evaluate(keyword) & bits
            for index, bits in self.held
            for keyword in wanted
        )


class RecentNews:
    """All papers with news that changed after the change counter `floor`, newest first."""

    def __init__(self, index: PaperIndex, change: int) -> None:
        # A strong reference would keep a replaced index in memory until the next batch.
        self._index, self.change = ref(index), change
        found = _read(_with_news().numbered().order_by("-change")[:_MOST])
        old = [at for at, news in enumerate(found) if news.paper not in index]
        if len(old) > _MOST_OLD:
            found, old = found[: old[_MOST_OLD]], old[:_MOST_OLD]
            self.floor = found[-1].change
        else:
            self.floor = found[-1].change if len(found) == _MOST else 0
        self._news = found
        few = Paper.objects.filter(pk__in=[found[at].paper for at in old])
        self._old = paper_index.small_index(few)
        self._known: dict[tuple[int, int], tuple[dict[int, PaperNews], int, int]] = {}

    def is_of(self, index: PaperIndex, change: int) -> bool:
        """Whether it was read into that index at that change counter."""
        return self._index() is index and self.change == change

    def since(self, change: int | None, after: int) -> NewsSince | None:
        """The news since that change counter, but for papers that a window after that listing
        number holds as new ones. Returns None if they are not known that far back."""
        if change is None or change < self.floor:
            return None
        if (change, after) not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[change, after] = self._since(change, after)
        news, bits, old = self._known[change, after]
        held = (self._index(), bits), (self._old, old)
        return NewsSince(news, [(index, mask) for index, mask in held if index and mask])

    def _since(self, change: int, after: int) -> tuple[dict[int, PaperNews], int, int]:
        index = self._index()
        assert index is not None, "the caller holds a window of the index"
        news = _by_id(
            each
            for each in takewhile(lambda news: news.change > change, self._news)
            if each.renumbered or (each.seq or 0) <= after
        )
        bits, old = (each.mask(pk for pk in news if pk in each) for each in (index, self._old))
        return news, bits, old


_recent: RecentNews | None = None


def recent_news(index: PaperIndex, change: int) -> RecentNews:
    """The news at that change counter for papers of that index; kept for the calls that follow."""
    global _recent
    known = _recent
    if known is None or not known.is_of(index, change):
        known = _recent = RecentNews(index, change)
    return known
