"""Equal meanings are equal keywords, and only they: checked against truth tables."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from digest.matching.query import KeywordError, parse
from tests.matching.small_papers import hits

LETTERS = ("ab", "cd", "ef")
TREE = st.recursive(
    st.sampled_from(LETTERS),
    lambda inner: st.one_of(
        st.tuples(st.just("NOT"), inner),
        st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
    ),
    max_leaves=5,
)
Shape = str | tuple[object, ...]


def _typed(tree: Shape) -> str:
    if isinstance(tree, str):
        return tree
    if tree[0] == "NOT":
        return f"NOT ({_typed(tree[1])})"  # type: ignore[arg-type]
    return f"({_typed(tree[1])}) {tree[0]} ({_typed(tree[2])})"  # type: ignore[arg-type]


def _true(tree: Shape, present: dict[str, bool]) -> bool:
    if isinstance(tree, str):
        return present[tree]
    if tree[0] == "NOT":
        return not _true(tree[1], present)  # type: ignore[arg-type]
    left, right = (_true(part, present) for part in tree[1:])  # type: ignore[arg-type]
    return left and right if tree[0] == "AND" else left or right


def _table(tree: Shape) -> list[bool]:
    rows = product([False, True], repeat=len(LETTERS))
    return [_true(tree, dict(zip(LETTERS, row, strict=True))) for row in rows]


@given(TREE, TREE)
def test_keywords_are_equal_exactly_when_their_truth_tables_are(one: Shape, other: Shape) -> None:
    try:
        keywords = parse(_typed(one)), parse(_typed(other))
    except KeywordError:
        return
    assert (keywords[0] == keywords[1]) == (_table(one) == _table(other))


@given(TREE)
def test_refused_exactly_where_a_paper_without_any_word_would_hit_or_none_could(
    tree: Shape,
) -> None:
    table = _table(tree)
    try:
        parse(_typed(tree))
    except KeywordError:
        assert table[0] or not any(table)
    else:
        assert not table[0]
        assert any(table)


@given(TREE)
def test_the_index_follows_the_truth_table(tree: Shape) -> None:
    try:
        parse(_typed(tree))
    except KeywordError:
        return
    for row, expected in zip(
        product([False, True], repeat=len(LETTERS)), _table(tree), strict=True
    ):
        text = " ".join(word for word, held in zip(LETTERS, row, strict=True) if held)
        assert hits(_typed(tree), text) == expected
