"""Stems of words, and the words that share one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.statistics.same_stem import stem, words_of_same_stem

# Stems as the definition of the stemmer and its published examples have them.
STEMS = """
    consist consist, consisted consist, consistency consist, consignment consign, consoled consol,
    consolingly consol, conspicuous conspicu, conspiracy conspiraci, knackeries knackeri,
    knees knee, knightly knight, kneeled kneel, optimize optim, optimization optim, optimizer optim,
    robot robot, robotic robot, generate generat, generalization general, hopping hop, hoped hope,
    controlling control, happy happi, cry cri, by by, say say, sky sky, dying die, early earli,
    news news, inning inning, succeed succeed, proceeding proceed, agreed agre, feed feed,
    luxuriated luxuri, hopefulness hope, national nation, rational ration, rationally ration,
    relational relat, sensibility sensibl, vietnamization vietnam, differently differ,
    replacement replac, adoption adopt, activate activ, angularity angular, probate probat,
    rate rate, cease ceas, roll roll, controll control, youth youth, boy boy, saying say,
    analogy analog, geologist geolog, addresses address, ties tie, gas gas, kiwis kiwi,
    communism communism, universal universal, adding add, egged egg, at at, usefully use
"""


@pytest.mark.parametrize("pair", [each.split() for each in STEMS.replace("\n", " ").split(",")])
def test_stems_are_those_of_porter2(pair: list[str]) -> None:
    word, wanted = pair
    assert stem(word) == wanted


WORDS = st.from_regex(re.compile(r"[a-z]{1,14}"), fullmatch=True)


@given(WORDS)
def test_any_word_has_a_stem_that_begins_like_it(word: str) -> None:
    found = stem(word)
    assert found
    assert found[:2] == word[:2] or len(found) <= 3 or word[:2].endswith("y")


@pytest.mark.parametrize(
    "family",
    [
        "optimize optimized optimizer optimizing optimization",
        "plan planned planning plans",
        "study studied studying",
        "close closed closing closely",
        "robot robotic robots",
        "consider considered considering",
        "detect detection detectable",
        "rational rationally",
    ],
)
def test_each_word_of_a_family_finds_the_others(family: str) -> None:
    words = set(family.split())
    for word in words:
        assert set(words_of_same_stem(word, words.intersection)) == words - {word}


@pytest.mark.parametrize("word", ["3d", "hérisson", "at", "r", "gpt4"])
def test_numbers_short_words_and_other_letters_have_no_family(word: str) -> None:
    assert words_of_same_stem(word, lambda words: words) == ()


def test_only_words_that_are_known_are_returned() -> None:
    known = {"robotic", "robotics", "robust", "network"}
    assert words_of_same_stem("robot", known.intersection) == ("robotic", "robotics")
