"""Every keyword costs at most in proportion to the papers, and to their length: work is counted
here, in steps of the matcher or lines of the program, never in seconds."""

import sys
from collections.abc import Callable
from datetime import date, timedelta
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching.explain import explain
from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.block import BLOCK_SIZE
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.ranking import rank
from digest.matching.work_budget import WorkBudget

from .small_papers import paper

TODAY = date(2026, 3, 4)
TEXTS = [
    "the large language model of a fine-tuned network, DOS models and k-means in the model",
    "a model of language: state-of-the-art networking for the LLMs of the network's future",
    "language of the large model in a state of the art C++ network, pre-training the model",
    "the model the model the model the model of of of in in a a network net large language",
]
KINDS = [
    "model", "language model", "large language model", "state of the art", "fine tuned network",
    "LLM", "DOS models", "net*", "the net*", "language mod*", '"the model"', '"of the large"',
    '"large model"~9', '"model the of"~3', '"the model of language in"~9', "title:model",
    "abstract:(the net*)", "model AND language", "the model OR of the model OR state of the art",
    "model -survey", "model -(large model)", "net* OR lan* OR mod*", "author:a b", 'author:"ann b"',
    "category:cs", "model since:2020", "(the OR a) (model OR language) -(survey OR zoo*)",
]  # fmt: skip


def papers(count: int) -> list[PaperText]:
    return [
        paper(
            number,
            TEXTS[number % 4],
            f"{TEXTS[(number + 1) % 4]}. {TEXTS[(number + 2) % 4]}",
            authors=("Ann B. Adams", "B. Arnold"),
            categories=("cs.CL",),
            listed_on=TODAY - timedelta(days=number % 40),
        )
        for number in range(1, count + 1)
    ]


def lines(call: Callable[[], object]) -> int:
    """The lines of Python that a call runs, every turn of a loop counted."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()  # coverage's
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def answer(index: PaperIndex, keyword: Keyword) -> None:
    """What a page or a mail does with a keyword."""
    found = index.ids(index.evaluate(keyword))
    ranked = rank(index, dict.fromkeys(found, (keyword,)), today=TODAY)
    for match in ranked:
        index.hit_spans(keyword, match.paper_id)


@pytest.mark.parametrize("text", KINDS)
def test_twice_the_papers_take_twice_the_lines(text: str) -> None:
    keyword = parse(text)
    few, twice = PaperIndex(papers(20)), PaperIndex(papers(40))
    answer(PaperIndex(papers(8)), keyword)  # texts and words once read are remembered
    assert lines(lambda: answer(twice, keyword)) <= 2.1 * lines(lambda: answer(few, keyword))
    assert few.evaluate(keyword)


LONG = ["a a", '"a a"', '"a b"~3', '"a c"~3', '"a b"~100', "a* a*", "a a a", "A A", "a b", "c a"]


@pytest.mark.parametrize("text", LONG)
def test_a_text_twice_as_long_takes_twice_the_lines(text: str) -> None:
    keyword = parse(text)

    def spent(times: int) -> int:
        long = paper(1, "a c", "a " * times + "b " + "a-a " * (times // 4))
        index = PaperIndex([long])
        return lines(lambda: (answer(index, keyword), explain(long, [keyword])))

    spent(10)
    assert spent(400) <= 2.1 * spent(200)


WORDS = st.sampled_from(["the", "of", "a", "model", "language", "network", "large", "state", "LLM"])
ROW = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
TERM = st.one_of(
    WORDS,
    ROW,
    ROW.map(lambda row: f'"{row}"'),
    st.tuples(ROW, st.integers(0, 20)).map(lambda near: f'"{near[0]}"~{near[1]}'),
    st.sampled_from(["net*", "the mod*", "title:language", "author:a b", "since:2026", "cat:cs"]),
)
TYPED = st.recursive(
    TERM,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR", "ANDNOT"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=12,
)


def steps(index: PaperIndex, keyword: Keyword) -> int:
    work = WorkBudget()
    index.evaluate(keyword, work)
    return work.spent


@settings(max_examples=25)
@given(TYPED)
def test_any_keyword_takes_steps_in_proportion_to_the_papers(text: str) -> None:
    try:
        keyword = parse(text)
    except KeywordError:
        return
    one, two = (steps(PaperIndex(papers(count)), keyword) for count in (16, 32))
    assert one > 0
    assert two <= 2.1 * one
    atoms = 1 + text.count(" ")
    assert one <= 16 * atoms * 200  # words of a paper, and what looking at it costs


def test_three_frequent_words_that_never_stand_in_a_row_are_not_sought() -> None:
    apart = [paper(n, "large of language at model", "") for n in range(1, BLOCK_SIZE + 1)]
    index = PaperIndex(apart, through=BLOCK_SIZE)  # one block, full: its frequent pairs are noted
    assert steps(index, parse("large language model")) < BLOCK_SIZE // 8
