"""Pairs of a keyword and a paper, judged by reading before the threshold was set, and their
cosines."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.matching.similarity import (
    TermCounts,
    closest_papers,
    paper_terms,
    paper_vector,
    term_weights,
)
from tests.matching import samples

PAIRS = Path(__file__).with_name("labelled_pairs.txt")
NEWEST, COUNTED = 1_500, 2_500  # papers that are judged, and those before them that are counted
_BATCH = 20  # papers counted at once, as on some days


class Pair(NamedTuple):
    """`half`: "choosing" or "held out"."""

    half: str
    keyword: str
    arxiv_id: str
    close: bool


class Scored(NamedTuple):
    pair: Pair
    cosine: float


def pairs() -> Iterator[Pair]:
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            half, keyword, arxiv_id, verdict = line.split("\t")
            yield Pair(half, keyword, arxiv_id, verdict == "close")


def scored() -> list[Scored]:
    """The pairs with their cosines; those of keywords that matched too few papers are left out."""
    papers = samples.papers()[-NEWEST - COUNTED :]
    index = PaperIndex(papers)
    weights = term_weights(index)
    places = {str(samples.records()[paper.id - 1]["id"]): at for at, paper in enumerate(papers)}
    vectors = [paper_vector(index, paper.id, weights) for paper in papers]
    found = []
    for pair in pairs():
        matched = set(index.ids(index.evaluate(parse(pair.keyword))))
        hits = [paper.id for paper in papers[:COUNTED] if paper.id in matched]
        counts = TermCounts()
        for start in range(0, len(hits), _BATCH):
            some = [set(paper_terms(index, paper_id)) for paper_id in hits[start : start + _BATCH]]
            counts = counts.plus(some, weights)
        if counts.is_enough:
            assert papers[places[pair.arxiv_id]].id not in matched
            one = [vectors[places[pair.arxiv_id]]]
            near = closest_papers([counts], one, weights, least=1e-6)[0]
            found.append(Scored(pair, near[0].cosine if near else 0.0))
    return found


class Precision(NamedTuple):
    threshold: float
    shown: int
    close: int

    @property
    def share(self) -> float:
        return self.close / self.shown if self.shown else 0.0


def precision(found: list[Scored], half: str, threshold: float) -> Precision:
    """Of the pairs of one half at that cosine or more, how many are close."""
    shown = [each for each in found if each.pair.half == half and each.cosine >= threshold]
    return Precision(threshold, len(shown), sum(each.pair.close for each in shown))
