"""The index against the slow matcher: on real papers, and on texts made to trip it up."""

from collections.abc import Iterable, Iterator
from itertools import islice
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index import forward_index as texts_module
from digest.matching.query import KeywordError, parse
from tests.matching import reference, samples
from tests.matching.keyword_sampler import KeywordSampler


def _disagreements(
    specs: Iterable[reference.Spec], papers: list[PaperText], *, compact: bool = False
) -> Iterator[tuple[str, str, set[int], set[int]]]:
    index = PaperIndex(papers, through=len(papers))
    for block in index._blocks if compact else ():
        block.compact()
    read = [(reference.words(p.title), reference.words(p.abstract)) for p in papers]
    for spec in specs:
        try:
            keyword = parse(reference.render(spec))
        except KeywordError:  # it contradicts itself, or only excludes
            continue
        found = set(index.ids(index.evaluate(keyword)))
        wanted = {
            p.id for p, text in zip(papers, read, strict=True) if reference.matches(spec, *text)
        }
        if found != wanted:
            yield keyword.text, keyword.canonical, found - wanted, wanted - found


def _usable(spec: reference.Spec) -> bool:
    """Whether it neither contradicts itself nor only excludes."""
    try:
        return bool(parse(reference.render(spec)))
    except KeywordError:
        return False


@pytest.mark.slow
@pytest.mark.samples
@pytest.mark.skipif(not samples.LISTED.exists(), reason=f"no sample papers at {samples.LISTED}")
def test_agrees_on_300_keywords_and_2000_real_papers() -> None:
    papers = samples.papers(2000)
    drawn = KeywordSampler([f"{p.title} {p.abstract}" for p in papers])
    specs = list(islice(filter(_usable, iter(drawn.spec, None)), 300))
    assert list(_disagreements(specs, papers)) == []


WORDS = st.sampled_from(
    [
        "fine",
        "tuning",
        "finetuning",
        "tunings",
        "LLM",
        "LLMs",
        "llm",
        "GAN",
        "GANs",
        "model",
        "models",
        "MODELS",
        "news",
        "new",
        "iOS",
        "io",
        "uses",
        "us",
        "use",
        "is",
        "a",
        "isa",
        "ISA",
        "the",
        "asymmetric",
        "symmetric",
        "C++",
        "C",
        "C#",
        ".NET",
        "net",
        "GPT",
        "4",
        "GPT-4",
        "3D",
        "R²",
        "R2",
        "R^2",
        "k-means",
        "k",
        "means",
        "kmeans",
        "pre-training",
        "pretraining",
        "training",
        "data",
        "database",
        "databases",
        "state-of-the-art",
        "Schrödinger",
        "Schrodinger",
        "Schroedinger",
        "H∞",
        "infinity",
        "SO(3)",
        "so3",
        "(de)tuning",
        "model(s)",
        "matrices",
        "matrix",
        "CRITERIA",
        "criterion",
        "ε",
        "epsilon",
        "ε-greedy",
        "i.e.",
        "U.S.",
        "Newton's",
        "newton",
        "Q&A",
        "QA",
        "A*",
        "A**",
    ]
)
TEXT = st.lists(
    st.tuples(WORDS, st.sampled_from([" ", " ", " ", "-", "/", ", ", ". ", "", "–", "\n"])),
    max_size=14,
).map(lambda pairs: "".join(word + gap for word, gap in pairs))
PHRASE = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
# A plural, or a word of one letter and a bracket, has a rule of its own.
CASED = st.lists(
    st.sampled_from(["fine", "Fine", "tuning", "LLM", "llm", "GPT", "4", "GPT-4", "model"]),
    min_size=1,
    max_size=3,
).map(" ".join)
SPEC = st.recursive(
    st.one_of(
        st.tuples(st.just("phrase"), PHRASE),
        st.tuples(st.just("exact"), PHRASE),
        st.tuples(st.just("case"), CASED),
        st.tuples(
            st.just("beginning"), st.sampled_from(["fin", "pre", "pret", "mod", "tuni", "uses"])
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("title"), st.tuples(st.just("phrase"), PHRASE)),
    ),
    max_leaves=4,
)


@given(
    st.lists(SPEC, min_size=1, max_size=3), st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4)
)
def test_agrees_on_invented_texts(
    specs: list[reference.Spec], texts: list[tuple[str, str]]
) -> None:
    papers = [PaperText(n, n, title, abstract) for n, (title, abstract) in enumerate(texts, 1)]
    specs = [spec for spec in specs if not _all_capitals(spec)]
    assert list(_disagreements(specs, papers)) == []
    # As in a full block, with every word of two papers a frequent one.
    with mock.patch.object(texts_module, "FREQUENT", 1):
        assert list(_disagreements(specs, papers, compact=True)) == []


def _all_capitals(spec: reference.Spec) -> bool:
    """Plurals typed in capitals have a rule, and a test, of their own."""
    return "MODELS" in str(spec) or "CRITERIA" in str(spec)
