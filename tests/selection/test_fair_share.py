"""Each keyword gets its share of a mail, best papers first."""

from hypothesis import given
from hypothesis import strategies as st

from digest.selection.fair_share import fair_share

HITS = st.lists(st.lists(st.sampled_from("abcdefg"), unique=True, max_size=4), max_size=60)


def counts(hits: list[list[str]], chosen: list[int]) -> dict[str, int]:
    """Keyword ("" for trending papers) -> how many of the chosen papers it hit."""
    names = {keyword for keywords in hits for keyword in keywords or [""]}
    return {name: sum(name in (hits[at] or [""]) for at in chosen) for name in names}


@given(HITS, st.integers(1, 40))
def test_every_keyword_gets_its_share(hits: list[list[str]], room: int) -> None:
    chosen = fair_share(hits, room)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(room, len(hits))
    has, could = counts(hits, chosen), counts(hits, list(range(len(hits))))
    for name, matches in could.items():
        assert has[name] >= min(matches, room // len(could))


@given(HITS, st.integers(1, 40))
def test_more_room_takes_nothing_away(hits: list[list[str]], room: int) -> None:
    assert set(fair_share(hits, room)) <= set(fair_share(hits, room + 1))


@given(HITS, st.integers(1, 40))
def test_a_keyword_s_papers_are_its_best_ones(hits: list[list[str]], room: int) -> None:
    """Only a paper that other keywords hit too may come before a better one."""
    chosen = set(fair_share(hits, room))
    for at, keywords in enumerate(hits):
        if at not in chosen and len(keywords) == 1:
            later = [n for n in chosen if n > at and hits[n] == keywords]
            assert later == []


def test_seventy_eight_of_one_keyword_and_two_of_another() -> None:
    hits = [["b"]] * 10 + [["a"]] * 78 + [["c"]] * 2
    assert counts(hits, fair_share(hits, 20)) == {"a": 9, "b": 9, "c": 2}


def test_a_paper_counts_for_each_keyword_that_hit_it() -> None:
    hits = [["a", "b"], ["a", "b"], ["a"], ["a"], ["b"]]
    assert fair_share(hits, 2) == [0, 1]
    assert fair_share(hits, 4) == [0, 1, 2, 4]
    assert fair_share([["a", "b"], ["b"], ["c"]], 2) == [0, 2]


def test_trending_papers_have_a_share_too() -> None:
    assert fair_share([["a"]] * 9 + [[]] * 3, 4) == [0, 1, 9, 10]
