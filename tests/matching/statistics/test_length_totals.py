"""Mean lengths of all papers of an index, and typical attention."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse
from digest.matching.sliced_index import IndexView, SlicedIndex
from digest.matching.statistics.length_totals import LengthTotals, typical_attention
from tests.matching.small_papers import paper


def _expected(papers: Iterable[PaperText]) -> tuple[float, float]:
    titles = [len(each.title.split()) for each in papers]
    abstracts = [len(each.abstract.split()) for each in papers]
    full = [length for length in abstracts if length]
    return sum(titles) / (len(titles) or 1) or 1.0, sum(full) / (len(full) or 1) or 1.0


TITLES_ONLY = [paper(n, "cat") for n in range(1, 1025)]
WHOLE = [paper(n, "cat and dog", "a b c d") for n in range(1025, 1037)]


def test_titles_alone_at_the_beginning_do_not_count_as_abstracts() -> None:
    index = PaperIndex([*TITLES_ONLY, *WHOLE])
    assert index.mean_lengths() == _expected([*TITLES_ONLY, *WHOLE])
    assert index.mean_lengths()[1] == 4
    assert IndexView(index, index.everything()).mean_lengths() == index.mean_lengths()
    assert IndexView(index, index.mask([1, 1025])).mean_lengths() == (2.0, 4.0)


def test_slices_have_the_means_of_all_their_papers() -> None:
    swept = SlicedIndex([TITLES_ONLY, WHOLE], [parse("cat")], range(1, 1037))
    assert IndexView(swept, swept.everything()).mean_lengths() == _expected([*TITLES_ONLY, *WHOLE])
    assert IndexView(swept, swept.window(1024, 1036)).mean_lengths() == (3.0, 4.0)


def test_means_follow_papers_that_are_added_replaced_and_removed() -> None:
    index = PaperIndex([paper(1, "cat", "a b"), paper(2, "cat dog")])
    assert index.mean_lengths() == (1.5, 2.0)
    index.refresh([paper(2, "cat", "a b c d"), paper(3, "emu emu emu emu")], through=0, change=1)
    assert index.mean_lengths() == (2.0, 3.0)
    index.remove([1])
    assert index.mean_lengths() == (2.5, 4.0)
    index.remove([2, 3])
    assert index.mean_lengths() == (1.0, 1.0)


def test_a_copy_with_changed_papers_has_means_of_its_own() -> None:
    old = PaperIndex([paper(1, "cat", "a b"), paper(2, "cat dog")], through=2)
    new = old.updated_copy([paper(2, "a b c d")], keep=lambda each: True, through=2, change=1)
    assert old.mean_lengths() == (1.5, 2.0)
    assert new.mean_lengths() == (2.5, 2.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.data())
def test_removing_undoes_adding(lengths: list[tuple[int, int]], data: st.DataObject) -> None:
    totals = LengthTotals.of(lengths)
    gone = data.draw(st.sets(st.integers(0, max(len(lengths) - 1, 0)))) if lengths else set()
    for at in gone:
        totals.add(lengths[at], -1)
    assert totals == LengthTotals.of(each for at, each in enumerate(lengths) if at not in gone)


def test_few_papers_say_little_of_what_is_typical() -> None:
    assert typical_attention([]) == typical_attention([0.0, 0.0]) == 0.0
    assert typical_attention([3.0]) < 0.5
    assert typical_attention([3.0] * 990 + [0.0] * 500) == pytest.approx(2.97)
