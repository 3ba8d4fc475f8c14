"""The index as a window: complete or an error, incremental, equal to one built anew."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import CompiledKeywords, IncompleteIndex, PaperIndex, PaperText
from digest.matching.index.block import BLOCK_SIZE
from digest.matching.query import parse
from tests.matching.small_papers import paper


def test_a_window_is_a_mask_of_its_papers() -> None:
    index = PaperIndex([paper(n, "cat") for n in range(5, 11)], after=4, through=10, change=3)
    assert index.ids(index.window(6, 8, change=3)) == [7, 8]
    assert index.window(10, 10, change=3) == 0
    assert index.ids(index.window(4, 10, change=3)) == index.ids(index.everything())


@pytest.mark.parametrize(
    ("after", "through", "change"), [(3, 8, 3), (4, 11, 3), (4, 10, 2), (4, 10, 4), (0, 99, 3)]
)
def test_asked_for_what_it_does_not_hold_it_raises(after: int, through: int, change: int) -> None:
    index = PaperIndex([paper(n, "cat") for n in range(5, 11)], after=4, through=10, change=3)
    with pytest.raises(IncompleteIndex):
        index.window(after, through, change=change)


def test_an_empty_index_never_says_nothing() -> None:
    with pytest.raises(IncompleteIndex):
        PaperIndex().window(0, 1, change=0)
    with pytest.raises(IncompleteIndex):
        PaperIndex().mask([1])
    with pytest.raises(IncompleteIndex):
        PaperIndex().paper(1)


def test_backfill_is_searchable_and_in_no_window() -> None:
    index = PaperIndex([paper(1, "cat", seq=None), paper(2, "cat", seq=1)], through=1)
    assert index.ids(index.evaluate(parse("cat"))) == [1, 2]
    assert index.ids(index.window(0, 1, change=0)) == [2]
    assert index.ids(index.mask([1])) == [1]


def test_refresh_adds_replaces_and_moves_the_horizon() -> None:
    index = PaperIndex([paper(1, "cat"), paper(2, "dog")], through=2, change=1)
    index.refresh([paper(2, "cow"), paper(3, "dog")], through=3, change=2)
    assert index.ids(index.evaluate(parse("dog"))) == [3]
    assert index.ids(index.evaluate(parse("cow"))) == [2]
    assert index.ids(index.window(0, 3, change=2)) == [1, 2, 3]
    with pytest.raises(IncompleteIndex):
        index.window(0, 2, change=1)
    with pytest.raises(ValueError, match="cannot go back"):
        index.refresh([], through=2, change=3)


def test_removed_papers_are_not_found() -> None:
    index = PaperIndex([paper(n, f"cat word{n}") for n in range(1, 6)], through=5)
    index.remove([2, 99])
    assert index.ids(index.evaluate(parse("cat"))) == [1, 3, 4, 5]
    assert index.evaluate(parse("word2")) == 0


def test_papers_beyond_one_block_keep_their_places() -> None:
    count = BLOCK_SIZE + 50
    papers = [
        paper(n, "cat", f"number n{n}" + (" deep graph net" if n % 97 == 0 else ""))
        for n in range(1, count + 1)
    ]
    index = PaperIndex(papers, through=count)
    assert index.ids(index.evaluate(parse("cat"))) == list(range(1, count + 1))
    assert index.ids(index.evaluate(parse("deep graph nets"))) == list(range(97, count + 1, 97))
    assert index.ids(index.evaluate(parse(f"n{count}"))) == [count]
    assert index.ids(index.window(BLOCK_SIZE - 1, BLOCK_SIZE + 2, change=0)) == [
        BLOCK_SIZE,
        BLOCK_SIZE + 1,
        BLOCK_SIZE + 2,
    ]


TEXTS = st.lists(
    st.sampled_from(
        [
            "cat",
            "dogs",
            "fine-tuning",
            "fine",
            "tuning",
            "GPT-4",
            "models",
            "MODELS",
            "state-of-the-art",
            "A*",
        ]
    ),
    max_size=8,
).map(" ".join)
KEYWORDS = [
    "cat", "dog", "fine tuning", "finetuning", "mod*", '"fine tuning"', "cat NOT dog", "model",
    "state of the art", '"cat dogs"~3', "title:cat",
]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(1, 6), TEXTS, TEXTS), max_size=14),
    st.lists(st.integers(1, 6), max_size=4),
)
def test_changed_step_by_step_it_equals_one_built_anew(
    steps: list[tuple[int, str, str]], gone: list[int]
) -> None:
    index = PaperIndex()
    held = {}
    for number, title, abstract in steps:
        held[number] = paper(number, title, abstract)
        index.refresh([held[number]], through=6, change=1)
        index.evaluate(parse("mod*"))  # fills what is worked out late
        index.evaluate(parse('"fine tuning"'))
    index.remove(gone)
    held = {number: one for number, one in held.items() if number not in gone}
    fresh = PaperIndex(held.values())
    for text in KEYWORDS:
        keyword = parse(text)
        assert set(index.ids(index.evaluate(keyword))) == set(fresh.ids(fresh.evaluate(keyword)))
    assert set(index.ids(index.everything())) == set(held)


@given(TEXTS, st.sampled_from(KEYWORDS))
def test_what_hits_can_be_shown_and_what_is_shown_hits(text: str, typed: str) -> None:
    index = PaperIndex([paper(1, text, "")])
    keyword = parse(typed)
    if "NOT" not in typed:
        assert bool(index.hit_spans(keyword, 1)) == bool(index.evaluate(keyword))
    for span in index.hit_spans(keyword, 1):
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""


def test_spans_are_in_reading_order_and_never_overlap() -> None:
    index = PaperIndex(
        [paper(1, "deep learning", "learning deep learning", authors=("A Deep", "B"))]
    )
    spans = index.hit_spans(parse("deep learning OR learning OR author:deep OR deep"), 1)
    assert [span.field for span in spans] == ["title", "abstract", "abstract", "author"]
    assert spans[-1] == ("author", 2, 6)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans) if a.field == b.field)


def test_many_at_once_equal_one_by_one() -> None:
    keywords = [parse(text) for text in KEYWORDS]
    papers = [paper(n, "cat fine-tuning", "dogs and models") for n in range(1, BLOCK_SIZE + 9)]
    for index in (PaperIndex(papers[:5]), PaperIndex(papers), PaperIndex()):
        compiled = CompiledKeywords(keywords)
        assert list(index.evaluate_all(compiled)) == list(map(index.evaluate, compiled.keywords))


def test_order_of_adding_does_not_change_what_matches() -> None:
    papers = [paper(n, f"cat {n}", "dog " * (n % 2)) for n in range(1, 30)]
    shuffled = random.Random(1).sample(papers, len(papers))
    one, other = PaperIndex(papers), PaperIndex(shuffled)
    keyword = parse("cat NOT dog")
    assert set(one.ids(one.evaluate(keyword))) == set(other.ids(other.evaluate(keyword)))


def test_a_full_block_notes_its_frequent_pairs_and_stays_right_when_papers_change() -> None:
    papers = [
        paper(n, f"fine tuning {n % 7}", "pre-training data") for n in range(1, BLOCK_SIZE + 1)
    ]
    index = PaperIndex(papers, through=BLOCK_SIZE)
    block = index._blocks[0]
    assert block.title.forward._frequent is not None
    for text, count in (
        ("fine tuning", BLOCK_SIZE),
        ("tuning fine", 0),
        ("pretraining data", BLOCK_SIZE),
    ):
        assert index.evaluate(parse(text)).bit_count() == count
    index.refresh([paper(3, "tuning fine", "data")], through=BLOCK_SIZE, change=1)
    assert index.ids(index.evaluate(parse("tuning fine"))) == [3]
    assert index.evaluate(parse("fine tuning")).bit_count() == BLOCK_SIZE - 1
    assert block.title.forward._frequent is not None


@given(st.text(), st.lists(st.text(max_size=9), max_size=4), st.integers(-5, 5))
def test_papers_come_back_as_they_were_put(text: str, names: list[str], votes: int) -> None:
    given_one = PaperText(
        1, None, text, text[::-1], tuple(names), text, tuple(names), upvotes=votes
    )
    assert PaperIndex([given_one]).paper(1) == given_one
