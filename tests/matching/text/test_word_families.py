"""Word families: which derived forms are joined, which are not, and how phrases use them."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.text import tokenize
from digest.matching.text.word_families import (
    EXCEPTIONS,
    MAX_CANDIDATES,
    MAX_FAMILY,
    MAX_WORDINGS,
    MIN_LETTERS,
    MIN_PAPERS,
    candidates,
    family,
    other_spelling,
    other_wordings,
)
from tests.matching import samples
from tests.matching.text.family_counts import PAIRS as PAIRS_FILE
from tests.matching.text.family_counts import count_words, labels, noise, pairs, rows, stored_counts

COUNTS = stored_counts()
ENDINGS = (
    "ize", "ized", "izing", "ization", "ise", "ised", "ising", "isation", "ate", "ated", "ating",
    "ation", "ing", "ed", "able", "ability", "ible", "ibility", "ic", "ics", "al", "el", "all",
    "ell", "train", "training", "trained", "tune", "tuned", "tuning",
)  # fmt: skip
LETTERS = st.text("abcdeilnorstz", min_size=0, max_size=6)
BUILT = st.builds(
    "".join,
    st.tuples(st.sampled_from(["", "pre", "fine", "re"]), LETTERS, st.sampled_from(ENDINGS)),
)
WORDS = BUILT | st.text(max_size=12)

TOGETHER = """
    tokenize tokenized tokenizing tokenization
    optimise optimize optimization optimisation
    generate generated generating generation
    annotate annotated annotation
    finetune finetuned finetuning
    pretrain pretrained pretraining
    denoise denoised denoising
    prune! pruned pruning
    train! trained training
    model! modeled modelled modeling modelling
    interpretable interpretability
    reproducible reproducibility
    robot robotic robotics
    kinematic kinematics
    organization organisation
"""
APART = """
    relation related
    embedding embedded
    general generalization
    generalized generalization
    graph graphics
    inform information
    operate operation
    organ organization
    organize organization
    universe university
    active activation
    train training
    rate rating
    station state
    possible possibility
    capable capability
    available availability
    dynamic dynamics
    logistic logistics
    demonstrate demonstration
    validate validation
    bounding bounded
    following followed
    computing computed
    promise promising
    promised promising
    supervise supervize
    compute computing
    strained training
    raise raising
    noise noising
    disable disability
    stable stability
    transformer transformation
    agent agentic
"""


@pytest.mark.parametrize("line", TOGETHER.split("\n")[1:-1], ids=str.strip)
def test_forms_of_a_word_are_joined(line: str) -> None:
    words = [word for word in line.split() if not word.endswith("!")]
    for word in words:
        assert {*words} - {word} <= {*candidates(word)}, word
    for plain in {word[:-1] for word in line.split()} - {*words}:
        assert not {plain} & {form for word in words for form in candidates(word)}


@pytest.mark.parametrize("line", APART.split("\n")[1:-1], ids=str.strip)
def test_other_meanings_stay_apart(line: str) -> None:
    left, right = line.split()
    assert right not in candidates(left)
    assert left not in candidates(right)


def check_candidates(word: str) -> None:
    """Symmetric, bounded, plain words of five letters or more, never the word itself."""
    found = candidates(word)
    assert len(found) == len({*found}) <= MAX_CANDIDATES
    assert word not in found
    for form in found:
        assert word in candidates(form)
        assert len(form) >= MIN_LETTERS
        assert form.isascii()
        assert form.isalpha()


@given(WORDS)
def test_candidates_are_symmetric_and_bounded(word: str) -> None:
    check_candidates(word)


@pytest.mark.parametrize("word", ["alling", "elling", "xalling", "aling", "x" * 36 + "ize"])
def test_candidates_of_edge_cases_are_symmetric(word: str) -> None:
    check_candidates(word)


def test_candidates_of_the_corpus_are_symmetric_and_bounded() -> None:
    for word in {*COUNTS, *EXCEPTIONS}:
        check_candidates(word)


def test_words_too_short_or_too_long_have_no_family() -> None:
    assert candidates("sized") == ("sizing",)  # no word in -ize
    assert candidates("using") == ()
    assert candidates("x" * 34 + "ized") != ()
    assert candidates("x" * 5000 + "ized") == ()
    assert candidates("λized") == ()
    assert candidates("gpt4ized") == ()


def test_a_family_holds_what_the_corpus_has_often_enough() -> None:
    counts = {"tokenize": 9, "tokenization": 3, "tokenized": 2, "other": 50}
    assert family("tokenization", counts) == ("tokenize", "tokenisation")
    assert family("tokenize", counts) == ("tokenization", "tokenise")
    assert family("tokenized", counts) == ()
    assert family("tokenizing", counts) == ()
    assert family("other", counts) == ()


def test_a_family_begins_with_the_most_frequent_form() -> None:
    forms = ("optimization", *candidates("optimization"))
    counts = dict.fromkeys(forms, 10) | {"optimizing": 11, "optimise": 12}
    found = family("optimization", counts)
    assert found[:2] == ("optimise", "optimizing")


def test_a_word_alone_is_replaced_by_its_family() -> None:
    assert other_wordings(["tokenization"], COUNTS) == tuple(
        (form,) for form in family("tokenization", COUNTS)
    )
    assert other_wordings(["relation"], COUNTS) == ()
    assert max(len(family(word, COUNTS)) for word in COUNTS) <= MAX_FAMILY
    assert other_wordings([], COUNTS) == ()


@pytest.mark.parametrize(
    ("phrase", "others"),
    [
        ("human annotation", "human annotated"),
        ("human annotated", "human annotation"),
        ("image generation", "image generated"),
        ("instruction tuning", "instruction tuned, instruction tune"),
        ("fine tuning", "fine tuned, fine tune"),
        ("pre train", "pre trained, pre training"),
        ("vision language pretraining", "vision language pretrained"),
        ("robot manipulation", "robotic manipulation, robotics manipulation"),
        ("optimisation method", "optimization method"),
        ("preference optimization", "preference optimisation"),
        ("world modeling", "world modelling, world modeled"),
        ("robot modeling", "robot modelling, robot modeled, robotic modeling, robotics modeling"),
        ("training model", ""),
        ("generated image", ""),
        ("model generate", ""),
        ("model interpretability", ""),
        ("graph relation", ""),
        ("zero unheard", ""),
    ],
)
def test_a_phrase_replaces_one_word_where_the_meaning_stays(phrase: str, others: str) -> None:
    found = other_wordings(phrase.split(), COUNTS)
    assert ", ".join(map(" ".join, found)) == others


def test_a_letter_typed_before_a_verb_is_no_prefix() -> None:
    assert other_wordings(["s", "trained"], {"strained": 9, "straining": 9}) == ()


def test_other_wordings_of_a_long_phrase_are_bounded() -> None:
    assert len(other_wordings(["robot"] * 7, COUNTS)) == MAX_WORDINGS


@given(
    st.lists(st.sampled_from(sorted(COUNTS)) | st.sampled_from(["fine", "pre", "of"]), max_size=8)
)
def test_other_wordings_are_few_distinct_and_differ_in_one_word(words: list[str]) -> None:
    found = other_wordings(words, COUNTS)
    assert len(found) == len({*found}) <= MAX_WORDINGS
    for other in found:
        assert len(other) == len(words)
        assert sum(left != right for left, right in zip(words, other, strict=True)) == 1


def test_the_listed_pairs_are_those_of_the_rules() -> None:
    listed = [tuple(row.split()[::2]) for row in rows(PAIRS_FILE)]
    assert listed == sorted(pairs(COUNTS))
    rare = {word for word, number in COUNTS.items() if number < MIN_PAPERS}
    assert all(COUNTS.get(other_spelling(word), 0) + COUNTS[word] >= MIN_PAPERS for word in rare)


def test_each_exception_keeps_something_apart() -> None:
    """A word that the rules would join to nothing needs no row."""
    endings = tuple(ending for ending in ENDINGS if len(ending) > 1)
    for word in EXCEPTIONS:
        assert word.endswith(endings)
        assert len(word) >= MIN_LETTERS


def test_british_and_american_spellings_are_one_form() -> None:
    papers = {"quantization": 9, "quantize": 2, "quantise": 1, "quantised": 4}
    assert family("quantization", papers) == ("quantised", "quantize", "quantisation")
    assert family("quantisation", papers) == ("quantization", "quantised", "quantize")
    assert not family("exercise", {"exercise": 9, "exercised": 2, "exercising": 2})
    assert other_spelling("quantised") == "quantized"
    assert other_spelling("quantized") == "quantised"
    assert other_spelling("exercise") == other_spelling("size") == other_spelling("robot") == ""


def test_few_of_the_added_papers_are_noise() -> None:
    drawn, check = labels()
    assert len(drawn) == 150
    assert noise(drawn) <= 0.03
    assert len(check) > 90
    assert noise(check) <= 0.05


def test_what_was_judged_is_what_the_rules_add() -> None:
    for label in chain(*labels()):
        words = tokenize(label.keyword).terms
        assert tuple(label.form.split()) in other_wordings(words, COUNTS), label


def test_a_word_has_few_candidates() -> None:
    """Each is a lookup for each word of a keyword; of a word longer than any there is none."""
    found = [len(list(candidates(word))) for word in {*COUNTS, *EXCEPTIONS}]
    assert max(found) <= 12
    assert sum(found) / len(found) < 3
    assert not list(candidates("a" * 5_000))


@pytest.mark.samples
@pytest.mark.slow
@pytest.mark.skipif(not samples.LISTED.exists(), reason=f"no sample papers at {samples.LISTED}")
def test_the_counts_are_those_of_the_corpus() -> None:
    """Changes of the text rules move a count a little; the pairs that are not rare stay."""
    counts = count_words(samples.papers())
    for word, stored in COUNTS.items():
        assert abs(counts[word] - stored) <= max(3, stored / 20), word
    frequent = {pair for pair in pairs(counts) if min(counts[word] for word in pair) >= 10}
    assert frequent <= pairs(COUNTS)
