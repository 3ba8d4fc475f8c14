"""A profile orders matches, and neither adds nor removes one."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.index_cache import Match
from digest.matching.query import parse
from digest.matching.ranking import rank, select
from digest.matching.sliced_index import IndexView, SlicedIndex
from digest.profiles import ordering
from digest.profiles.ordering import order_by_profile

from .invented import text

KEYWORDS = [parse("water"), parse("steel"), parse("mosses")]
PAPERS = [
    PaperText(pk, pk, *text(topic, pk))
    for pk, topic in enumerate(["kettle", "bridge", "moss", "kettle", "bridge", "moss"], 1)
]
INDEX = PaperIndex(PAPERS, through=6)


def matches(index: PaperIndex | IndexView = INDEX) -> list[Match]:
    hits = select(index, KEYWORDS, index.everything())
    return rank(index, hits, today=date(2026, 1, 1))


def ids(found: Sequence[Match]) -> list[int]:
    return [match.paper_id for match in found]


def test_no_weights_or_unknown_terms_change_nothing() -> None:
    assert order_by_profile(INDEX, matches(), {}) == matches()
    assert order_by_profile(INDEX, matches(), {"zebra": 1.0}) == matches()


def test_what_weighs_more_comes_first_and_what_weighs_less_last() -> None:
    found = ids(order_by_profile(INDEX, matches(), {"copper kettle": 1.0, "steel": -1.0}))
    assert found[:2] == [1, 4] or found[:2] == [4, 1]
    assert set(found[-2:]) == {2, 5}


@given(
    st.dictionaries(
        st.sampled_from(["kettle", "copper kettle", "steel", "grey cushion", "the", ""]),
        st.floats(-1e9, 1e9),
    )
)
def test_the_same_papers_in_the_same_state_whatever_the_weights(
    weights: dict[str, float],
) -> None:
    found = order_by_profile(INDEX, matches(), weights)
    assert sorted(ids(found)) == sorted(ids(matches()))
    assert {match.paper_id: match for match in found} == {m.paper_id: m for m in matches()}


def test_the_factor_is_bounded() -> None:
    """However strong a profile, a paper that the keywords hit far better stays first."""
    strong, weak = (Match(pk, (), score, "") for pk, score in ((2, 1_000.0), (1, 1.0)))
    assert ids(order_by_profile(INDEX, [strong, weak], {"kettle": 1e6, "steel": -1e6})) == [2, 1]
    near = strong._replace(score=10.0)
    assert ids(order_by_profile(INDEX, [near, weak], {"kettle": 1e6})) == [1, 2]


def test_only_the_best_matches_are_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "MAX_ORDERED", 2)
    three = [Match(pk, (), 1.0, "") for pk in (2, 1, 4)]
    assert ids(order_by_profile(INDEX, three, {"kettle": 1.0})) == [1, 2, 4]


def test_a_view_is_ordered_as_its_index_and_a_sliced_index_not_at_all() -> None:
    weights = {"copper kettle": 1.0, "steel": -1.0}
    view = IndexView(INDEX, INDEX.everything())
    assert ids(order_by_profile(view, matches(), weights)) == ids(
        order_by_profile(INDEX, matches(), weights)
    )
    sliced = SlicedIndex([PAPERS], KEYWORDS, range(1, 7))
    everything = IndexView(sliced, sliced.everything())
    assert order_by_profile(everything, matches(), weights) == matches()


def test_changed_papers_are_read_anew() -> None:
    index = PaperIndex(PAPERS, through=6)
    two = [Match(pk, (), 1.0, "") for pk in (2, 1)]
    weights = {"kettle": 1.0}
    assert ids(order_by_profile(index, two, weights)) == [1, 2]
    other = [PaperText(1, 1, *text("moss", 1)), PaperText(2, 2, *text("kettle", 2))]
    index.refresh(other, through=6, change=1)
    assert ids(order_by_profile(index, two[::-1], weights)) == [2, 1]
