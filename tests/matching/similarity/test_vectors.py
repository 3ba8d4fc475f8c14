"""Vectors of keywords and papers, against plain sums."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.matching.similarity import (
    MIN_MATCHES,
    PaperVector,
    TermCounts,
    Weights,
    closest,
    closest_papers,
    has_topic,
    paper_terms,
    paper_vector,
    term_weights,
)
from digest.matching.similarity.closest import TOP_TERMS, keyword_vectors, term_numbers
from digest.matching.similarity.term_counts import MAX_TERMS
from tests.matching.small_papers import paper

WORDS = [f"word{letter}" for letter in "abcdefghijkl"]


def flat(term: str) -> float:
    """The same weight for every term."""
    return 1.0


@pytest.mark.parametrize(
    ("keyword", "topic"),
    [
        ("robot", True), ("title:robot", True), ("abstract:robot", True), ('"deep robot"', True),
        ('"deep robot"~3', True), ("robo*", True), ("robot author:vogel", True),
        ("robot OR category:cs", True), ("author:vogel", False), ("category:cs.CL", False),
        ("org:acme", False), ("-robot", False), ("author:vogel -robot", False),
        ("category:cs since:2020-01-01", False),
    ],
)  # fmt: skip
def test_which_keywords_have_a_topic(keyword: str, topic: bool) -> None:
    assert has_topic(parse(keyword)) is topic


def test_terms_are_folded_words_that_say_something() -> None:
    index = PaperIndex([paper(1, "The Robots", f"Our 3 robots; grippers. {'x' * 41} {'y' * 40}")])
    assert paper_terms(index, 1) == {"robot": 2, "gripper": 1, "y" * 40: 1}


def test_rare_words_weigh_more_and_until_papers_change() -> None:
    index = PaperIndex([paper(n, "robot" if n % 2 else "robot kettle") for n in range(1, 9)])
    weights = term_weights(index)
    assert weights("robot") == 0.0
    assert weights("kettle") == pytest.approx(math.log(9 / 5))
    assert weights("glacier") == pytest.approx(math.log(9))
    index.refresh([paper(9, "glacier")], through=9, change=1)
    assert term_weights(index)("glacier") == pytest.approx(math.log(10 / 2))


def test_a_vector_has_unit_length_and_no_word_without_weight() -> None:
    index = PaperIndex([paper(1, "robot robot kettle"), paper(2, "robot ice")])
    terms, weights = paper_vector(index, 1, term_weights(index))
    assert terms == ("kettle",)
    assert math.hypot(*weights) == pytest.approx(1.0)
    assert paper_vector(PaperIndex([paper(1, "", "")]), 1, flat) == PaperVector((), weights[:0])


def vector(counts: TermCounts, weights: Weights = flat) -> dict[str, float]:
    """A keyword's vector as a dict, without terms of no weight."""
    numbers = term_numbers()
    terms, values = keyword_vectors([counts], numbers, weights)
    names = ["", *numbers]
    row = zip(terms[0].tolist(), values[0].tolist(), strict=True)
    return {names[number]: value for number, value in row if value}


class TestKeywordVectors:
    def test_below_five_matches_there_is_none(self) -> None:
        counts = TermCounts().plus([{"draft"}] * (MIN_MATCHES - 1), flat)
        assert not counts.is_enough
        assert vector(counts) == {}
        counts = counts.plus([{"draft"}], flat)
        assert counts.is_enough
        assert vector(counts) == {"draft": 1.0}

    def test_words_of_one_paper_are_no_part_of_it(self) -> None:
        counts = TermCounts().plus([{"draft", f"own{n}"} for n in range(6)], flat)
        assert vector(counts) == {"draft": 1.0}
        assert vector(TermCounts().plus([{f"own{n}"} for n in range(6)], flat)) == {}

    def test_it_has_the_terms_that_weigh_most(self) -> None:
        words = {f"w{n:03}" for n in range(TOP_TERMS + 9)}
        counts = TermCounts().plus([words, words, {"w040"}, {"w050"}, {"w060"}], flat)
        found = vector(counts, lambda term: 0.5 if term == "w060" else 1.0)
        assert len(found) == TOP_TERMS
        assert {"w040", "w050"} <= found.keys()
        assert "w060" not in found
        assert found["w040"] == pytest.approx(1.5 * min(found.values()))
        assert math.hypot(*found.values()) == pytest.approx(1.0)


class TestTermCounts:
    def test_words_of_several_papers_are_kept_first_then_common_ones(self) -> None:
        def weights(term: str) -> float:
            return 9.0 if term.startswith("rare") else 1.0

        crowd = {f"rare{n}" for n in range(MAX_TERMS)}
        counts = TermCounts().plus([{"draft"}, {"draft", "lone"}, crowd], weights)
        assert len(counts.papers) == MAX_TERMS
        assert {"draft", "lone"} <= counts.papers.keys()
        assert counts.papers["draft"] == 2
        assert counts.matches == 3

    @given(st.lists(st.sets(st.sampled_from(WORDS)), max_size=9), st.integers(0, 9))
    def test_in_two_steps_as_in_one(self, papers: list[set[str]], cut: int) -> None:
        once = TermCounts().plus(papers, flat)
        assert TermCounts().plus(papers[:cut], flat).plus(papers[cut:], flat) == once


class TestClosest:
    def test_the_cosines_are_those_of_plain_sums(self) -> None:
        drawn = random.Random(5)
        papers = [paper(n, " ".join(drawn.choices(WORDS, k=5))) for n in range(1, 1_205)]
        index = PaperIndex(papers)
        weights = term_weights(index)
        vectors = [paper_vector(index, each.id, weights) for each in papers]
        asked = [
            TermCounts(9, {"worda": 3, "wordb": 4}), TermCounts(9, {"wordc": 2, "wordd": 1}),
            TermCounts(9, {"nowhere": 7}), TermCounts(4, {"worda": 4}),
        ]  # fmt: skip
        found = closest_papers(asked, vectors, weights, 0.5)
        plain = [dict(zip(*each, strict=True)) for each in vectors]
        for counts, near in zip(asked, found, strict=True):
            query = vector(counts, weights)
            cosines = [sum(x * each.get(t, 0.0) for t, x in query.items()) for each in plain]
            expected = {at for at, cosine in enumerate(cosines) if cosine >= 0.5}
            assert {each.place for each in near} == expected
            assert all(each.cosine == pytest.approx(cosines[each.place], 1e-5) for each in near)
            assert near == sorted(near, key=lambda each: (-each.cosine, each.place))
        assert len(found[0]) > 100
        assert any(each.place > 1_000 for each in found[0])  # of the second block
        assert found[2] == found[3] == []

    def test_many_keywords_are_compared_in_turns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        index = PaperIndex([paper(1, "kettle"), paper(2, "ice")])
        vectors = [paper_vector(index, each, flat) for each in (1, 2)]
        asked = [TermCounts(5, {word: 5}) for word in ("ice", "kettle", "lid") * 3]
        once = closest_papers(asked, vectors, flat, 0.9)
        monkeypatch.setattr(closest, "_KEYWORDS", 2)
        assert closest_papers(asked, vectors, flat, 0.9) == once
        assert [[each.place for each in near] for near in once] == [[1], [0], []] * 3

    def test_the_threshold_is_included(self) -> None:
        vectors = [paper_vector(PaperIndex([paper(1, "ice")]), 1, flat)]
        asked = [TermCounts(5, {"ice": 5})]
        assert closest_papers(asked, vectors, flat, 1.0) == [[(1.0, 0)]]

    def test_nothing_is_close_to_nothing(self) -> None:
        assert closest_papers([], [], flat, 0.1) == []
        assert closest_papers([TermCounts(5, {"ice": 5})], [], flat, 0.1) == [[]]
