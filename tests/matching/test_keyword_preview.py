"""The keyword preview costs what it may, and always answers what it must."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching import keyword_preview as module
from digest.matching.index import PaperIndex
from digest.matching.keyword_preview import (
    MAX_STEPS,
    KeywordPreview,
    PreviewLine,
    always_answered,
    preview_keywords,
)
from digest.matching.query import parse
from digest.matching.work_budget import TooBroad, WorkBudget

from .small_papers import paper
from .test_work_budget import TYPED, papers

TODAY = date(2026, 3, 4)
COUNT = 64


def index() -> PaperIndex:
    return PaperIndex(papers(COUNT))


INDEX = index()


def made(*texts: str, steps: int = MAX_STEPS, of: PaperIndex | None = None) -> KeywordPreview:
    held = of or index()
    return preview_keywords(texts, held, held.everything(), TODAY, steps=steps)


def line(text: str, steps: int = MAX_STEPS) -> PreviewLine:
    return made(text, steps=steps).lines[0]


ALWAYS = [
    "model", "language model", "large language model", "state of the art", '"the large language"',
    "net*", "model -survey", "title:model", "model AND language AND the AND of", "C++ network",
    " OR ".join(["model", "the", "a", "large", "art", *"bcdefghijklmnopqrstuvwxyzxy"]),
    "the OR of the model OR language model", "net* OR model", "model since:2020", "author:a b",
]  # fmt: skip
REST = [
    '"large model"~9', "net* OR lan*", "the net*", "(the OR a) (model OR language)",
    " OR ".join(f'"the {word}"' for word in ("model", "language", "network", "large", "art")),
]  # fmt: skip


@pytest.mark.parametrize("text", ALWAYS)
def test_phrases_terms_and_one_beginning_are_answered_whatever_is_left(text: str) -> None:
    assert always_answered(parse(text).tree)
    found = line(text, steps=0)
    assert not found.too_broad
    assert found.count == INDEX.evaluate(parse(text)).bit_count()


@pytest.mark.parametrize("text", REST)
def test_the_rest_is_answered_as_long_as_there_are_steps_for_it(text: str) -> None:
    assert not always_answered(parse(text).tree)
    found = line(text)
    assert not found.too_broad
    assert found.count == INDEX.evaluate(parse(text)).bit_count()


def test_what_is_too_broad_is_said_and_spoils_nothing_else() -> None:
    held = PaperIndex(papers(1000))
    found = made('"the model of language in"~9', "language", steps=0, of=held)
    assert [each.too_broad for each in found.lines] == [True, False]
    assert found.lines[1].count
    assert found.total is None
    # The next one with more to spend finds it.
    assert not made('"the model of language in"~9', of=held).lines[0].too_broad


def test_a_light_keyword_beside_broad_ones_is_answered() -> None:
    held = PaperIndex([*papers(1000), paper(2000, "unicorn of a kind")])
    broad = [f'"the model {word}"~9' for word in ("of", "in", "a", "language")]
    lines = made(*broad, '"unicorn kind"~9', steps=0, of=held).lines
    assert [each.too_broad for each in lines] == [True] * 4 + [False]
    assert lines[-1].count == 1


@settings(max_examples=20)
@given(st.lists(TYPED, min_size=1, max_size=12))
def test_a_preview_takes_no_more_than_its_steps_and_what_is_always_answered(
    texts: list[str],
) -> None:
    steps = 3_000
    found = made(*texts, steps=steps)
    # A step more than allowed is only noticed once it is done: at most the papers of one block.
    beyond = len(texts) * (COUNT * 120 + 1_000)
    assert found.steps <= steps + beyond


@pytest.mark.parametrize("text", ALWAYS)
def test_what_is_always_answered_takes_few_steps_a_paper(text: str) -> None:
    work = WorkBudget()
    PaperIndex(papers(COUNT)).evaluate(parse(text), work)
    words = len(text.split())
    assert work.spent <= 25 * COUNT * words


def test_a_ceiling_holds_for_what_is_always_answered_too(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f'"the {word}"' for word in ("model", "language", "network")]
    assert not any(each.too_broad for each in made(*texts, steps=0).lines)
    monkeypatch.setattr(module, "_CEILING", 10)
    found = made(*texts, "nowhere", steps=0)
    assert [each.too_broad for each in found.lines] == [True, True, True, True]
    assert found.total is None


@pytest.mark.slow
def test_quoted_keywords_read_the_texts_of_ten_thousand_papers_once() -> None:
    text = "of the models, the model, " + "and so on " * 40
    held = PaperIndex(paper(n, "the model", text) for n in range(10_000))
    spent = []
    for keyword in ('"of the models"', '"models the"', '"and so on"'):
        work = WorkBudget()
        held.evaluate(parse(keyword), work)
        spent.append(work.spent)
    assert max(spent[1:]) < spent[0] / 2


def test_work_beyond_the_limit_raises_and_is_counted() -> None:
    work = WorkBudget(10)
    work.spend(10)
    with pytest.raises(TooBroad):
        work.spend(1)
    assert work.spent == 11


def test_a_list_of_many_gets_hints_for_the_first_and_counts_for_all() -> None:
    texts = [f"word{number}" for number in range(98)] + ["model", "language model"]
    found = made(*texts)
    assert len(found.lines) == 100
    assert found.lines[-1].count
    assert found.total
    assert made(*texts, "one more").total is None


def test_samples_are_the_best_and_without_steps_the_newest() -> None:
    held = PaperIndex(
        paper(n, "robot" if n == 1 else f"no {n}", "a robot", listed_on=TODAY - timedelta(days=9))
        for n in range(1, 6)
    )
    assert made("robot", of=held).lines[0].samples[0] == "robot"
    held = PaperIndex(paper(n, f"no {n}", "a robot " * n) for n in range(1, 6))
    assert made("robot", steps=0, of=held).lines[0].samples == ("no 5", "no 4", "no 3")
