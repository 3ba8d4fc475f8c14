"""The terms of a paper by which profiles know it: folded words, and pairs of adjacent ones."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from digest.matching.text.content_words import is_content_word

_TITLE_WEIGHT = 2  # occurrences that one in a title counts as


def paper_terms(title: Sequence[str], abstract: Sequence[str]) -> dict[str, float]:
    """Term -> 1 + ln(occurrences), divided by the length (L2) of all of them.

    `title` and `abstract` are folded words in order.
    """
    counts: Counter[str] = Counter()
    for words, weight in ((title, _TITLE_WEIGHT), (abstract, 1)):
        for term in terms_in(words):
            counts[term] += weight
    values = {term: 1 + math.log(count) for term, count in counts.items()}
    length = math.hypot(*values.values()) or 1.0
    return {term: value / length for term, value in values.items()}


def terms_in(words: Iterable[str]) -> Iterator[str]:
    """Yield the words and pairs of adjacent words of a text, given its folded words in order.

    Words that say nothing about a topic are left out, and no pair reaches across one.
    """
    before = ""
    for word in words:
        if not is_content_word(word):
            before = ""
            continue
        yield word
        if before:
            yield f"{before} {word}"
        before = word


@dataclass(frozen=True, slots=True)
class DocumentFrequencies:
    """In how many of `papers` papers each term occurs; those of fewer than two are not listed.

    `terms_each`: how many different terms a paper has, on average.
    """

    papers: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    terms_each: float = 0.0

    @classmethod
    def of(cls, papers: Iterable[Iterable[str]]) -> Self:
        """Count the terms of these papers."""
        counts: Counter[str] = Counter()
        number = 0
        for terms in papers:
            counts.update(set(terms))
            number += 1
        several = {term: count for term, count in counts.items() if count > 1}
        return cls(number, several, counts.total() / max(number, 1))

    def idf(self, term: str) -> float:
        """Inverse document frequency, above 0 also without any papers."""
        return math.log((self.papers + 1) / (self.counts.get(term, 0) + 0.5))
