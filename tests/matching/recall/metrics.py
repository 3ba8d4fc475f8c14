"""Precision and recall of keywords over a judged set, averaged over keywords (macro average)."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.matching.index import PaperIndex

from .judged_sets import JudgedKeyword, JudgedSet
from .saved import CountedCorpus, keywords_for


@dataclass(frozen=True, slots=True)
class Result:
    """What one keyword found beside what it should have found."""

    keyword: JudgedKeyword
    found: frozenset[int]

    @property
    def missed(self) -> list[int]:
        return sorted(self.keyword.relevant - self.found)

    @property
    def false(self) -> list[int]:
        return sorted(self.found - self.keyword.relevant)

    @property
    def precision(self) -> float:
        """Share of what was found that is relevant; 1 where nothing was found."""
        return len(self.found & self.keyword.relevant) / len(self.found) if self.found else 1.0

    @property
    def recall(self) -> float:
        return len(self.found & self.keyword.relevant) / len(self.keyword.relevant)


@dataclass(frozen=True, slots=True)
class Average:
    """Mean precision and recall of several keywords, each of which weighs the same."""

    name: str
    keywords: int
    precision: float
    recall: float


def evaluate(judged: JudgedSet) -> list[Result]:
    """The papers of the set that each of its keywords matches, from one index."""
    index = PaperIndex(judged.papers)
    corpus = (
        CountedCorpus.stored() if judged.name == "invented" else CountedCorpus.of(judged.papers)
    )
    saved = keywords_for([each.text for each in judged.keywords], corpus)
    return [
        Result(each, frozenset(index.ids(index.evaluate(keyword))))
        for each, keyword in zip(judged.keywords, saved, strict=True)
    ]


def average(name: str, results: Sequence[Result]) -> Average:
    """The macro average. Raises ZeroDivisionError without results."""
    return Average(
        name,
        len(results),
        sum(each.precision for each in results) / len(results),
        sum(each.recall for each in results) / len(results),
    )


def by_kind(results: Sequence[Result]) -> list[Average]:
    """The average of each kind of keyword, in the order in which kinds first occur."""
    kinds = dict.fromkeys(each.keyword.kind for each in results)
    return [average(kind, [r for r in results if r.keyword.kind == kind]) for kind in kinds]
