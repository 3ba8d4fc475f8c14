"""Similar papers: which, how many, and how much work they take."""

import pytest

from digest.matching.index import PaperIndex
from digest.matching.similarity import paper_similarity, paper_terms, similar_papers
from tests.matching.small_papers import paper

DRAFT = "a draft proposes tokens and a verifier accepts them"
ELSE = ("kettle steam lid whistle", "glacier ice moraine valley", "violin spruce varnish bow")


def library(*texts: str) -> PaperIndex:
    """An index of these abstracts, numbered from 1, among others."""
    others = [f"{ELSE[n % 3]} {n}" for n in range(24)]
    return PaperIndex([paper(n, "", text) for n, text in enumerate((*texts, *others), 1)])


def similar(index: PaperIndex, abstract: str, besides: int = 0, most: int = 5) -> list[int]:
    return similar_papers(index, "", abstract, besides=besides, most=most)


def test_the_most_similar_come_first_without_the_paper_itself() -> None:
    index = library(DRAFT, f"{DRAFT} kettle steam", "a draft of verifier tokens", DRAFT)
    assert similar(index, DRAFT, besides=1) == [4, 2, 3]
    assert similar(index, DRAFT, besides=1, most=2) == [4, 2]


def test_a_paper_that_is_not_in_the_index_has_them_too() -> None:
    assert similar(library(DRAFT, DRAFT), DRAFT) == [1, 2]


def test_a_word_in_common_is_not_enough() -> None:
    long = "verifier of harbour cranes herring nets tides ropes moorings anchors buoys sails masts"
    assert similar(library(DRAFT, DRAFT, f"{long} decks", f"{long} hulls"), DRAFT) == [1, 2]


@pytest.mark.parametrize("abstract", ["", "the of and", "unheard words alone", "a " * 9_000])
def test_a_paper_without_words_in_common_has_none(abstract: str) -> None:
    assert similar(library(DRAFT), abstract) == []
    assert similar(PaperIndex(), abstract) == []


def test_few_papers_are_compared_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counted(index: PaperIndex, paper_id: int) -> object:
        compared.append(paper_id)
        return paper_terms(index, paper_id)

    monkeypatch.setattr(paper_similarity, "paper_terms", counted)
    index = library(*[f"{DRAFT} {n}" for n in range(300)])
    assert len(similar(index, DRAFT, besides=1)) == 5
    assert len(compared) <= 13
