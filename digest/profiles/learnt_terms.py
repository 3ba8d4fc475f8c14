"""What was learnt about one term, as it is stored and shown."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

MAX_SPELLING = 80  # characters of a term as shown

LEAST_RATINGS = 10  # with fewer nothing is learnt
# Papers of a library that stand for one rating: that a paper was kept says less about it.
PAPERS_PER_RATING = 4
LEAST_EVIDENCE = LEAST_RATINGS * PAPERS_PER_RATING
RULE_VERSION = 1  # raise it when the same ratings should give other terms


def evidence(ratings: int, library_papers: int) -> int:
    """How much there is to learn from; from LEAST_EVIDENCE on something is learnt."""
    return ratings * PAPERS_PER_RATING + library_papers


@dataclass(frozen=True, slots=True)
class LearntTerm:
    """A folded word or pair, its weight (above 0: more of it first), and how papers spell it."""

    term: str
    weight: float
    spelling: str

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Self:
        term, weight, spelling = stored
        return cls(str(term), float(weight), str(spelling))

    def to_json(self) -> list[object]:
        """Its JSON array: many are stored, and names would be half of it."""
        return [self.term, self.weight, self.spelling]


def without_removed(terms: Iterable[LearntTerm], removed: Collection[str]) -> list[LearntTerm]:
    """The terms that the reader did not remove."""
    return [each for each in terms if not is_removed(each.term, removed)]


def is_removed(term: str, removed: Collection[str]) -> bool:
    """Whether a term is among the removed ones, or a pair with a removed word."""
    return term in removed or any(word in removed for word in term.split(" "))
