"""What ratings teach: the same terms in any order of the ratings, few, and none removed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.profiles.fitting import MAX_TERMS, RatedPaper, fit
from digest.profiles.learnt_terms import LEAST_RATINGS, MAX_SPELLING, LearntTerm
from digest.profiles.paper_terms import DocumentFrequencies, paper_terms
from digest.profiles.spelling import MOST_READ

from .invented import frequencies, rated, ratings, terms_of

WORDS = st.lists(
    st.sampled_from(["kettle", "steel", "moss", "the", "quiet", "x1", "LLMs", "2024"]), max_size=9
)


@st.composite
def rated_papers(draw: st.DrawFn) -> list[RatedPaper]:
    texts = draw(st.lists(st.tuples(WORDS, WORDS), min_size=LEAST_RATINGS, max_size=14))
    papers = []
    for pk, (title, abstract) in enumerate(texts):
        value, shown = draw(st.sampled_from([-1, 1])), (" ".join(title), " ".join(abstract))
        papers.append(RatedPaper(pk, value, *shown, terms_of(*shown)))
    return papers


@given(rated_papers(), st.randoms())
def test_the_order_of_the_ratings_does_not_matter(
    papers: list[RatedPaper], draw: random.Random
) -> None:
    shuffled = papers[:]
    draw.shuffle(shuffled)
    assert fit(shuffled, frequencies()) == fit(papers, frequencies())


@given(rated_papers(), st.sets(st.sampled_from(["kettle", "steel", "moss quiet"])))
def test_removed_terms_are_not_learnt_and_change_no_other_sign(
    papers: list[RatedPaper], removed: set[str]
) -> None:
    found = {each.term: each.weight for each in fit(papers, frequencies())}
    left = {each.term: each.weight for each in fit(papers, frequencies(), removed)}
    assert not left.keys() & removed
    assert not any(set(term.split()) & removed for term in left)
    assert all(found[term] * weight > 0 for term, weight in left.items() if term in found)


@given(rated_papers())
def test_terms_are_few_finite_and_strongest_first(papers: list[RatedPaper]) -> None:
    found = [abs(each.weight) for each in fit(papers, frequencies())]
    assert len(found) <= MAX_TERMS
    assert found == sorted(found, reverse=True)
    assert all(weight < 1e6 for weight in found)


def test_what_is_liked_gets_plus_and_what_is_not_minus() -> None:
    found = {each.term: each for each in fit(ratings("kettle", "bridge"), frequencies())}
    assert found["copper kettle"].weight > 0 > found["slender steel"].weight
    assert found["copper kettle"].weight > -found["slender steel"].weight  # those down count half
    assert "moss" not in found
    assert not any("x1" in term for term in found)  # one paper's word is chance


def test_papers_rated_down_count_half() -> None:
    papers = [
        RatedPaper(pk, value, word, "", terms_of(word, ""))
        for pk, (word, value) in enumerate([("kettle", 1), ("steel", -1)] * 5)
    ]
    found = {each.term: each.weight for each in fit(papers, DocumentFrequencies())}
    assert found == {"kettle": 1.0, "steel": -0.5}


def test_spellings_do_not_depend_on_the_order_of_the_ratings() -> None:
    titles = ["kettle"] * MOST_READ + ["Kettle"] * MOST_READ
    papers = [RatedPaper(pk, 1, title, "", terms_of(title, "")) for pk, title in enumerate(titles)]
    for some in (papers, papers[::-1]):
        assert [each.spelling for each in fit(some, DocumentFrequencies())] == ["Kettle"]


def test_fewer_than_ten_ratings_teach_nothing() -> None:
    assert fit(ratings("kettle", "bridge", LEAST_RATINGS - 1), frequencies()) == []
    assert fit(ratings("kettle", "bridge", LEAST_RATINGS), frequencies())


@pytest.mark.parametrize("value", [1, -1])
def test_ratings_of_one_kind_are_enough(value: int) -> None:
    found = fit([rated(pk, "moss", value) for pk in range(10)], frequencies())
    assert found
    assert all(each.weight * value > 0 for each in found)


def test_an_unhelpful_rating_is_outvoted_and_a_taken_one_has_no_effect() -> None:
    papers = ratings("kettle", "bridge")
    extra = rated(99, "moss", 1), rated(98, "moss", 1)
    assert "moss" in {each.term for each in fit([*papers, *extra], frequencies())}
    assert fit(papers, frequencies()) == fit([*papers, *extra][:10], frequencies())


def test_terms_are_spelt_as_papers_spell_them() -> None:
    title, abstract = "KV Caches", "A KV cache keeps keys. The KV cache of a model is large."
    papers = [
        RatedPaper(pk, 1, title, abstract, terms_of(title, abstract)) for pk in range(LEAST_RATINGS)
    ]
    spelt = {each.term: each.spelling for each in fit(papers, DocumentFrequencies())}
    assert spelt["kv cache"] == "KV cache"
    long = "y" * 300
    papers = [RatedPaper(pk, 1, long, "", terms_of(long, "")) for pk in range(LEAST_RATINGS)]
    assert [len(each.spelling) for each in fit(papers, DocumentFrequencies())] == [MAX_SPELLING]


def test_a_learnt_term_survives_its_json() -> None:
    term = LearntTerm("kv cache", -0.25, "KV cache")
    assert LearntTerm.from_json(term.to_json()) == term


def test_terms_are_words_and_neighbours_the_title_counting_double() -> None:
    found = paper_terms(["quiet", "kettle"], ["the", "kettle", "of", "steel"])
    assert set(found) == {"quiet", "kettle", "quiet kettle", "steel"}
    assert found["kettle"] > found["quiet"] > found["steel"]
    assert sum(value * value for value in found.values()) == pytest.approx(1)
    assert paper_terms([], []) == {}


def test_rare_terms_weigh_more_and_unknown_ones_most() -> None:
    counted = DocumentFrequencies.of([["a", "b"], ["a", "b"], ["a"], ["c", "c"]])
    assert counted.counts == {"a": 3, "b": 2}
    assert counted.idf("c") > counted.idf("b") > counted.idf("a") > 0
    assert DocumentFrequencies().idf("a") > 0
