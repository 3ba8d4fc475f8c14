"""The papers of an index that are most similar to one paper."""

import math
from collections.abc import Mapping
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from digest.matching.index import PaperIndex
from digest.matching.index.bits import Bits
from digest.matching.query import Keyword
from digest.matching.query.atoms import Part, Phrase
from digest.matching.text import tokenize

from .vectors import content_terms, paper_terms, scaled, term_weights, weighted

LEAST = 0.17  # cosine of papers that are called similar
_TERMS = 60  # of the paper's vector
_LOOKED_UP = 24  # terms, the heaviest, by which candidates are found
_COMPARED = 12  # candidates whose cosine is computed
_SEVERAL = 2.5  # between words of one paper and of two, for a logarithm of 1 + papers


def similar_papers(
    index: PaperIndex, title: str, abstract: str, *, besides: int, most: int
) -> list[int]:
    """The ids of at most `most` papers similar to one with these texts, the most similar first,
    without the paper `besides`.

    Bounded, whatever the size of the index: the papers that share most of the weight of 24 terms
    are compared. 10,000 papers take 20 ms at most (tests/bench/neighbours.py).
    """
    weights = term_weights(index)
    terms = content_terms(tokenize(title).terms, tokenize(abstract).terms)
    shared = math.log((len(index) + 1) / _SEVERAL)  # the weight of a word of more papers is less
    known = {term: count for term, count in terms.items() if weights(term) < shared}
    whole = weighted(known, weights)
    heaviest = sorted(whole.items(), key=lambda item: (-item[1], item[0]))[:_TERMS]
    vector = scaled(dict(heaviest))
    found = []
    for paper_id in _candidates(index, dict(heaviest[:_LOOKED_UP])):
        if paper_id != besides:
            other = weighted(paper_terms(index, paper_id), weights)
            cosine = sum(weight * other.get(term, 0.0) for term, weight in vector.items())
            if cosine >= LEAST:
                found.append((cosine, paper_id))
    found.sort(key=lambda each: (-each[0], each[1]))
    return list(map(itemgetter(1), found[:most]))


def _candidates(index: PaperIndex, vector: Mapping[str, float]) -> list[int]:
    """The papers that share most with a vector, if what they say of a term counts once."""
    postings = [(_papers_with(index, term), weight) for term, weight in vector.items()]
    places = max((bits.bit_length() for bits, _ in postings), default=0)
    if not places:
        return []
    shared = np.zeros(places, np.float32)
    for bits, weight in postings:
        shared += np.float32(weight * weight) * _as_array(bits, places)
    best = np.argsort(-shared, kind="stable")[: _COMPARED + 1]
    mask = sum(1 << int(place) for place in best if shared[place] > 0)
    return index.ids(mask)


def _papers_with(index: PaperIndex, term: str) -> Bits:
    """The papers with a folded word: those of the keyword that is this word."""
    phrase = Phrase((Part(term),))
    return index.evaluate(Keyword(term, phrase.canonical, tree=phrase))


def _as_array(bits: Bits, places: int) -> NDArray[np.uint8]:
    packed = np.frombuffer(bits.to_bytes((places + 7) // 8, "little"), np.uint8)
    return np.unpackbits(packed, count=places, bitorder="little")
