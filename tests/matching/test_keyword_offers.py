"""What is offered beside a keyword: its capitals, and the releases of a product."""

from datetime import date

import pytest

from digest.matching.index import PaperIndex
from digest.matching.keyword_offers import (
    in_capitals,
    offered_in_capitals,
    point_releases,
    share_in_capitals,
)
from digest.matching.keyword_preview import preview_keywords
from digest.matching.query import parse
from digest.matching.work_budget import TooBroad, WorkBudget

from .small_papers import hits, paper


def index(*titles: str) -> PaperIndex:
    return PaperIndex([paper(n, title) for n, title in enumerate(titles, 1)], through=len(titles))


@pytest.mark.parametrize(
    ("text", "offered"),
    [("CLIP", "case:CLIP"), ("LoRA adapters", "case:LoRA adapters"), ("Clip", None),
     ("clip", None), ("A Clip", None), ('"CLIP"', None), ("CLIP OR BLIP", None),
     ("-CLIP", None), ("title:CLIP", None), ("case:CLIP", None), ("XLNet*", "case:XLNet*")],
)  # fmt: skip
def test_two_capitals_in_one_word(text: str, offered: str | None) -> None:
    found = in_capitals(parse(text))
    assert (found.text if found else None) == offered


def test_offered_where_few_hits_have_them() -> None:
    held = index("CLIP", "a clip", "clips", "a video clip")
    assert share_in_capitals(parse("CLIP"), held, held.everything()) == 0.25
    assert offered_in_capitals(parse("CLIP"), held, held.everything()) == ("case:CLIP", 1)
    assert offered_in_capitals(parse("CLIP"), held, 0b1110) is None
    often = index("CLIP", "CLIPs", "CLIP-L", "a clip")
    assert offered_in_capitals(parse("CLIP"), often, often.everything()) is None
    assert share_in_capitals(parse("BLIP"), often, often.everything()) is None


def test_the_newest_hundred_are_read() -> None:
    held = index("CLIP", *["a clip"] * 100)
    assert share_in_capitals(parse("CLIP"), held, held.everything()) == 0
    with pytest.raises(TooBroad):
        share_in_capitals(parse("CLIP"), held, held.everything(), WorkBudget(10))


def test_releases_are_offered_but_not_matched() -> None:
    held = index("Llama 3", "Llama 3.1", "Llama-3.1", "Llama 3.2", "Llama3.2", "Llama3.2",
                 "Llama 3.3", "Llama 2.1", "Llama 2.1", "CUDA 3.5", "CUDA 3.5")  # fmt: skip
    assert point_releases(parse("Llama 3"), held) == ["Llama 3.1", "Llama 3.2"]
    assert point_releases(parse("llama3"), held) == ["llama3.2"]
    assert point_releases(parse("Llama-3"), held) == ["Llama-3.1", "Llama-3.2"]
    assert not hits("Llama 3", "Llama 3.1")
    for text in ("Llama", "3", "Llama 3.1", "Llama 3 OR x", '"Llama 3"', "-Llama 3", "Qwen 2"):
        assert point_releases(parse(text), held) == [], text
    with pytest.raises(TooBroad):
        point_releases(parse("Llama 3"), held, WorkBudget(10))


def test_the_preview_offers_both() -> None:
    held = index("CLIP", "a clip", "a clip", "Llama 3", "Llama 3.1", "Llama 3.1")
    found = preview_keywords(["CLIP", "Llama 3"], held, held.everything(), date(2026, 3, 4)).lines
    assert found[0].cased is not None
    assert (found[0].cased.text, found[0].cased.count) == ("case:CLIP", 1)
    assert found[1].cased is None
    assert found[1].related[0] == "Llama 3.1"
