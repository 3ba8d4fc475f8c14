"""Noun phrases: whole, and no fragments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.text.noun_phrases import LONGEST, MOST_WORDS, noun_phrases


def _phrases(text: str, own: str = "") -> set[str]:
    found = noun_phrases(text, tuple(own.split()), own)
    return {phrase.spelling for phrase in found}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("We study voice cloning with three distinct speakers.", {"voice cloning"}),
        ("The proposed method improves fine-grained geometry.", {"fine-grained geometry"}),
        ("Neural radiance fields render a scene", {"neural radiance fields", "neural radiance"}),
        ("an end-to-end speech pipeline", {"end-to-end speech"}),
        ("Low-Rank Adaptation of large models", {"low-rank adaptation"}),
        ("It significantly reduces inference cost by 30 percent", set()),
        ("reinforcement learning (RL) agents", {"reinforcement learning"}),
        ("a novel, simple and effective approach", set()),
        ("protein language models predict folding", {"protein language models"}),
        ("leveraging KV caches", {"KV caches"}),
        ("the teacher's attention maps", {"attention maps"}),
        ("supervised fine-tuning works", {"supervised fine-tuning", "fine-tuning"}),
        ("high-resolution and low-latency, long-context", set()),
        ("x 1 22 ; : - --", set()),
        ("", set()),
    ],
)
def test_phrases_of_a_text(text: str, wanted: set[str]) -> None:
    assert _phrases(text) == wanted


def test_the_keyword_is_one_word_of_a_phrase() -> None:
    text = "Chain-of-thought reasoning, and a chain of thoughts."
    assert _phrases(text, "chain of thought") == {"chain of thought reasoning"}
    assert _phrases("image captioning datasets of text image pairs", "image") == {
        "image captioning",
        "text image pairs",
        "image pairs",
    }


def test_folded_words_are_those_of_keywords() -> None:
    (found,) = set(noun_phrases("Voice Clonings"))
    assert found.folded == ("voice", "cloning")
    (found,) = set(noun_phrases("multi-view stereo"))
    assert found.folded == ("multi", "view", "stereo")


@given(st.text(max_size=300))
def test_any_text_has_short_phrases_of_known_words(text: str) -> None:
    for phrase in noun_phrases(text):
        assert 1 <= len(phrase.spelling.split(" ")) <= LONGEST
        assert len(phrase.folded) > 1


WORDS = ["deep", "image", "model", "of", "the", "fine-tuning", "new", "by", "3", "RL"]


@given(st.lists(st.sampled_from(WORDS)))
def test_no_phrase_holds_what_ends_one(words: list[str]) -> None:
    for phrase in noun_phrases(" ".join(words)):
        assert {"of", "the", "by", "3"}.isdisjoint(phrase.folded)
        assert phrase.folded[0] != "new"


def test_a_text_without_end_costs_no_more_than_a_long_one() -> None:
    assert len(list(noun_phrases("voice cloning, " * 100_000))) <= MOST_WORDS
    assert list(noun_phrases("a" * 100_000)) == []
    assert list(noun_phrases("-".join("ab" * 50_000))) == []
