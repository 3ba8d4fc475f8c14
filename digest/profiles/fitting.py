"""Fitting a linear model of one reader to their ratings.

Rocchio's rule (Salton and Buckley, "Improving retrieval performance by relevance feedback", 1990):
the weight of a term is its mean TF-IDF in papers rated up, less a share of that in papers rated
down. Each weight depends on that term alone, so that a removed term leaves the others as they are.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .learnt_terms import LEAST_EVIDENCE, LearntTerm, evidence, is_removed
from .library_fitting import library_weights
from .library_terms import NO_LIBRARY, LibraryTerms
from .paper_terms import DocumentFrequencies
from .spelling import spellings

MAX_TERMS = 60  # of one reader: no more than a page can show
# Measured with simulated readers (python -m tests.bench profile).
_DOWN = 0.5  # how much the papers rated down count
_LEAST_PAPERS = 2  # rated papers with a term: what one paper says may be chance
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class RatedPaper:
    """A paper, the reader's rating (1 or -1) and the values of its terms (`paper_terms`)."""

    id: int
    value: int
    title: str
    abstract: str
    terms: Mapping[str, float]


def fit(
    rated: Sequence[RatedPaper],
    frequencies: DocumentFrequencies,
    removed: Collection[str] = (),
    library: LibraryTerms = NO_LIBRARY,
) -> list[LearntTerm]:
    """The terms with the greatest weights, strongest first; [] for less than LEAST_EVIDENCE.

    Weights are scaled: the papers rated up have a mean score of 1, or those rated down of -1, to
    which the weights of the library are added. The result does not depend on the order of `rated`.
    Time is linear in the terms of the papers.
    """
    if evidence(len(rated), library.papers) < LEAST_EVIDENCE:
        return []
    rated = sorted(rated, key=lambda paper: paper.id)  # sums of floats depend on their order
    weights = _weights(rated, frequencies, removed)
    spelt = {each.term: each.spelling for each in library.terms} | spellings(rated, weights)
    scale = _scale(rated, weights)
    weights = {term: weight / scale for term, weight in weights.items()}
    for term, weight in library_weights(library, frequencies).items():
        if not is_removed(term, removed):
            weights[term] = weights.get(term, 0.0) + weight
    return [
        LearntTerm(term, round(weight, _DIGITS), spelt[term])
        for term, weight in _strongest(weights).items()
    ]


def _weights(
    rated: Sequence[RatedPaper], frequencies: DocumentFrequencies, removed: Collection[str]
) -> dict[str, float]:
    """Term -> weight, the greatest first."""
    papers = Counter(paper.value for paper in rated)
    shares = {1: 1 / max(papers[1], 1), -1: -_DOWN / max(papers[-1], 1)}
    found: dict[str, float] = {}
    counts: Counter[str] = Counter()
    for paper in rated:
        share = shares[paper.value]
        for term, value in paper.terms.items():
            found[term] = found.get(term, 0.0) + share * value
        counts.update(paper.terms.keys())
    weights = {
        # Once for the values of the rated papers, once for those of a paper that is scored.
        term: value * frequencies.idf(term) ** 2
        for term, value in found.items()
        if counts[term] >= _LEAST_PAPERS and value and not is_removed(term, removed)
    }
    return _strongest(weights)


def _strongest(weights: Mapping[str, float]) -> dict[str, float]:
    best = sorted(weights, key=lambda term: (-abs(weights[term]), term))[:MAX_TERMS]
    return {term: weights[term] for term in best}


def _scale(rated: Sequence[RatedPaper], weights: Mapping[str, float]) -> float:
    """The mean score of the papers rated up or of those rated down, whichever is farther from 0."""
    means = []
    for sign in (1, -1):
        scores = [_score(paper, weights) for paper in rated if paper.value == sign]
        means.append(abs(sum(scores)) / max(len(scores), 1))
    return max(means) or 1.0


def _score(paper: RatedPaper, weights: Mapping[str, float]) -> float:
    return sum(weight * paper.terms.get(term, 0.0) for term, weight in weights.items())
