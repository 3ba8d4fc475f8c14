"""Totals of the papers of an index: of the words in their texts, and of the attention they got."""

from collections.abc import Iterable
from dataclasses import dataclass

_PRIOR = 10  # papers without attention, assumed besides: what few papers got is not typical


@dataclass(slots=True)
class LengthTotals:
    """How many papers there are, the words of their titles and abstracts, and the abstracts.

    Kept up to date by adding and removing papers one by one.
    """

    papers: int = 0
    title_words: int = 0
    abstract_words: int = 0
    abstracts: int = 0

    @classmethod
    def of(cls, lengths: Iterable[tuple[int, int]]) -> "LengthTotals":
        """The totals of papers with these numbers of words in title and abstract."""
        found = cls()
        for each in lengths:
            found.add(each)
        return found

    def add(self, lengths: tuple[int, int], times: int = 1) -> None:
        """Count a paper with these numbers of words in title and abstract; `times` -1 undoes it."""
        title, abstract = lengths
        self.papers += times
        self.title_words += times * title
        self.abstract_words += times * abstract
        self.abstracts += times * bool(abstract)

    def means(self) -> tuple[float, float]:
        """The mean words of a title, and of an abstract that is not empty; 1 if there is none."""
        return (
            self.title_words / (self.papers or 1) or 1.0,
            self.abstract_words / (self.abstracts or 1) or 1.0,
        )


def sum_of(totals: Iterable[LengthTotals]) -> LengthTotals:
    """The totals of all papers of these totals."""
    found = LengthTotals()
    for each in totals:
        found.papers += each.papers
        found.title_words += each.title_words
        found.abstract_words += each.abstract_words
        found.abstracts += each.abstracts
    return found


def typical_attention(values: Iterable[float]) -> float:
    """The mean attention of the papers that got any, lower where they are few."""
    counted = [value for value in values if value]
    return sum(counted) / (len(counted) + _PRIOR)
