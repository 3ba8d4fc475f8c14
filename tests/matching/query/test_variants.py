"""Keywords made from another one: wider, narrower, and the distinct ones of a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.query import KeywordError, parse
from digest.matching.query.variants import (
    comma_parts,
    distinct_keywords,
    narrowed,
    with_operators,
    words_anywhere,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["RL", "rl", "RLs"], ["RL"]),
        (["rl", "RL"], ["rl"]),
        (["graph neural", "graph-neural", "Graph  Neural"], ["graph neural"]),
        (["a1 AND b1", "b1 AND a1", "a1 b1"], ["a1 AND b1", "a1 b1"]),
        (["speech", "-speech", "title:speech"], ["speech", "-speech", "title:speech"]),
        (["(", "(", "x" * 300, "x" * 300], ["(", "x" * 300]),
        ([], []),
    ],
)
def test_of_equal_meanings_the_first_spelling_is_kept(typed: list[str], kept: list[str]) -> None:
    assert distinct_keywords(typed) == kept


@given(st.lists(st.text(max_size=20), max_size=20))
def test_nothing_typed_is_lost_but_repetitions(typed: list[str]) -> None:
    kept = distinct_keywords(typed)
    assert distinct_keywords(kept) == kept
    assert set(kept) <= set(typed)
    meanings = {parsed(text) for text in kept}
    assert all(parsed(text) in meanings for text in typed)


def parsed(text: str) -> object:
    try:
        return parse(text)
    except KeywordError:
        return text


@pytest.mark.parametrize(
    ("typed", "wide"),
    [
        ("federated learning", "federated AND learning"),
        ("speech\u00a0music", "speech AND music"),
        ("C++ network", "C++ AND network"),
        ("speech", None),
        ("speech NOT music", None),
        ("speech OR music", None),
        ("title:(speech music)", None),
        ("-speech music", None),
        ('"speech music"', None),
        ("the “exact words”", None),
        ("speech AND", None),
    ],
)
def test_words_anywhere(typed: str, wide: str | None) -> None:
    found = words_anywhere(parse(typed))
    assert (found.text if found else None) == wide


@pytest.mark.parametrize(
    ("typed", "related", "narrow"),
    [
        ("speech", ["protein", "speech recognition"], "speech recognition"),
        ("speech", ["protein structure", "heat"], "speech AND protein structure"),
        ("peech", ["speech recognition"], "peech AND speech recognition"),
        ("speech", [], None),
        ("speech OR music", ["heat"], None),
        ("-speech", ["heat"], None),
    ],
)
def test_narrowed(typed: str, related: list[str], narrow: str | None) -> None:
    found = narrowed(parse(typed), related)
    assert (found.text if found else None) == narrow


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("cats and dogs", "cats AND dogs"),
        ("cats or dogs and mice", "cats OR dogs AND mice"),
        ("all:cats and dogs", "cats AND dogs"),
        ("cats  and\tdogs", "cats  AND\tdogs"),
        ("and cats", None),
        ("cats and", None),
        ("sand or", None),
        ("cats and or dogs", None),
        ("cats dogs", None),
        ("-cats and dogs", None),
        ('"cats and dogs"', None),
        ("title:cats and dogs", None),
        ("cats and dogs AND mice", None),
    ],
)
def test_with_operators(typed: str, read: str | None) -> None:
    found = with_operators(parse(typed))
    assert (found.text if found else None) == read


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("cats,dogs", ["cats", "dogs"]),
        ("deep learning,robot-hands,mice", ["deep learning", "robot-hands", "mice"]),
        ('"a, b",cats', ['"a, b"', "cats"]),
        ("cs.CL,hep-th", ["cs.CL", "hep-th"]),
        ("cs.CL,cats", []),
        ("1,2-dichlorobenzene", []),
        ("N,N-dimethylformamide", []),
        ("cats", []),
        ("cs.CL", []),
        ("cats,", []),
        ("cats,dogs AND 2", []),
    ],
)
def test_comma_parts(typed: str, parts: list[str]) -> None:
    assert comma_parts(typed) == parts
