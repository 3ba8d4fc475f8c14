"""Any text is translated, left alone or refused in words; what comes out is our language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching.query import MAX_KEYWORD_LENGTH, Keyword, KeywordError, parse, split_list
from digest.matching.query.flat_parser import parse_flat
from digest.matching.query.grammar import parse_grammar
from digest.matching.query.syntax_tree import Contradiction, NothingPositive, normal_form
from digest.matching.query.translation import Translation, translate

SERVICES = {
    "pubmed": [
        "[mh]", "[MeSH Terms]", "[tiab]", "[ti]", "[pt]", "[dp]", "[au]", "[1AU]", "[tiab:~3]",
        "2020:2024[dp]", '"2020/01/01"[dp] : "3000"[dp]', "review[pt]", "Smith J[au]",
    ],
    "arxiv": [
        "all:", "ti:", "au:", "cat:", "cat:cs.*", "jr:", "co:", "ANDNOT", "%22", "+AND+",
        "submittedDate:[2023 TO 2024]", "cs.CL", "hep-th", "https://arxiv.org/search/?query=",
    ],
    "scholar": [
        "allintitle:", "allintext:", "intitle:", "author:", "source:", "-word", "2019..2024",
        "after:2020", "|", "https://scholar.google.com/scholar?q=",
    ],
    "scopus": [
        "TITLE-ABS-KEY(", "TITLE(", "ABS (", "AUTH(", "PUBYEAR > 2019", "LIMIT-TO(", "W/3", "PRE/2",
        "{exact words}", "AND NOT", "KEY(", ",",
    ],
    "web of science": [
        "TS=", "TI=(", "AU=", "PY=2019-2024", "SO=", "DT=", "NEAR/5", "NEAR", "SAME", "wom?n",
        "colo$r", "*gly",
    ],
}  # fmt: skip
COMMON = [
    "a", "deep learning", '"c d"', '"', "(", ")", "AND", "OR", "NOT", "and", "or", "word*", "-",
    ":", "=", "[", "]", "{", "}", "title:", "since:2020", '"a b"~3', ",", ";", "é", "深",
    "10.1000/x", "2401.01234",
]  # fmt: skip
WORDS = [*COMMON, *(piece for pieces in SERVICES.values() for piece in pieces)]


def texts(pieces: list[str], most: int = 10) -> st.SearchStrategy[str]:
    """Pieces with and without blanks between them."""
    spaced = st.tuples(st.sampled_from(pieces), st.sampled_from([" ", " ", " ", ""]))
    return st.lists(spaced, min_size=1, max_size=most).map(lambda all_: "".join(map("".join, all_)))


ANY = st.one_of(
    *(texts([*COMMON, *pieces]) for pieces in SERVICES.values()), texts(WORDS), st.text(max_size=80)
)


def check(text: str) -> None:
    """Translate a text, and then what came of it."""
    try:
        found = translate(text)
    except KeywordError as refused:
        assert refused.message.endswith(".")  # noqa: PT017
        return
    if found is not None:
        again = translate(found.text)
        assert again is None or again.text == found.text
        assert "\n" not in found.text.replace(text, "")
        assert all(found.notes)


def keyword(text: str) -> Keyword | None:
    try:
        return parse(text)
    except KeywordError:
        return None


@given(ANY)
def test_translating_is_done_after_one_time(text: str) -> None:
    check(text)


@given(ANY)
def test_a_translation_means_what_the_pasted_text_means(text: str) -> None:
    pasted = keyword(text)
    if pasted and pasted.translation and len(pasted.translation) <= MAX_KEYWORD_LENGTH:
        typed = parse(pasted.translation)
        assert typed == pasted
        assert not typed.translation


@given(ANY)
def test_lists_of_pasted_texts_split_once(text: str) -> None:
    items = split_list(text)
    assert split_list("\n".join(items)) == items


@given(ANY)
def test_the_short_way_reads_translations_as_the_grammar_does(text: str) -> None:
    try:
        found = translate(text) or Translation(text)
        tree = parse_flat(found.text)
        expected = normal_form(parse_grammar(found.text)) if tree else None
    except (KeywordError, Contradiction, NothingPositive):
        return
    except ValueError as too_many:
        assert len(too_many.args) == 1  # noqa: PT017
        return
    if tree is not None:
        assert normal_form(tree) == expected


LONG = [
    "TS=(" + "," * 8_000, "TS=(" + " OR ".join(["a"] * 2_000) + ")", "TS=" + "(" * 7_000,
    "TS=" * 2_600 + "a", "TS=(" + " NEAR/3 ".join(["a"] * 700) + ")", "all:" + '"' * 7_900,
    "a[mh] " * 1_300, "[x" * 3_900 + "[mh]", "https://" + "a." * 3_900, "#1 AND " * 1_100 + "#1",
    "2020 : " * 1_100 + "[dp]", "a[ti] OR b[mh] AND " * 400 + "c", "LIMIT-TO(" * 800,
    "TITLE-ABS-KEY(" + " AND ".join(["(a OR b)"] * 500) + ")", "TS=" + "*a" * 3_900,
    "KEY(" + "{" * 7_900, "(" * 21 + "all:a" + ")" * 21, "author:A, " + "B.'" * 2_000 + "!",
    "TS=(" * 25 + "a" + ")" * 25, " OR ".join(["abcd"] * 1_100), "cs.CL OR " * 800 + "cs.CL",
]  # fmt: skip


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_long_texts_are_answered(text: str) -> None:
    check(text)
    for item in split_list(text):
        assert keyword(item) is None or len(item) <= MAX_KEYWORD_LENGTH


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(texts(WORDS, most=16))
def test_two_thousand_longer_texts(text: str) -> None:
    check(text)
