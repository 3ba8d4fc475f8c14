"""Related keywords go with the keyword, are whole phrases, and cost little."""

from pathlib import Path

import pytest

from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.matching.related_keywords import related_keywords
from digest.matching.work_budget import TooBroad, WorkBudget

from . import samples
from .small_papers import paper

KEYWORDS = (
    "reinforcement learning", "RL", "diffusion model", "robotics", "speculative decoding",
    "medical imaging", "RAG", "code generation", "time series", "graph neural network",
    "text to speech", "mixture of experts", "hallucination", "in-context learning",
    "object detection", "video generation", "KV cache", "alignment", "protein",
    "3D Gaussian splatting", "quantization", "vision language model", "chain of thought",
    "federated learning", "knowledge distillation", "machine translation", "autonomous driving",
    "benchmark", "image segmentation", "recommendation", "LLM agents", "point cloud",
    "speech recognition", "NeRF", "LoRA", "world model",
)  # fmt: skip
LABELS = Path(__file__).with_name("suggestion_labels.txt")
MOST_FRAGMENTS, MOST_UNJUDGED = 0.05, 0.1  # of all suggestions
OTHERS = [paper(n, "image", f"image synthesis by others{n}") for n in range(20, 60)]


def _suggested(texts: list[str], keyword: str) -> list[str]:
    papers = [paper(n, "speech", text) for n, text in enumerate(texts, 1)]
    return related_keywords(PaperIndex([*papers, *OTHERS]), parse(keyword))


def test_a_part_of_a_longer_phrase_is_dropped_unless_it_also_stands_alone() -> None:
    long = [f"We use neural radiance caching in case {n}" for n in range(6)]
    assert _suggested(long, "speech") == ["neural radiance caching"]
    alone = [f"Radiance caching for {n}" for n in range(6)]
    assert _suggested([*long[:3], *alone], "speech")[0] == "radiance caching"


def test_no_fragment_of_a_sentence_is_suggested() -> None:
    texts = [f"The proposed method yields three distinct gains {n} in practice" for n in range(8)]
    assert _suggested(texts, "speech") == []


def test_hyphens_stay_and_the_usual_spelling_is_shown() -> None:
    texts = ["fine-grained voice cloning", "Fine-grained voice cloning"] * 3
    assert _suggested(texts, "speech") == ["fine-grained voice cloning"]


def test_a_phrase_that_is_as_frequent_elsewhere_does_not_go_with_the_keyword() -> None:
    texts = ["image synthesis"] * 6
    assert _suggested(texts, "speech") == []


def test_a_phrase_of_two_papers_is_not_suggested() -> None:
    assert _suggested(["voice cloning"] * 2 + ["x"] * 5, "speech") == []
    assert _suggested(["voice cloning"] * 3 + ["x"] * 5, "speech") == ["voice cloning"]


def test_phrases_that_share_new_words_are_not_suggested_together() -> None:
    texts = ["voice cloning and voice conversion"] * 6
    assert len(_suggested(texts, "speech")) == 1


def test_the_keyword_is_extended_as_it_was_typed() -> None:
    texts = ["Time-series forecasting"] * 6
    papers = [paper(n, text, "x") for n, text in enumerate(texts, 1)]
    found = related_keywords(PaperIndex([*papers, *OTHERS]), parse("time series"))
    assert found == ["time series forecasting"]


def test_the_work_is_counted_and_bounded() -> None:
    papers = [paper(n, "speech", "voice cloning " * 200) for n in range(1, 19)]
    index = PaperIndex([*papers, *OTHERS])
    with pytest.raises(TooBroad):
        related_keywords(index, parse("speech"), work=WorkBudget(1_000))
    work = WorkBudget(120_000)
    related_keywords(index, parse("speech"), work=work)
    assert work.spent > 10_000


@pytest.mark.slow
@pytest.mark.samples
@pytest.mark.usefixtures("samples")
def test_hardly_any_suggestion_is_a_fragment() -> None:
    index = PaperIndex(samples.papers())
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    labels = {line[2:]: line[0] for line in lines if not line.startswith("#")}
    found = [text for keyword in KEYWORDS for text in related_keywords(index, parse(keyword))]
    fragments = [text for text in found if labels.get(text) == "-"]
    unjudged = [text for text in found if text not in labels]
    assert len(found) > 3.5 * len(KEYWORDS)
    assert len(fragments) <= MOST_FRAGMENTS * len(found), fragments
    assert len(unjudged) <= MOST_UNJUDGED * len(found), unjudged
