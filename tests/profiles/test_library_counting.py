"""What is kept of a library: how many papers have each term, and nothing that only one has."""

import pytest

from digest.profiles import library_counting
from digest.profiles.fitting import RatedPaper
from digest.profiles.library_counting import LONGEST_TERM, LONGEST_TEXT, MAX_TERMS, count_terms
from digest.profiles.library_terms import NO_LIBRARY, LibraryTerm, LibraryTerms

from .invented import rated


def paper(title: str, abstract: str = "") -> RatedPaper:
    return RatedPaper(1, 1, title, abstract, {})


def counts(*papers: RatedPaper) -> dict[str, int]:
    return {each.term: each.papers for each in count_terms(papers).terms}


def test_papers_are_counted_not_occurrences_and_only_shared_terms_are_kept() -> None:
    found = count_terms(
        [
            paper("Copper kettles", "A kettle is a kettle."),
            paper("The Copper Kettle", "of Zugzwang"),
            paper("Copper and tin"),
        ]
    )
    assert found.terms == (
        LibraryTerm("copper", 3, "Copper"),
        LibraryTerm("copper kettle", 2, "Copper Kettle"),
        LibraryTerm("kettle", 2, "kettle"),
    )
    assert found.papers == 3
    assert found.terms_each == 3.0  # (3 + 4 + 2) / 3


def test_no_paper_and_one_paper_leave_nothing() -> None:
    assert count_terms([]) == NO_LIBRARY
    assert count_terms([paper("Copper kettle")]).terms == ()


def test_the_most_frequent_are_kept_and_no_long_ones() -> None:
    words = [f"w{number}" for number in range(MAX_TERMS)]
    long = "y" * (LONGEST_TERM + 1)
    text = " . ".join(words)  # a full stop joins nothing, but pairs may reach across it
    found = counts(*[paper(text, f"kettle the {long}")] * 2, paper("kettle"))
    assert len(found) == MAX_TERMS
    assert found["kettle"] == 3
    assert long not in found


def test_of_a_long_text_the_beginning_is_read() -> None:
    late = "a " * (LONGEST_TEXT // 2) + "kettle"
    assert counts(*[paper(late, f"steel {late}")] * 2) == {"steel": 2}


def test_large_libraries_are_read_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_counting, "MAX_PAPERS", 3)
    found = count_terms([paper(title) for title in ("steel", "moss", "steel", "moss")])
    assert (found.papers, [each.term for each in found.terms]) == (2, ["steel"])
    assert count_terms([paper("steel")] * 3).papers == 3


def test_it_survives_its_json() -> None:
    found = count_terms([rated(number, "kettle", 1) for number in range(4)])
    assert found.terms
    assert LibraryTerms.from_json(found.to_json()) == found
    assert LibraryTerms.from_json({}) == NO_LIBRARY
    for wrong in ({"papers": 1}, {"papers": "x", "terms_each": 1, "terms": []}, {"terms": [1]}):
        with pytest.raises((ValueError, KeyError, TypeError)):
            LibraryTerms.from_json(wrong)
