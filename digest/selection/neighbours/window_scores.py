"""How close the papers of a window are to keywords, computed once for all who share them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from digest.matching import similarity
from digest.matching.index import PaperIndex
from digest.matching.index.index_cache import BoundedCache
from digest.matching.query import Keyword
from digest.matching.similarity import (
    PaperVector,
    TermCounts,
    Weights,
    paper_vector,
    term_weights,
)
from digest.models import KeywordVector, vector_key

_PAPERS = 2_000  # of a window, the newest
_KEPT = 50  # papers of a keyword
_KEYWORDS = 20_000
_WINDOWS = 8


class ClosePaper(NamedTuple):
    """A paper that a keyword does not hit, and the cosine of their vectors."""

    cosine: float
    paper: int


@dataclass(slots=True)
class WindowScores:
    """The papers numbered in (after, through], and those close to the keywords asked about."""

    ids: list[int]
    vectors: list[PaperVector]
    close: BoundedCache[str, tuple[ClosePaper, ...]] = field(
        default_factory=lambda: BoundedCache(_KEYWORDS)
    )

    def of(
        self, keywords: Iterable[Keyword], index: PaperIndex
    ) -> dict[str, tuple[ClosePaper, ...]]:
        """Map the canonical form of each of these keywords to the papers close to it, the closest
        first: none for a keyword with too few matches. Takes a query where one is new."""
        wanted = {keyword.canonical: keyword for keyword in keywords}
        self._add([each for name, each in wanted.items() if name not in self.close], index)
        return {name: self.close.get(name, ()) for name in wanted}

    def _add(self, keywords: list[Keyword], index: PaperIndex) -> None:
        counted = _counted(keywords)
        counts = [counts for _, counts in counted]
        weights, least = term_weights(index), similarity.NEIGHBOUR
        each = similarity.closest_papers(counts, self.vectors, weights, least)
        for (keyword, _), near in zip(counted, each, strict=True):
            own = set(index.ids(index.evaluate(keyword)))
            papers = (ClosePaper(cosine, self.ids[place]) for cosine, place in near)
            others = tuple(close for close in papers if close.paper not in own)
            self.close.keep(keyword.canonical, others[:_KEPT])


def _counted(keywords: list[Keyword]) -> list[tuple[Keyword, TermCounts]]:
    """The keywords with their counts, without those that have matched too few papers."""
    rows = KeywordVector.objects.counts(vector_key(each.canonical) for each in keywords)
    found = []
    for keyword in keywords:
        if (row := rows.get(vector_key(keyword.canonical))) is not None:
            counts = TermCounts(row.matches, row.terms)
            if counts.is_enough:
                found.append((keyword, counts))
    return found


@dataclass(slots=True)
class _IndexScores:
    """The windows of an index that were asked about, and the vectors of their papers."""

    change: int
    vectors: BoundedCache[int, PaperVector] = field(
        default_factory=lambda: BoundedCache(2 * _PAPERS)
    )
    windows: BoundedCache[tuple[int, int], WindowScores] = field(
        default_factory=lambda: BoundedCache(_WINDOWS)
    )

    def vector(self, index: PaperIndex, paper_id: int, weights: Weights) -> PaperVector:
        known = self.vectors.get(paper_id)
        return known or self.vectors.keep(paper_id, paper_vector(index, paper_id, weights))


_known: WeakKeyDictionary[PaperIndex, _IndexScores] = WeakKeyDictionary()


def scores_of(index: PaperIndex, after: int, through: int) -> WindowScores:
    """The scores of the papers numbered in (after, through], kept until papers change."""
    known = _known.get(index)
    if known is None or known.change != index.change:
        known = _known[index] = _IndexScores(index.change)
    if (found := known.windows.get((after, through))) is not None:
        return found
    ids = index.newest(index.window(after, through, change=index.change), _PAPERS)
    weights = term_weights(index)
    vectors = [known.vector(index, paper_id, weights) for paper_id in ids]
    return known.windows.keep((after, through), WindowScores(ids, vectors))
