"""Suggestions: topics that tell a library from the papers of the index, and its authors."""

import math
import random
from collections.abc import Iterable, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import ris as ris_format
from digest.libraries.library import Counted, Library
from digest.libraries.library_authors import count_authors
from digest.libraries.library_suggestions import (
    MAX_AUTHORS,
    MAX_KEYWORDS,
    MAX_TITLES,
    SuggestedKeywords,
    suggest_keywords,
)
from digest.libraries.phrases import Paper, count_phrases
from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse
from digest.matching.statistics.likelihood import log_likelihood

from .libraries import GAUGES, ris

FIELDS = ["diffusion models", "protein folding", "dark matter", "graph neural networks"]
OTHERS = [f"A study of {field} in case {n}" for n in range(100) for field in FIELDS]


def library(titles: Iterable[str], authors: Sequence[Sequence[str]] = ()) -> Library:
    papers = [Paper(title) for title in titles]
    return Library("ris", len(papers), count_phrases(papers), count_authors(authors))


def index(titles: Iterable[str], **fields: tuple[str, ...]) -> PaperIndex:
    papers = (
        PaperText(id=n, seq=n, title=title, abstract="", **fields)  # type: ignore[arg-type]
        for n, title in enumerate(titles, 1)
    )
    return PaperIndex(papers)


def phrases(titles: Iterable[str]) -> dict[str, int]:
    return {each.text: each.papers for each in count_phrases(map(Paper, titles))}


def test_topics_are_phrases_and_none_is_a_part_of_one() -> None:
    assert phrases(GAUGES) == {"river gauges": 4, "sediment transport": 2}


def test_a_part_that_stands_alone_as_well_is_kept() -> None:
    titles = [
        *GAUGES,
        *(f"Gauges for the {word}" for word in "uvxyz"),
    ]
    assert phrases(titles)["gauges"] == 9


def test_the_end_of_a_longer_row_of_words_names_the_thing() -> None:
    titles = [f"{word} variational graph auto encoders" for word in ("Calm", "Loud", "Slow")]
    assert phrases(titles) == {"graph auto encoders": 3}


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Novel methods: results of a systematic review", set()),
        ("Analysis of a model", set()),
        ("Survival analysis", {"survival analysis"}),
        ("Deep Learning for Rivers", {"deep learning", "rivers"}),
        ("COVID-19 and IL-6 in 19 countries", {"COVID-19", "IL-6", "countries"}),
        ("Self-Supervised Speech", {"self-supervised speech"}),
        ("Vision-language-action models", {"vision-language-action"}),
        ("Context-aware robots", {"context-aware robots"}),
        ("BERT, large language models", {"BERT", "large language models"}),
        ("3D Gaussian splatting", {"3D gaussian splatting"}),
        ("Humans; young adult, female", set()),
        ("Über die Flüsse", {"über", "flüsse"}),
        (r"Erd\H{o}s graphs", {"erdos graphs"}),
        ("流れ", set()),
        ("“”… — !", set()),
        ("", set()),
    ],
)
def test_the_phrases_of_a_title(title: str, found: set[str]) -> None:
    assert set(phrases([title])) == found


def test_keywords_of_papers_count_as_their_titles_do() -> None:
    papers = [Paper(f"Number {word}", ["Hydrology", "Flood/mortality*"]) for word in "abcde"]
    assert {each.text for each in count_phrases(papers)} >= {"hydrology", "flood"}


def test_the_ratio_is_that_of_the_paper() -> None:
    """Dunning 1993, the definition, with the binomials written out."""

    def likelihood(hits: int, papers: int, share: float) -> float:
        return math.log(math.comb(papers, hits) * share**hits * (1 - share) ** (papers - hits))

    together = (20 + 30) / (100 + 1000)
    wanted = 2 * (
        likelihood(20, 100, 0.2) + likelihood(30, 1000, 0.03)
        - likelihood(20, 100, together) - likelihood(30, 1000, together)
    )  # fmt: skip
    assert log_likelihood(20, 100, 30, 1000) == pytest.approx(wanted)


@given(st.data())
def test_the_ratio_is_finite_and_of_one_side_only(data: st.DataObject) -> None:
    papers, others = data.draw(st.integers(1, 5000)), data.draw(st.integers(1, 50_000))
    own = data.draw(st.integers(1, papers))
    other = data.draw(st.integers(0, others))
    ratio = log_likelihood(own, papers, other, others)
    assert math.isfinite(ratio)
    assert ratio >= -1e-6
    assert (ratio == 0.0) or own / papers > other / others


def test_what_both_have_is_not_suggested() -> None:
    common = [f"Diffusion models of {title}" for title in GAUGES]
    found = suggest_keywords(library([*GAUGES, *common]), index(OTHERS))
    assert found.keywords[0] == "river gauges"
    rank = {text: place for place, text in enumerate(found.keywords)}
    assert rank["river gauges"] < rank["diffusion models"]
    typical = suggest_keywords(library(OTHERS), index(OTHERS * 10))
    assert typical.keywords == ()


@pytest.mark.parametrize("others", [[], OTHERS[:3], OTHERS], ids=["empty", "tiny", "full"])
def test_an_index_of_any_size_will_do(others: list[str]) -> None:
    found = suggest_keywords(library(GAUGES), index(others))
    assert found == SuggestedKeywords(("river gauges", "sediment transport"))


def test_a_single_paper_is_a_library() -> None:
    found = suggest_keywords(library(["Attention in river gauges"]), index(OTHERS))
    assert found.keywords == ("river gauges",)


def test_authors_of_several_papers_are_suggested_by_name() -> None:
    names = [["Jane Doe", "Bo Wick"], ["Jane A. Doe"], ["J Doe", "A. Reed"], ["A Reed"], ["Plato"]]
    found = {each.text: each.papers for each in count_authors(names)}
    assert found == {"Jane Doe": 3, "A Reed": 2} or found == {"Jane Doe": 3, "A. Reed": 2}
    suggested = suggest_keywords(library(GAUGES, names), index(OTHERS, authors=("Eve Moor",)))
    assert suggested.authors[0] == 'author:"Jane Doe"'
    (reed,) = suggested.authors[1:]
    assert index(["x"], authors=("Ada Reed",)).evaluate(parse(reed))


def test_spellings_of_one_author_are_counted_together() -> None:
    names = [["Hans Mühlbach"], ["Hans Muehlbach"], ["Mühlbach, Hans"]]
    names += [["Jean-Luc Quell"], ["Jean Quell"]]
    assert [each.papers for each in count_authors(names)] == [3]


def test_an_initial_that_two_share_is_nobodys() -> None:
    names = [["Jane Doe"], ["John Doe"], ["J Doe"], ["Jane Doe"]]
    assert [(each.text, each.papers) for each in count_authors(names)] == [("Jane Doe", 2)]


@pytest.mark.parametrize("name", ['A "B" Doe', "x) OR (y z", "Doe, Jane", "Group 4 Team", "李 明"])
def test_a_strange_name_is_an_author_or_nothing(name: str) -> None:
    found = suggest_keywords(library(GAUGES, [[name], [name], [name]]), index(OTHERS)).authors
    assert all(parse(text).canonical.startswith("author:") for text in found)


WORDS = ["river", "gauges", "AND", "NOT", "new", "-", "(", '"', "x:", "été", "19", "IL-6", "*"]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=12))
def test_whatever_is_suggested_is_a_keyword_that_finds_its_own_papers(titles: list[str]) -> None:
    own = index(titles)
    for text in suggest_keywords(library(titles), index([])).keywords:
        keyword = parse(text)
        assert not keyword.notes
        assert not keyword.excludes
        assert own.evaluate(keyword)


def test_the_work_is_bounded_however_large_library_and_index_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(1)
    vocabulary = [f"w{n}x" for n in range(900)]
    titles = [" ".join(draw.choices(vocabulary, k=7)) for _ in range(6_000)]
    read = []
    papers = index(titles)
    terms = papers.terms
    monkeypatch.setattr(papers, "terms", lambda one: read.append(one) or terms(one))  # type: ignore[func-returns-value]
    names = [[f"Ann{n % 80} Doe{n % 90}"] for n in range(6_000)]
    found = suggest_keywords(library(titles[:400], names), papers)
    assert 0 < len(read) <= MAX_TITLES
    assert len(found.keywords) <= MAX_KEYWORDS
    assert len(found.authors) <= MAX_AUTHORS
    counted = count_phrases(map(Paper, titles))
    assert len(counted) <= 600


def test_an_author_too_broad_to_look_up_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.libraries.library_suggestions.WORK_STEPS", 0)
    names = [["Jane Doe"]] * 3
    assert suggest_keywords(library(GAUGES, names), index(OTHERS)).authors == ()


def test_a_counted_phrase_of_another_spelling_is_its_words() -> None:
    odd = Library("ris", 5, (Counted("(river gauges", 4, ("river", "gauge")),))
    assert suggest_keywords(odd, index(OTHERS)).keywords == ("river gauge",)


def test_the_papers_are_those_of_the_file() -> None:
    page = ris_format.parse(ris(GAUGES), date(2026, 11, 21))
    assert [record.title for record in page.records] == GAUGES
