"""Reasons for a hit and for a miss, suggestions and spelling."""

from datetime import date

import pytest

from digest.matching.explain import explain
from digest.matching.index import PaperIndex
from digest.matching.query import parse, parse_list
from digest.matching.suggestions import (
    Suggestions,
    corrected_spelling,
    related_keywords,
    suggestions_for,
)

from .small_papers import paper

PAPER = paper(
    7,
    "Federated optimisation for speech",
    "We study fine-tuning of large models. A survey of privacy.",
    authors=("Ann Lee",),
    categories=("cs.CL",),
    published_on=date(2024, 5, 17),
)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("federated learning", "the title says “Federated optimisation”"),
        ("quantum", "not found: “quantum”"),
        ("title:privacy", "the abstract says “privacy”, but not “privacy” in the title"),
        ('"fine tuning"', "the abstract says “fine-tuning”, but not exactly “fine tuning”"),
        ("speech AND music", "not found: “music”"),
        ("speech -privacy", "the abstract says “privacy”, which the keyword excludes"),
        ("author:hinton", "no author named “hinton”"),
        ("category:math", "in cs.CL, not in math"),
        ("speech since:2025", "published 2024-05-17, before 2025-01-01"),
        ("optimiser", "the title says “optimisation”"),
    ],
)
def test_a_miss_has_its_nearest_reason(keyword: str, text: str) -> None:
    explanation = explain(PAPER, [parse(keyword)])
    assert not explanation.selected
    assert text in explanation.text


def test_a_hit_says_which_words_where() -> None:
    explanation = explain(PAPER, parse_list(["finetuning", "privacy"]))
    assert explanation.selected
    assert "the abstract says “fine-tuning”" in explanation.text
    span = explanation.reasons[0].spans[0]
    assert PAPER.abstract[span.start : span.end] == "fine-tuning"


def test_an_exclusion_and_the_watermark_are_named() -> None:
    assert explain(PAPER, parse_list(["speech", "-survey"])).text == "excluded by `-survey`"
    late = explain(PAPER, [parse("speech")], after=7)
    assert not late.selected
    assert late.text.startswith("listed before the sign-up")
    assert explain(PAPER, [parse("speech")], after=6).selected
    older = explain(paper(1, "speech", seq=None), [parse("speech")], after=0)
    assert "never mailed" in older.text


def test_spelling_one_edit_away() -> None:
    index = PaperIndex([paper(n, "diffusion model", "transformers") for n in range(1, 4)])
    assert corrected_spelling(index, parse("diffussion")) == "diffusion"
    assert corrected_spelling(index, parse("difusion models")) == "diffusion model"
    assert corrected_spelling(index, parse("diffusion")) is None
    assert corrected_spelling(index, parse("zzzzzzz")) is None
    assert corrected_spelling(index, parse("xy AND z")) is None


def test_suggestions_go_with_the_keyword() -> None:
    papers = [paper(n, "speech", f"voice cloning with filler{n}") for n in range(1, 9)]
    papers += [paper(n, "image", "image synthesis by others") for n in range(9, 40)]
    index = PaperIndex(papers)
    assert related_keywords(index, parse("speech")) == ["voice cloning"]
    listed = {n: ["Text to speech"] if n < 9 else ["images"] for n in range(1, 40)}
    assert "text to speech" in related_keywords(index, parse("speech"), listed=listed)
    assert related_keywords(index, parse("nothing")) == []
    assert len(related_keywords(index, parse("image"), most=1)) <= 1


def test_a_suggestion_is_a_whole_phrase_and_no_acronym_in_brackets() -> None:
    text = "time series forecasting beats reinforcement learning (RL) of {}"
    papers = [paper(n, text.format(f"filler{n}")) for n in range(1, 9)]
    papers += [paper(n, "image synthesis by others") for n in range(9, 40)]
    index = PaperIndex(papers)
    assert "time series forecasting" in related_keywords(index, parse("time series"))
    assert not any(" rl" in word for word in related_keywords(index, parse("time series")))
    for word in related_keywords(index, parse("time series")):
        assert index.evaluate(parse(word))


def test_nothing_goes_with_what_nearly_every_paper_holds() -> None:
    index = PaperIndex([paper(n, "model", "voice cloning") for n in range(1, 30)])
    assert related_keywords(index, parse("model")) == []


def test_hints_are_worked_out_anew_when_papers_change() -> None:
    index = PaperIndex([paper(1, "diffusion model")])
    assert suggestions_for(index, parse("diffussion")) == Suggestions("diffusion", ())
    assert suggestions_for(index, parse("robott")).spelling is None
    assert suggestions_for(index, parse("robott")) is suggestions_for(index, parse("robott"))
    index.refresh([paper(2, "robot")], through=2, change=1)
    assert suggestions_for(index, parse("robott")).spelling == "robot"
