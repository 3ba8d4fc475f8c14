"""Vectors of texts: TF-IDF over the folded words of title and abstract, of unit length."""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from digest.matching.index import PaperIndex
from digest.matching.query import Keyword
from digest.matching.query.atoms import Exact, Near, Phrase
from digest.matching.query.syntax_tree import atoms
from digest.matching.text.content_words import is_content_word

Weights = Callable[[str], float]  # term -> inverse document frequency
LONGEST_TERM = 40  # characters: a longer word is an address or a formula
_TOPIC_FIELDS = ("", "title", "abstract")


class PaperVector(NamedTuple):
    """The vector of a paper in little memory: many are kept at once."""

    terms: tuple[str, ...]
    weights: "array[float]"


def has_topic(keyword: Keyword) -> bool:
    """Whether it asks for words of title or abstract: an author, an organisation, a category, a day
    or an exclusion has no topic."""
    return not keyword.excludes and any(
        isinstance(atom, (Phrase, Exact, Near)) and atom.field in _TOPIC_FIELDS
        for atom, excluded in atoms(keyword.tree)
        if not excluded
    )


def content_terms(*texts: Iterable[str]) -> Counter[str]:
    """How often each folded word that says something about the topic occurs in these texts."""
    return Counter(
        term
        for term in chain(*texts)
        if len(term) <= LONGEST_TERM and is_content_word(term)
    )  # fmt: skip


def paper_terms(index: PaperIndex, paper_id: int) -> Counter[str]:
    """`content_terms` of a paper. Raises IncompleteIndex if it is not held."""
    return content_terms(*index.terms(paper_id))


def term_weights(index: PaperIndex) -> Weights:
    """The inverse document frequencies of terms in an index, cached until its papers change."""
    known, papers = index.cache.term_weights, len(index)

    def weight(term: str) -> float:
        found = known.get(term)
        if found is None:
            count = index.document_frequency(term)
            found = known.keep(term, math.log((papers + 1) / (count + 1)))
        return found

    return weight


def weighted(counts: Mapping[str, int], weights: Weights) -> dict[str, float]:
    """TF-IDF of a text, TF being 1 + log(count), scaled to unit length."""
    return scaled({term: (1 + math.log(n)) * weights(term) for term, n in counts.items()})


def scaled(vector: Mapping[str, float]) -> dict[str, float]:
    """The vector with unit length, without terms of no weight."""
    length = math.hypot(*vector.values())
    return {term: weight / length for term, weight in vector.items() if weight > 0}


def paper_vector(index: PaperIndex, paper_id: int, weights: Weights) -> PaperVector:
    """The vector of a paper. Raises IncompleteIndex if it is not held."""
    vector = weighted(paper_terms(index, paper_id), weights)
    return PaperVector(tuple(vector), array("f", vector.values()))
