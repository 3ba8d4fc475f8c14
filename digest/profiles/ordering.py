"""The order of a digest's matches by what their reader rated."""

import math
from array import array
from collections.abc import Mapping, Sequence
from itertools import repeat
from operator import mul
from typing import NamedTuple
from weakref import WeakKeyDictionary

from digest.matching.index import PaperIndex
from digest.matching.index.index_cache import BoundedCache, IndexCache, Match
from digest.matching.sliced_index import AnyIndex, IndexView

from .paper_terms import paper_terms

MAX_ORDERED = 500  # matches of one digest; what ranks below stays where it is
# Measured with simulated readers (python -m tests.bench profile): unseen papers score far below 1.
_STRENGTH = 8.0
_MOST = 3.0  # a profile multiplies a score by at most e³ and at least e⁻³
_KEPT = 4_096  # papers, about 2 kB each


class _Terms(NamedTuple):
    """A paper's terms as hashes of this process, and their values: a tenth of a dict."""

    keys: "array[int]"
    values: "array[float]"


_terms_by_cache: WeakKeyDictionary[IndexCache, BoundedCache[int, _Terms]] = WeakKeyDictionary()


def order_by_profile(
    index: AnyIndex, matches: Sequence[Match], weights: Mapping[str, float]
) -> list[Match]:
    """The matches, best first, given the weights of terms; the same matches, whatever these are.

    The score of the keywords is multiplied by a factor for what the paper's terms add up to; ties
    stay in their order. An index without its papers' words (of a long catch-up) changes nothing.
    """
    whole = index.index if isinstance(index, IndexView) else index
    if not weights or not isinstance(whole, PaperIndex):
        return list(matches)
    by_key = {hash(term): weight for term, weight in weights.items()}
    known = _terms_by_cache.setdefault(whole.cache, BoundedCache(_KEPT))

    def order(match: Match) -> float:
        found = known.get(match.paper_id)
        terms = found or known.keep(match.paper_id, _terms(whole, match.paper_id))
        return -match.score * _factor(terms, by_key)

    return [*sorted(matches[:MAX_ORDERED], key=order), *matches[MAX_ORDERED:]]


def _terms(index: PaperIndex, paper_id: int) -> _Terms:
    values = paper_terms(*index.terms(paper_id))
    return _Terms(array("q", map(hash, values)), array("f", values.values()))


def _factor(terms: _Terms, weights: Mapping[int, float]) -> float:
    found = map(weights.get, terms.keys, repeat(0.0))
    score = sum(map(mul, found, terms.values))
    return math.exp(_MOST * math.tanh(_STRENGTH * score / _MOST))
