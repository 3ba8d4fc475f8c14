"""The papers closest to each of many keywords, by the cosine of their vectors."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .term_counts import TermCounts
from .vectors import PaperVector, Weights

# The least cosine of a neighbour. Of pairs judged before it was set, 86 % at this cosine or more
# are close, in each of two halves (tests/matching/similarity/labelled_pairs.txt, docs/adr/0014).
NEIGHBOUR = 0.24
TOP_TERMS = 60  # of a keyword's vector
_SEVERAL = 2  # papers: a word of one alone says nothing about the keyword
_KEYWORDS, _PAPERS = 5_000, 1_000  # at once; they bound the memory
_NO_TERM = 0  # the number of no term, whose weight is 0

_Floats = NDArray[np.float32]
_Numbers = NDArray[np.intp]


class Closeness(NamedTuple):
    """The cosine of a keyword and a paper, which is given by its place in the list."""

    cosine: float
    place: int


class KeywordVectors(NamedTuple):
    """Vectors of unit length, a row a keyword: the numbers of their terms, and the weights. One of
    too few papers, or of papers with nothing in common, has no weight."""

    terms: _Numbers
    weights: _Floats


def closest_papers(
    keywords: Sequence[TermCounts], papers: Sequence[PaperVector], weights: Weights, least: float
) -> list[list[Closeness]]:
    """For each keyword the papers whose cosine with it is `least` or more, the closest first.

    `least` must be positive. 20,000 keywords and 1,000 papers take less than 2 s (`python -m
    tests.bench neighbours`).
    """
    found: list[list[Closeness]] = []
    for start in range(0, len(keywords), _KEYWORDS):
        found += _closest(keywords[start : start + _KEYWORDS], papers, weights, least)
    return found


def _closest(
    keywords: Sequence[TermCounts], papers: Sequence[PaperVector], weights: Weights, least: float
) -> list[list[Closeness]]:
    numbers = term_numbers()
    vectors = keyword_vectors(keywords, numbers, weights)
    found: list[list[Closeness]] = [[] for _ in keywords]
    for start in range(0, len(papers), _PAPERS):
        matrix = _matrix(papers[start : start + _PAPERS], numbers)
        for near, terms, row in zip(found, *vectors, strict=True):
            # A vector has few terms: its cosines are the product of its weights and a few rows.
            cosines = row @ matrix[terms]
            for place in np.flatnonzero(cosines >= least):
                near.append(Closeness(float(cosines[place]), start + int(place)))
    for near in found:
        near.sort(key=lambda each: (-each.cosine, each.place))
    return found


def term_numbers() -> defaultdict[str, int]:
    """Term -> its number, assigned at the first look-up; the first is 1."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = lambda: len(numbers) + 1
    return numbers


def keyword_vectors(
    keywords: Sequence[TermCounts], numbers: defaultdict[str, int], weights: Weights
) -> KeywordVectors:
    """The vector of each keyword: its TOP_TERMS terms by count times inverse document frequency.

    New terms are added to `numbers`.
    """
    width = max([TOP_TERMS, *(len(each.papers) for each in keywords)])
    terms = np.full((len(keywords), width), _NO_TERM, np.intp)
    values = np.zeros((len(keywords), width), np.float32)
    for row, counts in enumerate(keywords):
        if counts.is_enough:
            size = len(counts.papers)
            terms[row, :size] = [*map(numbers.__getitem__, counts.papers)]
            values[row, :size] = [*counts.papers.values()]
    values[values < _SEVERAL] = 0.0
    values *= np.array([0.0, *map(weights, numbers)], np.float32)[terms]
    top = np.argpartition(-values, TOP_TERMS - 1, axis=1)[:, :TOP_TERMS]
    heaviest = np.take_along_axis(values, top, axis=1)
    lengths = np.linalg.norm(heaviest, axis=1, keepdims=True)
    lengths[lengths == 0.0] = 1.0
    heaviest /= lengths
    return KeywordVectors(np.take_along_axis(terms, top, axis=1), heaviest)


def _matrix(papers: Sequence[PaperVector], numbers: defaultdict[str, int]) -> _Floats:
    """The vectors of papers as columns, a row for each numbered term."""
    matrix = np.zeros((len(numbers) + 1, len(papers)), np.float32)
    for column, (terms, weights) in enumerate(papers):
        rows = np.array([numbers.get(term, _NO_TERM) for term in terms], np.intp)
        matrix[rows, column] = np.frombuffer(weights, np.float32)
    matrix[_NO_TERM] = 0.0
    return matrix
