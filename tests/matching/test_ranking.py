"""Which papers a list selects, and in what order."""

from datetime import date, timedelta

import pytest

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.index_cache import BoundedCache
from digest.matching.popularity import Popularity
from digest.matching.query import parse, parse_list
from digest.matching.ranking import rank, select, trending
from digest.matching.sliced_index import IndexView, SlicedIndex

from .small_papers import paper

TODAY = date(2026, 3, 4)


def _order(papers: list[PaperText], *typed: str) -> list[int]:
    index = PaperIndex(papers)
    hits = select(index, parse_list(typed), index.everything())
    return [match.paper_id for match in rank(index, hits, today=TODAY)]


def test_a_paper_is_selected_once_with_every_keyword_that_hit() -> None:
    index = PaperIndex([paper(1, "cat", "a dog"), paper(2, "cow")])
    hits = select(index, parse_list(["dog", "cat", "cats or dogs"]), index.everything())
    assert {i: [k.text for k in found] for i, found in hits.items()} == {1: ["dog", "cat"]}


def test_exclusions_of_the_list_hold_for_every_keyword() -> None:
    index = PaperIndex([paper(1, "cat"), paper(2, "cat survey"), paper(3, "dog survey")])
    hits = select(index, parse_list(["cat", "dog", "-survey"]), index.everything())
    assert list(hits) == [1]


def test_only_the_window_counts() -> None:
    index = PaperIndex([paper(n, "cat") for n in range(1, 6)], through=5)
    assert list(select(index, [parse("cat")], index.window(2, 4, change=0))) == [3, 4]


def test_title_over_abstract_rare_over_common_several_over_one() -> None:
    filler = [paper(n, "cow", "many common words here") for n in range(10, 30)]
    assert _order([paper(1, "x", "the cat"), paper(2, "cat", "x y"), *filler], "cat") == [2, 1]
    assert _order([paper(1, "cow", "x"), paper(2, "emu", "x"), *filler], "cow", "emu")[0] == 2
    assert _order([paper(1, "cat x"), paper(2, "cat emu"), *filler], "cat", "emu") == [2, 1]


def test_a_short_field_counts_for_more_than_a_long_one_of_its_kind() -> None:
    long = "cow " * 12
    papers = [paper(1, f"cat {long}", "x y"), paper(2, "cat", "x y"), paper(3, "x y", "z " * 40)]
    assert _order(papers, "cat") == [2, 1]
    papers = [paper(1, "x", f"cat {long}"), paper(2, "x", "cat y"), paper(3, long, "z")]
    assert _order(papers, "cat") == [2, 1]
    # A long title says nothing against the abstract.
    papers = [paper(1, "x y", f"cat {long}"), paper(2, f"x {long}", "cat y"), paper(3, "z", "z")]
    assert _order(papers, "cat") == [2, 1]


def test_papers_without_a_title_or_an_abstract_are_ranked() -> None:
    assert _order([paper(1, "", "cat dog"), paper(2, "", "cat")], "cat") == [2, 1]
    assert _order([paper(1, "cat dog", ""), paper(2, "cat", "")], "cat") == [2, 1]


def test_then_discussion_then_newness_then_id() -> None:
    same = {"title": "cat"}
    papers = [
        paper(4, **same), paper(3, **same), paper(2, **same, comment_count=9),
        paper(5, **same, listed_on=TODAY), paper(6, **same, listed_on=TODAY - timedelta(days=3)),
    ]  # fmt: skip
    assert _order(papers, "cat") == [2, 5, 6, 3, 4]


def test_the_reason_in_one_line() -> None:
    index = PaperIndex([paper(1, "cat", "dog", comment_count=31), paper(2, "x", "cat", upvotes=1)])
    hits = select(index, parse_list(["cat", "dog"]), index.everything())
    why = {match.paper_id: match.why for match in rank(index, hits, today=TODAY)}
    assert why == {
        1: "title match · 2 keywords · 31 comments",
        2: "abstract match · 1 keyword · 1 upvote",
    }


def test_an_author_hit_is_called_one() -> None:
    index = PaperIndex([paper(1, "cat", authors=("Ann Lee",))])
    hits = select(index, [parse("author:lee")], index.everything())
    assert rank(index, hits, today=TODAY)[0].why == "author match · 1 keyword"


def test_trending_is_by_upvotes_then_comments_then_sources() -> None:
    papers = [
        paper(1, comment_count=300),
        paper(2, upvotes=3, comment_count=9),
        paper(3, source_count=4),
        paper(4, upvotes=40, listed_on=TODAY - timedelta(days=30)),
        paper(5, source_count=2),
        paper(6, upvotes=3),
        paper(7, upvotes=3, comment_count=9, source_count=2),
        paper(8, upvotes=-5, comment_count=-1),
        paper(9, comment_count=300),
    ]
    index = PaperIndex(papers)
    assert trending(index, index.everything()) == (4, 7, 2, 6, 1, 9, 3, 5)
    assert trending(index, index.mask([8, 3])) == (3,)
    assert trending(index, 0) == ()


def test_where_nothing_is_known_of_any_paper_they_trend_as_listed() -> None:
    index = PaperIndex([paper(3), paper(1), paper(2, upvotes=-5)])
    assert trending(index, index.everything()) == (1, 2, 3)


def test_what_trended_before_is_forgotten_when_papers_change() -> None:
    index = PaperIndex([paper(1, upvotes=9), paper(2, upvotes=8)])
    assert trending(index, index.everything()) == (1, 2)
    index.refresh([paper(2, upvotes=10)], through=0, change=1)
    assert trending(index, index.everything()) == (2, 1)


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        ((87, 12, 3), "87 upvotes"),
        ((1, 0, 1), "1 upvote"),
        ((0, 12, 3), "12 comments"),
        ((0, 1, 1), "1 comment"),
        ((0, 0, 3), "listed by 3 sources"),
        ((0, 0, 1), "listed by 1 source"),
    ],
)
def test_a_count_is_labelled_as_what_it_is(counts: tuple[int, int, int], label: str) -> None:
    assert str(Popularity(*counts)) == label


def test_what_was_found_before_is_forgotten_when_papers_change() -> None:
    papers = [paper(1, "cat", "a dog"), paper(2, "cow"), paper(3, "x", "a cat")]
    changed = [paper(2, "cat cat", "dog"), paper(4, "cat cat", "x")]
    keywords = parse_list(["cat", "dog", "-x", "cats AND dogs"])
    index = PaperIndex(papers)

    def best(of: PaperIndex) -> list[tuple[int, float, str]]:
        hits = select(of, keywords, of.everything())
        return [(each.paper_id, each.score, each.why) for each in rank(of, hits, today=TODAY)]

    assert best(index) == best(index) == best(PaperIndex(papers))
    index.refresh(changed, through=0, change=1)
    assert best(index) == best(PaperIndex([papers[0], changed[0], papers[2], changed[1]]))
    index.remove([1])
    assert best(index) == best(PaperIndex([changed[0], papers[2], changed[1]]))


def test_a_memo_that_is_full_starts_anew() -> None:
    memo: BoundedCache[int, str] = BoundedCache(2)
    assert [memo.keep(number, str(number)) for number in range(3)] == ["0", "1", "2"]
    assert dict(memo) == {2: "2"}


def test_ranking_nothing_gives_nothing() -> None:
    assert rank(PaperIndex(), {}, today=TODAY) == []


def test_a_word_of_the_same_stem_raises_a_paper_and_selects_none() -> None:
    papers = [
        paper(1, "x", "control and planning"),
        paper(2, "x", "control and robotics robotic"),
        paper(3, "x", "robotic arms"),
    ]
    assert _order(papers, "robot", "control") == [1, 2]
    papers.append(paper(4, "x", "the last robot"))
    assert _order(papers, "robot", "control")[0] == 2
    assert _order(papers, "robot OR control")[0] == 2
    assert 3 not in _order(papers, "robot", "control")
    papers.append(paper(5, "x", "control and robot robot"))
    assert _order(papers, "robot", "control")[0] == 5


def test_a_word_of_the_same_stem_counts_less_than_the_word() -> None:
    papers = [paper(1, "x", "planned control"), paper(2, "x", "planning control")]
    assert _order(papers, "control", "planning") == [2, 1]
    assert _order(papers, "control", "planned") == [1, 2]
    filler = [paper(n, "x", "cow") for n in range(3, 9)]
    index = PaperIndex([*papers, *filler])
    hits = select(index, parse_list(["control"]), index.everything())
    alone = {match.paper_id: match.score for match in rank(index, hits, today=TODAY)}
    assert alone[1] == alone[2]


def test_a_quoted_word_and_an_exclusion_have_no_stem() -> None:
    papers = [paper(1, "x", "control a"), paper(2, "x", "control planned")]
    assert _order(papers, "control", '"planning"') == [1, 2]
    assert _order(papers, "control", "a NOT planning") == [1, 2]
    assert _order([*papers, paper(3, "x", "planning")], "control", "title:planning") == [1, 2]


def test_a_keyword_is_as_frequent_as_all_words_of_its_stem() -> None:
    papers = [paper(1, "planning", "y"), paper(2, "robot", "y")]
    papers += [paper(n, "planned", "y") for n in range(3, 9)]
    assert _order(papers, "planning", "robot")[0] == 2


def test_each_atom_of_a_keyword_weighs_by_its_own_frequency() -> None:
    common = [paper(n, "x", "cow y") for n in range(3, 20)]
    papers = [paper(1, "x", "cow cow cow"), paper(2, "x", "emu y y"), *common]
    assert _order(papers, "cow OR emu")[:2] == [2, 1]


def test_papers_of_a_source_without_votes_do_not_sink() -> None:
    voted = [paper(n, "cat", upvotes=n) for n in range(1, 200)]
    unknown = paper(300, "cat")
    order = _order([*voted, unknown], "cat")
    assert 60 < order.index(300) < 180


def test_papers_in_slices_are_ranked_as_in_an_index() -> None:
    papers = [
        paper(1, "robot", "control of a planned cat", upvotes=3),
        paper(2, "x", "robotic control and planning"),
        paper(3, "planning", "robots", upvotes=9),
        paper(4, "control", "robot planning planned"),
        paper(5, "cat", "robotics"),
        paper(6, "x", "cow"),
    ]
    typed = ["robot", "planning OR cat", "control AND planning", "-cow", '"planned cat" OR robot']
    keywords = parse_list(typed)
    whole = PaperIndex(papers, through=6)
    swept = SlicedIndex([papers[:2], papers[2:5], papers[5:]], keywords, range(1, 7))
    for after in (0, 2):
        bits = whole.window(after, 6, change=0)
        views = IndexView(whole, bits), IndexView(swept, swept.window(after, 6))
        first, second = (
            [
                (match.paper_id, match.score, match.why)
                for match in rank(view, select(view, keywords, view.bits), today=TODAY)
            ]
            for view in views
        )
        assert first == second
    direct = rank(whole, select(whole, keywords, whole.everything()), today=TODAY)
    view = IndexView(swept, swept.everything())
    assert direct == rank(view, select(view, keywords, view.bits), today=TODAY)


def test_an_atom_is_as_frequent_as_all_words_of_its_stem() -> None:
    papers = [paper(1, "planning"), paper(2, "x", "planned"), paper(3, "planned"), paper(4, "cow")]
    index = PaperIndex(papers, through=4)
    assert index.frequencies(parse("planning")) == (3,)
    assert index.frequencies(parse("cow OR planning")) == (1, 3)
    assert index.frequencies(parse("title:planning")) == (2,)
    assert index.frequencies(parse('"planning"')) == (1,)
    assert IndexView(index, index.mask([1, 2])).frequencies(parse("cow OR planning")) == (0, 2)
