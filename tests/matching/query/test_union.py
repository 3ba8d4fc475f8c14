"""Several keywords as one, for a search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex
from digest.matching.query import KeywordError, parse, union
from tests.matching.small_papers import paper

WORDS = ("ant", "bee", "cat")
KEYWORDS = ("ant", "bee OR cat", "ant AND bee", "cat -bee", "-ant", "-cat", "-(ant AND cat)", "bee")
# A paper for each set of words, none of which follows another.
PAPERS = [
    paper(number, title=" of ".join(word for at, word in enumerate(WORDS) if number >> at & 1))
    for number in range(1, 8)
]


def matched(*texts: str) -> set[int]:
    index = PaperIndex(PAPERS)
    return set(index.ids(index.evaluate(union(list(map(parse, texts))))))


def of(text: str) -> set[int]:
    """The papers of a keyword alone, an exclusion or not."""
    index = PaperIndex(PAPERS)
    return set(index.ids(index.evaluate(parse(text))))


@given(st.lists(st.sampled_from(KEYWORDS), min_size=1, max_size=5, unique=True))
def test_any_keyword_and_no_exclusion(texts: list[str]) -> None:
    wanted = [of(text) for text in texts if not text.startswith("-")]
    unwanted = [of(text) for text in texts if text.startswith("-")]
    expected = set().union(*wanted) - set().union(*unwanted)
    if expected:
        assert matched(*texts) == expected
        return
    with pytest.raises(KeywordError, match="exclu"):
        matched(*texts)


def test_one_keyword_stays_as_it_is() -> None:
    keyword = parse("speech -music")
    assert union([keyword]) is keyword


def test_its_text_and_notes_are_those_of_all() -> None:
    found = union([parse("speech"), parse("wor* (a"), parse("robot"), parse("re* (a")])
    assert found.text == "speech, wor* (a, robot, re* (a"
    assert len(found.notes) == 2
    assert not found.excludes


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["-speech"], "This only excludes papers. Add a word"),
        (["-speech", "-music"], "This only excludes papers. Add a word"),
        (["speech", "-speech"], "The exclusions leave out all"),
        (["speech AND a1", "-speech"], "The exclusions leave out all"),
    ],
)
def test_what_matches_nothing_is_refused(texts: list[str], sentence: str) -> None:
    with pytest.raises(KeywordError, match=sentence):
        union(list(map(parse, texts)))


def test_together_they_have_as_many_words_as_one_keyword() -> None:
    most = [parse(f"a{number} b{number}") for number in range(16)]
    assert union(most).canonical.count("|") == 15
    with pytest.raises(KeywordError, match="33 words together; the limit of a search is 32"):
        union([*most, parse("-c1")])
