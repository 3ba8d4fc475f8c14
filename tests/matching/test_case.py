"""`case:`: a word or phrase in the capitals typed."""

import pytest

from digest.matching.explain import reason
from digest.matching.index import CompiledKeywords, PaperIndex
from digest.matching.query import KeywordError, parse
from digest.matching.work_budget import TooBroad, WorkBudget
from tests.matching.full_text.test_verification import agrees

from .small_papers import hits, paper, shown_hits


@pytest.mark.parametrize(
    ("keyword", "text", "expected"),
    [
        ("case:CLIP", "We use CLIP.", True), ("case:CLIP", "CLIP-based", True),
        ("case:CLIP", "a video clip", False), ("case:CLIP", "Clip it", False),
        ("case:CLIP", "of CLIPs and CLIP's", True), ("case:CLIP", "clips", False),
        ("case:CLIP", "CLIPPED", False), ("case:CLIP", "eCLIP", False),
        ("case:CLIPs", "CLIP", True), ("case:clip", "CLIP", False), ("case:clip", "a clip", True),
        ("case:CLIP", r"\\textbf{CLIP} x", True), ("case:CLIP", r"\\textsc{C}LIP", True),
        ("case:Vision Transformer", "the Vision Transformers", True),
        ("case:Vision Transformer", "the vision Transformer", False),
        ("case:Model Hub", "Models Hubs", True), ("case:Models Hub", "A Model Hub", True),
        ('case:"Fine Tuning"', "Fine-Tuning", True), ('case:"Fine Tuning"', "FineTuning", True),
        ('case:"Fine Tuning"', "Finetuning", False), ("case:GPT-4", "GPT 4", True),
        ("case:GPT-4", "gpt-4", False), ("case:MODELS", "MODELS", True),
        ("case:MODELS", "models", False), ("case:MODEL", "MODELS", False),
        ("case:Matrix", "Matrices", True), ("case:Matrix", "matrices", False),
        ("case:Müller", "Müller", True), ("case:Mueller", "Müller", True),
        ("case:Müller", "müller", False), ("case:Trans*", "Transformers", True),
        ("case:Trans*", "transformers", False), ("case:IT NOT it", "IT", False),
        ("NLP NOT case:CLIP", "NLP for a clip", True), ("NLP NOT case:CLIP", "NLP, CLIP", False),
        ("-case:CLIP", "CLIP", True), ("case:H∞", "H∞", True), ("case:h∞", "H∞", False),
        ("CASE:CLIP", "CLIP", True), ("case:1,000", "1,000 x", True),
    ],
)  # fmt: skip
def test_capitals_count(keyword: str, text: str, expected: bool) -> None:
    text = text.replace("\\\\", "\\")
    read = parse(keyword)
    assert hits(keyword, text) is expected
    index = PaperIndex([paper(abstract=text)], through=1)
    assert bool(next(index.evaluate_all(CompiledKeywords([read])))) is expected
    assert agrees(read, paper(abstract=text)) is expected
    assert (not expected) or "NOT" in keyword or index.hit_spans(read, 1)


def test_in_a_field() -> None:
    for keyword in ("title:case:CLIP", "title:(case:CLIP)"):
        assert hits(keyword, title="CLIP", text="clip")
        assert not hits(keyword, title="clip", text="CLIP")
    assert parse("author:(case:Lee)") == parse("author:Lee")


def test_what_it_means_and_why_it_missed() -> None:
    keyword = parse("case:CLIP robot")
    assert keyword.meaning() == "“CLIP robot” in these capitals"
    assert parse("case:CLIP").canonical == 'case:"CLIP"' != parse("case:Clip").canonical
    found = reason(paper(title="A clip"), parse("case:CLIP"))
    assert found.text == "the title says “clip”, but not “CLIP” in these capitals"
    assert reason(paper(title="A CLIP"), parse("case:CLIP")).text == "the title says “CLIP”"


def test_what_is_marked() -> None:
    assert shown_hits("case:CLIP", "A clip of CLIPs by CLIP-L") == ["CLIPs", "CLIP"]


def test_what_cannot_be_read_is_said() -> None:
    (note,) = parse("case:(A OR B)").notes
    assert "“case:” needs a word" in note
    assert parse("an edge case: rain").canonical == parse("an edge case rain").canonical
    with pytest.raises(KeywordError):
        parse("case:" + " a" * 33)


def test_reading_texts_is_counted() -> None:
    index = PaperIndex([paper(n, "a clip " * 40) for n in range(1, 60)], through=59)
    with pytest.raises(TooBroad):
        index.evaluate(parse("case:CLIP"), WorkBudget(1_000))
