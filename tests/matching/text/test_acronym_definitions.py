"""Definitions of acronyms in texts: what is one, how it is folded, and how much work it takes."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.text.acronym_definitions import (
    LONGEST,
    LONGEST_LONG_FORM,
    MOST_DEFINITIONS,
    acronym_definitions,
    short_form,
)


def pairs(text: str) -> list[tuple[str, str]]:
    return [(each.short, each.long) for each in acronym_definitions(text)]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("We use reinforcement learning (RL).", "RL", "reinforcement learning"),
        ("Large language models (LLMs) talk.", "LLM", "large language model"),
        ("a Large Language Model (LLM)", "LLM", "large language model"),
        ("RL (reinforcement learning) is slow.", "RL", "reinforcement learning"),
        ("The LLMs (large language models) talk.", "LLM", "large language model"),
        ("Mixture-of-Experts (MoE) layers", "MoE", "mixture of expert"),
        ("sparse mixtures of experts (MoEs)", "MoE", "mixture of expert"),
        ("chain-of-thought (CoT) prompting", "CoT", "chain of thought"),
        ("low-rank adaptation (LoRA)", "LoRA", "low rank adaptation"),
        ("state of the art (SOTA)", "SOTA", "state of the art"),
        # With mark-up, accents and blanks.
        (r"\textbf{r}einforcement \emph{learning} (\textsc{RL})", "RL", "reinforcement learning"),
        ("r&eacute;seau neuronal ( RN )", "RN", "reseau neuronal"),
        ("Zebra\nCrossing (ZC)", "ZC", "zebra crossing"),
        # What follows the short form in the bracket is no part of it.
        ("generative adversarial networks (GAN; Nobody et al., 2014)", "GAN",
         "generative adversarial network"),
        # The shortest long form that has the letters would be "policy optimization".
        ("by Proximal Policy Optimization (PPO)", "PPO", "proximal policy optimization"),
        # A hyphenated word is not cut.
        ("new multi-modal LLMs (MLLMs)", "MLLM", "multi modal llm"),
        # Letters within words.
        ("hydroxychloroquine (HCQ)", "HCQ", "hydroxychloroquine"),
        ("variational autoencoders (VAEs)", "VAE", "variational autoencoder"),
    ],
)  # fmt: skip
def test_definitions(text: str, short: str, long: str) -> None:
    assert pairs(text)[:1] == [(short, long)]
    assert acronym_definitions(text)[0].key == short.casefold()


@pytest.mark.parametrize(
    "text",
    [
        "Nothing here (see below).",
        "Knitting looms (RL)",
        "Learning. Robots (RL)",  # letters in another sentence
        "results (Learning) robot (RL)",  # in another bracket
        "an autoregressive-free, non-autoregressive (AR) decoder",  # a part of a word
        "we (WE)",  # not shorter
        "the RL agent (RL)",  # holds itself
        "figure one (Fig)",  # one capital
        "two words (TW XY)",
        "a very long short form (AVLSFXXXXXX)",
        "RL (learning by robots)",  # begins with another word
        "an extensible markup language (XML)",  # the first letter begins no word
        "()", "(", "(RL", ")RL(", "",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert pairs(text) == []


def test_a_long_form_is_looked_for_in_a_few_words_only() -> None:
    assert pairs("robots " + "never " * 2 + "learn (RL)") == [("RL", "robot never never learn")]
    assert pairs("robots " + "never " * 3 + "learn (RL)") == []
    # Nor does it begin in the middle of the word at which the search ends.
    assert pairs("bar" + "x" * 149 + " learning (RL)") == []


def test_each_pair_once_and_not_too_many() -> None:
    assert pairs("reinforcement learning (RL), Reinforcement Learning (RL)") == [
        ("RL", "reinforcement learning")
    ]
    many = " ".join(f"{a}lpha {b}eta ({a}{b})." for a in "QWRTY" for b in "ABCDEF")
    assert len(pairs(many)) == MOST_DEFINITIONS


@pytest.mark.parametrize(
    ("written", "short"),
    [("RL", "RL"), ("RLs", "RL"), ("GPT4s", "GPT4"), ("mRNA", "mRNA"), ("Ls", None), ("A-B", None),
     ("ABCDEFGHIJ", "ABCDEFGHIJ"), ("ABCDEFGHIJK", None), ("A", None), ("ab", None)],
)  # fmt: skip
def test_short_forms(written: str, short: str | None) -> None:
    assert short_form(written) == short


PIECES = st.sampled_from(
    [
        *("(", ")", "RL", "LLMs", "reinforcement", "learning", " ", "-", ". ", "$", "\\textbf{"),
        *("}", "é", "İ", "ﬁ", "모델", "\n", "\0", "a", "(RL)"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_whatever_the_text_says(text: str) -> None:
    found = acronym_definitions(text)
    assert found == acronym_definitions(text)
    assert len(set(found)) == len(found) <= MOST_DEFINITIONS
    for each in found:
        assert 2 <= len(each.short) <= LONGEST
        assert 2 <= len(each.key) <= LONGEST
        assert 0 < len(each.long) <= LONGEST_LONG_FORM
        assert " " not in each.key
        assert "\0" not in each.short + each.key + each.long


words = st.sampled_from(["robot", "learning", "slow", "deep", "vision", "expert", "mixture"])


@given(st.lists(words, min_size=2, max_size=6))
def test_initials_are_always_found(long: list[str]) -> None:
    short = "".join(word[0] for word in long).upper()
    for text in (f"We study {' '.join(long)} ({short}).", f"{short} ({' '.join(long)})"):
        assert (short, " ".join(long)) in pairs(text)


LONG_PIECES = ["a" * 150 + " (AA)", "a-" * 75 + "(AA)"]


@pytest.mark.parametrize("piece", ["(", "(AB", "(AB)", "aa (AA)", "AB (a", "A ", *LONG_PIECES])
def test_work_is_linear(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = process_time()
        acronym_definitions(text)
        return process_time() - start

    seconds(1_000)
    few = min(seconds(5_000) for _ in range(3))
    assert min(seconds(20_000) for _ in range(3)) < 12 * few + 0.02
