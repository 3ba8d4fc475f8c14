"""Very many keywords at once: the same answers as one by one, whatever the texts hold."""

from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import CompiledKeywords, PaperIndex
from digest.matching.index.block import BLOCK_SIZE
from digest.matching.query import KeywordError, parse
from tests.matching.small_papers import paper

WORDS = st.sampled_from(
    ["a", "fine", "tuning", "finetuning", "fine-tuning", "tuning-a", "models", "model", "MODELS",
     "modelfine", "model's", "fine,", "(tuning", "A*", "é", "models.", "tuninga"]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=9).map(" ".join)
PLAIN = st.lists(
    st.sampled_from(["a", "fine", "tuning", "finetuning", "fine-tuning", "model", "models",
                     "modelfine", "MODELS", "tun*", "tuninga"]),
    min_size=1, max_size=5,
).map(" ".join)  # fmt: skip
ATOM = st.one_of(PLAIN, PLAIN.map('"{}"'.format), PLAIN.map("title:({})".format))
KEYWORD = st.recursive(
    ATOM,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "NOT"]), inner).map(
        lambda three: f"({three[0]}) {three[1]} ({three[2]})"
    ),
    max_leaves=3,
)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5), st.lists(KEYWORD, min_size=1, max_size=8))
def test_at_once_equals_one_by_one(texts: list[tuple[str, str]], typed: list[str]) -> None:
    keywords = []
    for text in typed:
        try:
            keywords.append(parse(text))
        except KeywordError:
            continue
    index = PaperIndex(paper(n, *both) for n, both in enumerate(texts, 1))
    index.remove([2])
    compiled = CompiledKeywords(keywords)
    assert sorted(compiled.keywords, key=id) == sorted(keywords, key=id)
    assert list(index.evaluate_all(compiled)) == list(map(index.evaluate, compiled.keywords))


def test_several_blocks_keep_order_and_places() -> None:
    papers = [paper(n, f"word{n} deep graph net", "cats") for n in range(1, 2 * BLOCK_SIZE + 9)]
    index = PaperIndex(papers)
    keywords = [parse(f"word{n} deep graph net") for n in range(1, 2 * BLOCK_SIZE + 9, 7)]
    index.prepare()
    found = list(index.evaluate_all(CompiledKeywords(iter(keywords))))
    assert [index.ids(bits) for bits in found] == [[n] for n in range(1, 2 * BLOCK_SIZE + 9, 7)]
    assert list(PaperIndex().evaluate_all(CompiledKeywords(keywords[:2]))) == [0, 0]


def test_what_was_made_ready_is_made_anew_when_papers_change() -> None:
    index = PaperIndex([paper(1, "deep graph net")])
    index.prepare()
    index.refresh([paper(2, "a deep graph net")], through=2, change=2)
    compiled = CompiledKeywords([parse("deep graph net"), parse('"deep graph"'), parse("graph")])
    assert list(index.evaluate_all(compiled)) == [0b11] * 3
    index.remove([1])
    assert list(index.evaluate_all(compiled)) == [0b10] * 3
