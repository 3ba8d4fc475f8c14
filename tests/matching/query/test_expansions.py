"""Other wordings of a keyword: what they widen, what they leave as typed, and their limits."""

from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.explain import reason
from digest.matching.index import CompiledKeywords, PaperIndex
from digest.matching.keyword_cost import always_answered
from digest.matching.query import Expansions, Keyword, Pair, expanded, parse, union
from digest.matching.query.syntax_tree import Or, atoms
from digest.matching.query.variants import narrowed, with_operators, words_anywhere
from digest.matching.query.widening.expansions import (
    MAX_PAIRS,
    MAX_WORDINGS,
    terms_of,
    wanted_phrases,
)
from tests.matching.small_papers import paper

RL = Pair("rl", "reinforcement learning")
ROBOTS = (Pair("robot", "robotic"), Pair("robot", "robotics"))
LLM = Pair("large language model", "llm")


def hits(keyword: Keyword, *titles: str) -> list[str]:
    index = PaperIndex(paper(number, title, "") for number, title in enumerate(titles))
    return [titles[number] for number in index.ids(index.evaluate(keyword))]


@pytest.mark.parametrize(
    ("typed", "pairs", "found"),
    [
        ("RL", [RL], ["RL", "Reinforcement learning"]),
        ("RL agents", [RL], ["RL agents", "Reinforcement-learning agent"]),
        ("title:RL", [RL], ["RL", "Reinforcement learning"]),
        ("RL AND robot", [RL, *ROBOTS], ["RL for robots", "Reinforcement learning in robotics"]),
        ("RL OR cats", [RL], ["RL", "Reinforcement learning", "Cats"]),
        ("RL NOT robot", [RL, *ROBOTS], ["RL", "Reinforcement learning", "RL in robotics"]),
        ("large language models", [LLM], ["Large language models", "LLMs"]),
        ("MCTS", [Pair("mcts", "tree search")], ["MCTS", "Tree search"]),
        ("tree search", [Pair("tree search", "mcts")], ["Tree search", "Parallel MCTS", "An mcts"]),
        ("a-priori RL", [RL], ["a-priori RL", "apriori reinforcement learning"]),
        ("RL robot", [RL, ROBOTS[0]], ["RL robots", "Reinforcement learning robotic"]),
    ],
)
def test_widens_what_is_asked_for(typed: str, pairs: list[Pair], found: list[str]) -> None:
    assert hits(parse(typed, pairs), *found, "Other papers", "Learning to reinforce") == found


@pytest.mark.parametrize(
    "typed",
    ["-RL", '"RL"', "cats NOT RL", "cats -RL", 'cats -"RL"', "RL*", "author:RL", "org:RL",
     "category:RL", '"RL cats"~5', "cats NOT (dogs OR RL)"],
)  # fmt: skip
def test_leaves_as_typed(typed: str) -> None:
    keyword = parse(typed, [RL])
    assert keyword == parse(typed)
    assert not keyword.pairs
    assert keyword.typed is keyword
    assert "reinforcement" not in keyword.meaning()


def test_is_part_of_the_meaning() -> None:
    keyword = parse("RL", [RL])
    assert keyword != parse("RL")
    assert keyword == parse("rl", [RL, LLM])
    assert keyword.pairs == (RL,)
    assert keyword.typed == parse("RL")
    assert keyword.meaning() == "the word “rl”, or the phrase “reinforcement learning”"
    assert expanded(keyword, ()) == parse("RL")


def test_the_order_of_pairs_says_nothing() -> None:
    many = [Pair(term, f"{term}{number}") for number in range(4) for term in ("asr", "map")]
    one, other = parse("ASR MAP", many), parse("ASR MAP", many[::-1])
    assert one == other
    assert one.tree == other.tree
    pairs = [RL, *ROBOTS]
    one, other = parse("RL robot", pairs), parse("RL robot", pairs[::-1])
    assert one == other
    assert hits(one, "rl robotics") == hits(other, "rl robotics") == ["rl robotics"]


def test_does_not_count_as_words_of_the_keyword() -> None:
    many = [Pair("a", " ".join(["word"] * 30)), Pair("b", " ".join(["other"] * 30))]
    assert parse("a OR b", many).pairs == tuple(many)


def test_is_bounded() -> None:
    many = [Pair(term, f"{term}{number}") for number in range(30) for term in ("a", "b", "c", "d")]
    keyword = parse("a b c d", many)
    assert len(keyword.pairs) == MAX_PAIRS
    assert sum(1 for _ in atoms(keyword.tree)) == MAX_WORDINGS


def test_a_word_between_spaces_is_not_joined() -> None:
    keyword = parse("RL robot", [Pair("rl", "a")])
    assert hits(keyword, "A robot", "arobot") == ["A robot"]


def test_highlights_and_explains_the_wording_that_hit() -> None:
    held = paper(1, "Deep reinforcement learning", "")
    why = reason(held, parse("RL", [RL]))
    assert why.hit
    assert why.text == "the title says “reinforcement learning”"
    missed = reason(paper(1, "Deep learning", ""), parse("RL", [RL])).text
    assert "“rl”" in missed
    assert "“reinforcement learning”" in missed or "deep learning" in missed.lower()


def test_other_forms_of_a_keyword_keep_its_wordings() -> None:
    keyword = parse("RL robots", [RL, *ROBOTS])
    anywhere = words_anywhere(keyword)
    assert anywhere is not None
    assert anywhere.text == "RL AND robots"
    assert anywhere.pairs == keyword.pairs
    assert hits(anywhere, "Robotics with reinforcement learning")
    assert (found := with_operators(parse("RL or cats", [RL])))
    assert hits(found, "reinforcement learning", "cats") == ["reinforcement learning", "cats"]
    assert (narrow := narrowed(parse("RL", [RL]), ["offline data"]))
    assert hits(narrow, "Reinforcement learning from offline data")


def test_words_anywhere_keep_the_wording_of_a_term_of_several_words() -> None:
    keyword = parse("large language model agents", [LLM])
    anywhere = words_anywhere(keyword)
    assert anywhere is not None
    assert anywhere.pairs == (LLM,)
    titles = ("LLM agents", "Agents that use LLMs", "A large model of language for agents", "LLMs")
    assert hits(keyword, *titles) == ["LLM agents"]
    assert hits(anywhere, *titles) == list(titles[:3])
    assert hits(parse("large AND language AND model OR cats", [LLM]), "LLM", "large") == ["LLM"]
    assert always_answered(anywhere.tree)


def test_several_keywords_as_one_keep_all_of_their_wordings() -> None:
    terms = ["ab", "cd", "ef", "gh", "ij", "kl"]
    many = [[Pair(term, f"{term}{number}") for number in range(4)] for term in terms]
    whole = union([parse(*each) for each in zip(terms, many, strict=True)])
    assert sorted(whole.pairs) == sorted(pair for pairs in many for pair in pairs)


def test_several_keywords_as_one_keep_their_wordings() -> None:
    whole = union([parse("RL", [RL]), parse("robot", ROBOTS), parse("-cats")])
    titles = ("Reinforcement learning", "Robotics", "Robotics for cats")
    assert hits(whole, *titles) == ["Reinforcement learning", "Robotics"]


def test_terms_are_those_that_pairs_may_have() -> None:
    tree = parse('title:RL AND "deep net" AND graph nets* NOT cats').tree
    assert terms_of(tree) == ["rl"]
    assert terms_of(parse("graph neural net").tree) == [
        "graph", "graph neural", "graph neural net", "neural", "neural net", "net",
    ]  # fmt: skip
    assert [phrase.canonical for phrase in wanted_phrases(parse("a b OR author:c").tree)] == [
        "a · b"
    ]


def test_what_is_stored_is_read_again() -> None:
    stored = Expansions((RL,), (ROBOTS[0],), (LLM,), version=1)
    assert Expansions.from_json(stored.to_json()) == stored
    assert Expansions().to_json() == {}
    assert Expansions.from_json({}) == Expansions()


def test_switching() -> None:
    stored = Expansions(offers=(RL, LLM))
    on = stored.switched(RL, on=True)
    assert (on.pairs, on.offers, on.declined) == ((RL,), (LLM,), ())
    off = on.switched(RL, on=False)
    assert (off.pairs, off.offers, off.declined) == ((), (LLM,), (RL,))
    assert off.switched(RL, on=False) == off
    full = Expansions(pairs=tuple(Pair("a", str(number)) for number in range(MAX_PAIRS)))
    more = full.switched(RL, on=True)
    assert more.pairs == (*full.pairs[1:], RL)
    assert more.declined == full.pairs[:1]


WORDS = st.sampled_from(["rl", "robot", "deep", "net", "a", "learning", "nets", "deepnet"])
PHRASES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
FOLDED = PHRASES.map(lambda phrase: phrase.replace("nets", "net"))
PAIRS = st.lists(
    st.tuples(st.sampled_from(["rl", "robot", "deep net", "net", "a"]), FOLDED).map(
        lambda both: Pair(*both)
    ),
    max_size=4,
)
KEYWORDS = st.recursive(
    PHRASES,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "NOT"]), inner).map(
        lambda three: f"({three[0]}) {three[1]} ({three[2]})"
    ),
    max_leaves=3,
)
TITLES = st.lists(PHRASES, min_size=1, max_size=6)


@given(st.lists(st.tuples(PHRASES, PAIRS), min_size=1, max_size=4), TITLES)
def test_a_phrase_finds_what_each_of_its_wordings_finds(
    some: list[tuple[str, list[Pair]]], titles: list[str]
) -> None:
    index = PaperIndex(paper(number, title, "") for number, title in enumerate(titles))
    for typed, pairs in some:
        keyword = parse(typed, pairs)
        by_hand = [parse(" ".join(words)) for words in _by_hand(parse(typed), pairs)]
        if len(by_hand) > MAX_WORDINGS:
            continue
        wanted = 0
        for each in by_hand:
            wanted |= index.evaluate(each)
        assert index.evaluate(keyword) & ~index.evaluate(keyword.typed) & ~wanted == 0
        assert wanted & ~index.evaluate(keyword) == 0


def _by_hand(keyword: Keyword, pairs: Iterable[Pair]) -> list[list[str]]:
    """All ways to word a phrase, each term replaced or not, found by going through its words."""
    (phrase,) = wanted_phrases(keyword.tree)
    words = [part.word for part in phrase.parts]
    found: list[list[list[str]]] = [[[]]] + [[] for _ in words]
    for end in range(1, len(words) + 1):
        found[end] += [[*before, words[end - 1]] for before in found[end - 1]]
        for pair in dict.fromkeys(pairs):
            term = pair.term.split()
            if words[max(end - len(term), 0) : end] == term:
                found[end] += [[*before, *pair.other.split()] for before in found[end - len(term)]]
    return found[-1]


@given(st.lists(st.tuples(KEYWORDS, PAIRS), min_size=1, max_size=6), TITLES)
def test_many_at_once_find_what_each_finds(
    some: list[tuple[str, list[Pair]]], titles: list[str]
) -> None:
    keywords = []
    for typed, pairs in some:
        try:
            keywords.append(parse(typed, pairs))
        except ValueError:
            continue
    index = PaperIndex(paper(number, title, title[::-1]) for number, title in enumerate(titles))
    compiled = CompiledKeywords(keywords)
    assert list(index.evaluate_all(compiled)) == list(map(index.evaluate, compiled.keywords))


@given(KEYWORDS, PAIRS, TITLES)
def test_only_ever_adds_papers(typed: str, pairs: list[Pair], titles: list[str]) -> None:
    try:
        keyword = parse(typed, pairs)
    except ValueError:
        return
    index = PaperIndex(paper(number, title, "") for number, title in enumerate(titles))
    assert index.evaluate(keyword.typed) & ~index.evaluate(keyword) == 0


def test_long_wordings_are_found_at_once_too() -> None:
    long = "model of many word that are written out"
    pairs = [Pair("mmw", long)]
    typed = ["mmw", "mmw robot", "mmw AND robot", "mmw NOT robot", "a big mmw"]
    assert CompiledKeywords([parse("mmw", pairs)]).groups[0].longer
    keywords = [parse(text, pairs) for text in typed]
    assert all(isinstance(each.tree, Or) for each in keywords[:2])
    titles = [f"{start} {long} {end}" for start, end in product(("a big", "the"), ("", "robot"))]
    index = PaperIndex(paper(number, title, "") for number, title in enumerate(titles))
    compiled = CompiledKeywords(keywords)
    found = dict(zip(compiled.keywords, index.evaluate_all(compiled), strict=True))
    assert [found[each] for each in keywords] == [index.evaluate(each) for each in keywords]
    assert [found[each].bit_count() for each in keywords] == [4, 2, 2, 2, 2]
    joined = PaperIndex([paper(1, long.replace("written out", "writtenout"), "")])
    assert list(joined.evaluate_all(CompiledKeywords([keywords[0]]))) == [1]
    joined = PaperIndex([paper(1, long.replace("model of", "modelof"), "")])
    assert list(joined.evaluate_all(CompiledKeywords([keywords[0]]))) == [1]
