"""Candidates and their verification against the index, on invented texts and keywords."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.full_text import (
    EVERY,
    Adjacent,
    AllOf,
    AnyOf,
    Condition,
    Lexeme,
    PaperDocument,
    StoredPaper,
    TextNeeded,
    candidates,
    document_parts,
)
from digest.matching.full_text import document as document_module
from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.indexed_words import FieldCount
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.query.atoms import Since
from digest.matching.query.syntax_tree import Or
from tests.matching import reference
from tests.matching.index.test_against_reference import SPEC, TEXT
from tests.matching.small_papers import paper

NAMES = st.lists(
    st.sampled_from(["Jane Doe", "Doe, J. A.", "D. O'Neill", "李 明", "Ada"]), max_size=3
)
CATEGORIES = st.lists(st.sampled_from(["cs.CL", "cs.LG", "math.AG", "Physics"]), max_size=2)
OTHERS = [
    "author:doe", 'author:"Jane Doe"', "author:j", "author:明", "category:cs", "category:cs.cl",
    "org:lab", 'org:"lab for labs"', '"fine, fast"', 'title:"models of"', '"fine tuning"~2',
    "GANS", "C++ OR A*", "model since:2026",
    "author:doe NOT category:cs", "title:model author:ada", "abstract:model", "-model",
]  # fmt: skip
PAPER = st.builds(
    PaperText,
    id=st.just(1), seq=st.just(1), title=TEXT, abstract=TEXT, authors=NAMES.map(tuple),
    organization=st.sampled_from(["", "Lab for Labs", "pre-training lab"]),
    categories=CATEGORIES.map(tuple),
    published_on=st.sampled_from([None, date(2026, 2, 1), date(2026, 4, 1)]),
    listed_on=st.sampled_from([None, date(2026, 5, 1)]),
)  # fmt: skip


def meets(condition: Condition, document: str) -> bool:
    """Whether a document meets a condition, as a full-text index that splits at blanks says."""
    match condition:
        case Lexeme(text, is_prefix):
            words = document.split()
            return (
                any(map(str.startswith, words, [text] * len(words))) if is_prefix else text in words
            )
        case Adjacent(lexemes):
            return f" {' '.join(lexemes)} " in f" {document} "
        case AllOf(parts):
            return all(meets(part, document) for part in parts)
        case AnyOf(parts):
            return any(meets(part, document) for part in parts)


def found_by_search(keyword: Keyword, paper: PaperText) -> bool:
    """Whether a search finds the paper: it is a candidate, and verified."""
    document = PaperDocument(*document_parts(paper))
    if not meets(candidates(keyword.tree), document.text):
        return False
    try:
        return StoredPaper(document).matches(keyword.tree)
    except TextNeeded:
        return StoredPaper(document, paper).matches(keyword.tree)


def agrees(keyword: Keyword, paper: PaperText) -> bool:
    index = PaperIndex([paper], through=1)
    matches = bool(index.evaluate(keyword))
    assert found_by_search(keyword, paper) == matches, (keyword, paper)
    if matches:
        stored = StoredPaper(PaperDocument(*document_parts(paper)), paper)
        assert stored.counts(keyword.tree) == index.counts(keyword, 1), (keyword, paper)
        lengths = stored.document.length("title"), stored.document.length("abstract")
        assert lengths == index.lengths(1)
    return matches


@given(SPEC, PAPER)
def test_agrees_with_the_index_on_words(spec: reference.Spec, paper: PaperText) -> None:
    try:
        keyword = parse(reference.render(spec))
    except KeywordError:  # it contradicts itself, or only excludes
        return
    agrees(keyword, paper)


@given(st.sampled_from(OTHERS), PAPER)
def test_agrees_with_the_index_on_names_categories_and_days(text: str, paper: PaperText) -> None:
    agrees(parse(text), paper)


@pytest.mark.parametrize("text", OTHERS)
def test_each_of_these_matches_something(text: str) -> None:
    """The test above compares more than what nothing matches."""
    paper = PaperText(
        1, 1, "A models of fine, fast tuning", "C++ model, GANS", ("Jane Doe", "Ada", "李 明"),
        "Lab for Labs", ("cs.CL", "math.AG"), date(2026, 4, 1),
    )  # fmt: skip
    other = PaperText(1, 1, "Model of A*", "", ("J. Doe",), "", ("math.AG",), date(2026, 4, 1))
    assert agrees(parse(text), paper) | agrees(parse(text), other)


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("with predefined", "Bodies with pre-defined bones", True),  # a word that is a join
        ("zero shot performance", "Zero-shot per-formance", True),  # beside one of its own words
        ("zero shot performance", "Zero-shot, or performance", False),
        ("zeroshot learning", "Zero-shot learning", True),
        ("motioni*", "Motions-in bodies", False),  # folded, not as written
        ("motionsi*", "Motions-in bodies", True),
        ("studies*", "A study", False),
        ("study*", "Studies", False),
        ("1tt*", "Test", False),  # the prefix of a title's words
        ("1tt*", "A 1TTx", True),
    ],
)
def test_agrees_with_the_index_on(text: str, title: str, expected: bool) -> None:
    assert agrees(parse(text), PaperText(1, 1, title, "")) is expected


def test_a_condition_of_common_words_alone_keeps_them() -> None:
    assert EVERY not in (candidates(parse(text).tree) for text in ("the", "the AND of", "the of"))
    assert candidates(Or((parse("robot").tree, Since(date(2026, 1, 1))))) == EVERY


@given(st.text(max_size=30), st.text(max_size=10))
def test_lexemes_are_plain_and_keep_beginnings(word: str, start: str) -> None:
    lexeme = document_module.lexeme
    assert lexeme(word).isascii()
    assert not word or lexeme(word).isalnum()
    assert lexeme(start + word).startswith(lexeme(start))
    if word.isalnum() and word.isascii():
        assert lexeme(word) == word


def test_words_that_differ_have_different_lexemes() -> None:
    words = ["c", "c++", "c#", "naïve", "naive", "模", "型", ".net", "net", "z2bz"]
    assert len({document_module.lexeme(word) for word in words}) == len(words)


def test_a_very_long_paper_is_read_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_module, "_MAX_WORDS", 20)
    paper = PaperText(1, 1, "Long", "word " * 30 + "k-means", listed_on=date(2026, 5, 1))
    document = PaperDocument(*document_parts(paper))
    assert document.is_oversized
    assert "1m202605" in document.text
    for text, expected in [("kmeans", True), ("word word", True), ("absent", False)]:
        assert meets(candidates(parse(text).tree), document.text)
        with pytest.raises(TextNeeded):
            StoredPaper(document).matches(parse(text).tree)
        assert StoredPaper(document, paper).matches(parse(text).tree) is expected


def test_the_longest_keyword_has_a_condition_of_bounded_size() -> None:
    condition = candidates(parse(" ".join(f"w{n:02}" for n in range(32))).tree)
    assert str(condition).count("Lexeme(") < 2_500


def test_words_of_the_same_stem_are_counted_for_an_atom_that_does_not_occur() -> None:
    text = paper(1, "A robotic arm", "robotics planning planning planned robust 3d")
    stored = StoredPaper(PaperDocument(*document_parts(text)))
    assert stored.atom_counts(parse("robot OR planning").tree) == (
        (FieldCount("abstract", 2),),
        (FieldCount("title", 0, 1), FieldCount("abstract", 0, 1)),
    )
    assert stored.atom_counts(parse("robot").tree) == ((),)
    assert stored.atom_counts(parse("arm OR robots NOT plan").tree)[0] == (FieldCount("title", 1),)


def test_occurrences_in_a_row_are_counted_each() -> None:
    text = paper(1, "cat cat cat", "a cat, a dog a cat a cat a")
    stored = StoredPaper(PaperDocument(*document_parts(text)))
    assert stored.counts(parse("cat").tree) == {"title": 3, "abstract": 3}
    assert stored.counts(parse("dog a cat").tree) == {"title": 0, "abstract": 1}
