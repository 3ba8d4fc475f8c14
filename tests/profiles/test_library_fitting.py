"""What a library teaches: what sets it apart from the papers of the site, beside the ratings."""

import math

import pytest

from digest.profiles.fitting import MAX_TERMS, fit
from digest.profiles.learnt_terms import LEAST_EVIDENCE, LEAST_RATINGS, PAPERS_PER_RATING
from digest.profiles.library_counting import count_terms
from digest.profiles.library_fitting import library_weights
from digest.profiles.library_terms import NO_LIBRARY, LibraryTerm, LibraryTerms
from digest.profiles.paper_terms import DocumentFrequencies

from .invented import frequencies, rated, ratings


def library(topic: str = "moss", papers: int = LEAST_EVIDENCE) -> LibraryTerms:
    return count_terms([rated(number, topic, 1) for number in range(papers)])


def counted(papers: int, **counts: int) -> LibraryTerms:
    terms = tuple(LibraryTerm(term, count, term.upper()) for term, count in counts.items())
    return LibraryTerms(papers, 4.0, terms)


SITE = DocumentFrequencies(100, {"common": 50, "model": 20, "rare": 2}, 8.0)


def test_terms_count_as_far_as_they_are_frequent_beyond_the_site() -> None:
    # Papers of the library have half the terms: a quarter of them is expected to have “common”, a
    # tenth “model”; what is less than twice as frequent says nothing.
    found = library_weights(counted(10, common=5, model=2, rare=2), SITE)
    assert found.keys() == {"rare"}
    found = library_weights(counted(10, common=6, model=3, rare=2), SITE)
    assert found.keys() == {"common", "model", "rare"}
    expected = {"common": 0.1, "model": 0.1, "rare": 0.18}
    for term, share in expected.items():
        ratio = found[term] / found["rare"]
        rarity = SITE.idf(term) / SITE.idf("rare")
        assert ratio == pytest.approx(share / 0.18 * rarity**2)


def test_a_paper_of_the_library_scores_a_third_of_one_rated_up() -> None:
    few = counted(10, rare=10, other=10, third=10, fourth=10)  # each has the same four terms
    value = 1 / math.sqrt(4)
    assert sum(library_weights(few, SITE).values()) * value == pytest.approx(1 / 3)


def test_without_papers_of_the_site_all_terms_count() -> None:
    found = library_weights(counted(10, common=5, rare=2), DocumentFrequencies())
    assert found["common"] > found["rare"] > 0
    assert library_weights(NO_LIBRARY, SITE) == {}


def test_forty_papers_are_enough_without_ratings_and_one_less_is_not() -> None:
    assert fit([], frequencies(), library=library(papers=LEAST_EVIDENCE - 1)) == []
    found = fit([], frequencies(), library=library())
    assert {"cushion moss", "grey"} <= {each.term for each in found}
    assert all(each.weight > 0 for each in found)
    assert {each.term: each.spelling for each in found}["cushion moss"] == "cushion mosses"


def test_four_papers_stand_for_a_rating() -> None:
    some = ratings("kettle", "bridge", LEAST_RATINGS - 1)
    assert fit(some, frequencies(), library=library(papers=PAPERS_PER_RATING))
    assert fit(some, frequencies(), library=library(papers=PAPERS_PER_RATING - 1)) == []


def test_the_library_is_added_to_what_ratings_teach() -> None:
    rated_only = {
        each.term: each.weight for each in fit(ratings("kettle", "bridge"), frequencies())
    }
    both = {
        each.term: each.weight
        for each in fit(ratings("kettle", "bridge"), frequencies(), library=library("kettle"))
    }
    alone = library_weights(library("kettle"), frequencies())
    assert both["copper kettle"] == pytest.approx(
        rated_only["copper kettle"] + alone["copper kettle"], abs=1e-5
    )
    assert both["slender steel"] == rated_only["slender steel"] < 0
    assert len(both) <= MAX_TERMS


def test_ratings_can_outweigh_the_library() -> None:
    found = fit(ratings("kettle", "moss"), frequencies(), library=library("moss"))
    assert {each.term: each.weight for each in found}["cushion moss"] < 0


def test_removed_terms_are_not_learnt_from_a_library() -> None:
    found = fit([], frequencies(), {"moss"}, library())
    assert found
    assert not any("moss" in each.term.split() for each in found)


def test_terms_are_few_and_strongest_first() -> None:
    many = counted(50, **{f"w{number}": number + 2 for number in range(MAX_TERMS + 5)})
    found = [each.weight for each in fit([], SITE, library=many)]
    assert len(found) == MAX_TERMS
    assert found == sorted(found, reverse=True)
