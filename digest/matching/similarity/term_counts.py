"""What is counted of the papers that a keyword matched."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from .vectors import Weights

MIN_MATCHES = 5  # papers, below which a keyword has no vector
MAX_TERMS = 200  # whose counts are kept


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How many papers a keyword matched, and in how many of these each term occurs."""

    matches: int = 0
    papers: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Whether it matched enough papers to say what others are close."""
        return self.matches >= MIN_MATCHES

    def plus(self, papers: Iterable[Iterable[str]], weights: Weights) -> Self:
        """The counts with more papers, each given by its distinct terms; of at most MAX_TERMS.

        Terms of several papers are kept first, those that weigh most; then the commonest of the
        rest, for they are the likeliest to occur again.
        """
        counts, matches = Counter(self.papers), self.matches
        for terms in papers:
            counts.update(terms)
            matches += 1

        def worth(term: str) -> tuple[bool, float, str]:
            count, weight = counts[term], weights(term)
            return count > 1, count * weight if count > 1 else -weight, term

        kept = counts if len(counts) <= MAX_TERMS else sorted(counts, key=worth)[-MAX_TERMS:]
        return type(self)(matches, {term: counts[term] for term in kept})
