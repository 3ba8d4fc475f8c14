"""Any string is answered, with a keyword or with a KeywordError; `make bench` says how soon."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching.index import PaperIndex
from digest.matching.query import KeywordError, parse, parse_list, split_list
from tests.bench import fuzz

from .small_papers import paper

HOSTILE = [
    "(" * 5000, ")" * 200, "(" * 100 + "a" + ")" * 99, "*" * 200, '"' * 199, "\u202e\u200f" * 50,
    "\x00" * 100, "a\x00b", "😀" * 100, "the of and", '"unclosed', "AND AND", "a OR -b", "-only",
    "-" * 200, "- - -", "+ + +", "a " * 100, "NOT " * 49 + "a", "title:" * 30, "title:title:a",
    "a" * 200, "é" * 200, "\u0301" * 200, "a\u0301" * 100, "\\" * 200, "\\textbf{" * 20, "$" * 200,
    "$x" * 100, "{" * 200, "^" * 200, "a^" * 100, "&amp;" * 40, "<b>" * 60, "1,000," * 30,
    "a-" * 100,
    "a.b.c." * 30, "'s" * 100, "a*" * 100, "(a OR b) AND " * 14 + "c", "~" * 200, '"a b"~999999',
    '"a b"~' + "9" * 190, "since:9999-99-99 a", "since:0000 a", "[ti]", "a[ti][au]",
    "a" + "[ti]" * 40,
    "ﷺ" * 200, "İ" * 200, "ß" * 200, "\ud800", "a\ud800b", "深" * 200, "\u3099" * 100, "𝔸" * 100,
    " OR ".join(f"(a{n} AND NOT b{n})" for n in range(8)), "a AND (b OR NOT a)", "NOT NOT NOT a",
    " OR ".join(f"(x{n} AND NOT x{n + 1})" for n in range(9)), "author:", "cat:cs.*", "ti:(",
    "-title:x",
    "\n".join("ab"), "a\r\nb", "=" * 50, "%s %d {0}", "../../etc/passwd", "'; drop table --",
    "<script>",
]  # fmt: skip
INDEX = PaperIndex(
    [
        paper(
            1,
            "a b c",
            "the of and a* 深層学習 é \\textbf{x} $x^2$ a-b-c-d-e-f-g x1 x2",
            authors=("A B",),
        ),
        paper(2, "(" * 500, "a " * 2000 + "a-" * 500 + "*" * 500 + "\x00\ud800"),
        paper(3, "", ""),
    ]
)


def _answer(text: str) -> None:
    """Do everything a page does with a keyword."""
    try:
        keyword = parse(text)
    except KeywordError as error:
        assert error.message.endswith(".")  # noqa: PT017
    else:
        assert keyword.meaning()
        assert parse(text) == keyword
        assert hash(parse(text)) == hash(keyword)
        bits = INDEX.evaluate(keyword)
        assert bits & ~INDEX.everything() == 0
        for paper_id in INDEX.ids(bits)[:1]:
            INDEX.hit_spans(keyword, paper_id)
    assert all(split_list(text)) or not split_list(text)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_strings_are_answered(text: str) -> None:
    _answer(text)


PIECES = st.sampled_from(
    ["a", "b", "LLM", "deep learning", " ", " ", " ", "(", ")", '"', "*", "-", "+", "|", "~5",
    "AND", "OR",
     "NOT", "ANDNOT", "title:", "author:", "cat:", "since:2024", "[ti]", "\\", "$", "{", "}", "^",
     "é", "\x00",
     "\u202e", "深", "😀", "&amp;", ",", ";", "\n", "C++", "A*", "'s", "1,000"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_mutated_keywords_are_answered(text: str) -> None:
    _answer(text)


@given(st.text(max_size=220))
def test_random_strings_are_answered(text: str) -> None:
    _answer(text)


@given(st.lists(st.text(max_size=40), max_size=12))
def test_any_list_is_answered(texts: list[str]) -> None:
    try:
        parse_list(texts, allow_empty=True)
    except KeywordError as error:
        assert error.message  # noqa: PT017


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_ten_thousand_mutations_are_answered(text: str) -> None:
    _answer(text)


def test_random_and_mutated_strings_are_answered() -> None:
    used = [fuzz.answer(text) for text in fuzz.strings(200, seed=9)]
    assert 0.5 < sum(used) / len(used) < 0.95


@pytest.mark.slow
def test_long_and_odd_papers_are_read() -> None:
    odd = [
        "a-" * 20_000,
        "$" * 20_000,
        "\\" * 20_000,
        "{" * 20_000,
        "深" * 5000,
        "\u0301" * 5000,
        "1," * 9000,
    ]
    index = PaperIndex(paper(n, text, text) for n, text in enumerate(odd, 1))
    assert index.ids(index.evaluate(parse("深層 OR a"))) == [1]
