"""Which forms of words keywords may have, given how many papers have each."""

from collections.abc import Collection, Iterable, Mapping

import pytest

from digest.expansions.acronym_rule import AcronymWording
from digest.expansions.possible_wordings import possible_wordings
from digest.matching.query import parse


class Counts:
    """A corpus in which a hundred papers have each of these words."""

    def __init__(self, words: str) -> None:
        self.words = set(words.split())

    def acronyms_of(self, terms: Collection[str]) -> list[AcronymWording]:
        return []

    def papers_with(self, words: Iterable[str]) -> Mapping[str, int]:
        return {word: 100 for word in words if word in self.words}


@pytest.mark.parametrize(
    ("typed", "seen", "others"),
    [
        ("robotics", "robot robotics", {"robot"}),
        ("robotics", "robotics", set()),
        ("optimizer", "optimizer", {"optimiser"}),  # another spelling, however rare
        # A prefix that is typed apart: the papers have it in one word.
        ("pre training", "pretrain pretraining", {"pre train"}),
        ("pre training", "train training", set()),
        ("model training", "modeltrain modeltraining", set()),
        ('"pre training"', "pretrain pretraining", set()),
    ],
)
def test_forms_of_a_word(typed: str, seen: str, others: set[str]) -> None:
    (found,) = possible_wordings([parse(typed)], Counts(seen))
    assert {pair.other for pair in found.usual} == others
    assert not found.offered
