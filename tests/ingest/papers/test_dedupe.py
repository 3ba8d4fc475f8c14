"""Which records are the same paper."""

from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.papers.dedupe import PaperKey, PaperKeys, title_key


@dataclass(frozen=True)
class Names:
    arxiv_id: str = ""
    doi: str = ""
    title_key: str = "t"
    apart: str = ""
    record: dict[str, Any] = field(default_factory=lambda: {"title": "t"}, hash=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pre-Training at Scale", "Pretraining at scale"),
        ("An Emulator  for\nFine-Tuning", "An emulator for fine-tuning"),
        ("Schrödinger’s Cat", "Schrodinger's cat"),
        ("The ﬁrst “quote”", "The first 'quote'"),
        ("LLM: A Survey", "LLM — A Survey."),
        ("STRASSE", "Straße"),
    ],
)
def test_same_title(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Learning C", "Learning C++"),
        ("F", "F#"),
        ("हिंदी", "हद"),
        ("...", "!!!"),
        ("A" * 300, "A" * 301),
    ],
)
def test_other_title(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@given(st.text(min_size=1))
def test_any_title_has_a_key_that_fits(title: str) -> None:
    key = title_key(title)
    assert len(key) <= 255
    assert key == title_key(title)
    assert key or not title.strip()


def test_arxiv_id_before_doi_before_title() -> None:
    both = Names("2501.1", "10.1/x", "a")
    roots = PaperKeys(
        [both, Names("", "10.1/x", "b"), Names("", "", "b"), Names("", "10.1/y", "c")]
    )
    assert roots.of(Names("", "10.1/x", "b")) == PaperKey(0, "2501.1")
    assert roots.of(Names("", "", "b")) == PaperKey(0, "2501.1")
    assert roots.of(Names("", "10.1/y", "c")) == PaperKey(1, "10.1/y")
    assert roots.of(Names("", "", "c")) == PaperKey(1, "10.1/y")
    assert roots.of(Names("", "", "d")) == PaperKey(2, "d")


def test_two_ids_with_one_title_stay_two() -> None:
    listings = [Names("2501.2"), Names("2501.1"), Names(), Names("", "10.1/x")]
    for order in permutations(listings):
        roots = PaperKeys(order)
        assert roots.of(Names("2501.2")) == PaperKey(0, "2501.2")
        assert roots.of(Names("", "10.1/x")) == PaperKey(1, "10.1/x")
        assert roots.of(Names()) == PaperKey(0, "2501.1")
