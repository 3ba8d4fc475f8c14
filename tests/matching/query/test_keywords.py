"""The language of keywords: what is equal, what is refused, what is read as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.query import KeywordError, parse, parse_list, split_list
from digest.matching.query.atom_builders import GrammarError, phrase
from digest.matching.query.flat_parser import parse_flat
from digest.matching.query.grammar import parse_grammar
from digest.matching.query.syntax_tree import Contradiction, NothingPositive, normal_form


@pytest.mark.parametrize(
    "same",
    [
        ["LLM", "llm", "LLMs", "llms"],
        ["fine tuning", "Fine-Tuning", "fine  tuning", "fine/tuning", "FINE tuning"],
        ["Schrödinger", r"Schr\"odinger", "Schro\u0308dinger", "SCHRÖDINGER"],
        ["Poincaré", "Poincare", r"Poincar\'e"],
        ["ε-greedy", "epsilon greedy", r"$\epsilon$-greedy"],
        ["R²", "R2", "R^2"],
        ["a AND b", "b AND a", "a + b", "(b) AND (a) AND a", "NOT (NOT a) AND b"],
        ["x OR y", "y | x", "(x OR y) OR x"],
        ["a ANDNOT b", "a NOT b", "a -b", "a AND NOT b", "a AND -b"],
        ["a AND (b OR c)", "(a AND b) OR (a AND c)", "(c OR b) AND a"],
        ["a", "(a AND b) OR (a AND NOT b)", "a OR (a AND b)"],
        ["title:diffusion", "ti:diffusion", "intitle:diffusion", "diffusion[ti]",
        "Title:diffusion"],
        ["author:hinton", "au:Hinton", "hinton[au]", "author:(Hinton)", 'author:"Hinton"'],
        ["author:Ann Lee", 'author:"Ann Lee"', "(ann lee)[au]", "author:ann  lee"],
        ["author:Ánn Lee", "author:ANN LEE", r"author:\'{A}nn Lee"],
        ["author:A. B. Lee", "author:(Lee A B)", 'author:"Lee, A.B."'],
        ["foo bar", "foo bar[tiab]"],
        ["category:cs.CL", "cat:cs.cl"],
        ["llm since:2024", "since:2024-01-01 AND llm", "since:2024-01 llm"],
        ["NOT (a OR b) AND c", "c AND NOT a AND NOT b"],
        ['"a b"~5', '"b a"~5'],
        ["-survey", "-Surveys"],
        ["x title:-foo", "x -title:foo", "x NOT foo[ti]"],
    ],
)  # fmt: skip
def test_equal_meanings_are_equal(same: list[str]) -> None:
    keywords = [parse(text) for text in same if text]
    assert len(set(keywords)) == 1, [keyword.canonical for keyword in keywords]
    assert len({hash(keyword) for keyword in keywords}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("finetuning", "fine tuning"), ("a", "-a"), ("C", "C++"), ('"models"', "models"),
        ("a AND b", "a OR b"), ("a AND b", "a b"), ("title:a", "abstract:a"), ("news", "new"),
        ("iOS", "io"), ("uses", "us"), ("DOS", "do"), ("word*", "word"), ("and", "or"),
        ('"a b"~5', '"a b"~6'), ("a AND (b OR c)", "(a AND b) OR c"), ("ISA", "is a"),
        ("author:Ann Lee", "author:Ann Lees"), ("author:A Lee", "author:Ann Lee"),
    ],
)  # fmt: skip
def test_different_meanings_differ(one: str, other: str) -> None:
    assert parse(one) != parse(other)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("", "Enter a word"), ("   ", "Enter a word"), ("***", "Enter a word"), ("😀",
        "Enter a word"),
        ("()", "Enter a word"), ('""', "Enter a word"), ("\u200f\u202e", "Enter a word"),
        ("\x00", "Enter a word"), ("a OR -b", "-word"), ("NOT a", "-word"), ("since:2024", "-word"),
        ("a AND NOT a", "Remove “NOT a”"), ("x" * 201, "Split it"), ("a " * 33, "Split it"),
        ("a OR (b AND NOT c) OR NOT d", "-word"), ("-", "Enter a word"), ("a -A", "Remove “-A”"),
    ],
)  # fmt: skip
def test_refused_with_the_cure(text: str, cure: str) -> None:
    with pytest.raises(KeywordError) as caught:
        parse(text)
    assert cure in caught.value.message
    assert str(caught.value) == caught.value.message


@pytest.mark.parametrize(
    ("text", "output"),
    [("qu*", ["qu*"]), ("A*", ["a*"]), ("deep le* AND qu*", ["le*", "qu*"]), ("dif*", []),
     ('"qu*"', []), ("C++*", []), ("author:sm*", ["sm*"])],
)  # fmt: skip
def test_a_beginning_too_short_is_said_to_be_one(text: str, output: list[str]) -> None:
    notes = parse(text).notes
    assert [note.split("”")[0][1:] for note in notes] == output
    assert all("three letters" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "canonical", "reason"),
    [
        ('"unclosed', "unclosed", "the quote before “unclosed” is never closed"),
        ("AND AND", "and and", "needs a word next to it"),
        ("deep AND", "deep and", "needs a word next to it"),
        ("(deep learning", "deep learning", "the bracket before “deep learning” is never closed"),
        ("deep) learning", "deep learning", "the bracket after “deep” was never opened"),
        ("since:yesterday llm", "since yesterday llm", "since:2024-05"),
        ("journal:nature", "journal nature", "the fields are"),
        ("since:2024-13 llm", "since 2024 13 llm", "2024-13 is not a date"),
        ("a OR AND b", "a · or and b", "“AND” needs a word"),
        ("title: AND x", "title and x", "“AND” needs a word"),
        ("a AND ()", "a · and", "its brackets are empty"),
        ("a OR !!", "a · or", "no word in “!!”"),
        ("deep OR", "deep or", "needs a word next to it"),
        ("(" * 60 + "deep" + ")" * 60, "deep", "nested more than 20 deep"),
        ('deep ""', "deep", "between the quotes"),
    ],
)
def test_bad_syntax_is_read_as_text_and_said_so(text: str, canonical: str, reason: str) -> None:
    keyword = parse(text)
    assert keyword.canonical == canonical
    assert any(reason in note for note in keyword.notes)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("Fine-Tuning", "the phrase “fine tuning”"),
        ("LLMs", "the word “llm”"),
        ("diffus*", "words starting with “diffus…”"),
        ("a NOT b", "the word “a”, but not the word “b”"),
        ("title:x since:2024", "published since 2024-01-01"),
        ("-survey", "leaves out papers with the word “survey”"),
        ('"deep learning"', "exactly “deep learning”"),
        ("author:Hinton", "author “Hinton”"),
    ],
)
def test_meaning_in_plain_words(text: str, output: str) -> None:
    assert output in parse(text).meaning()


def test_operators_need_capitals_and_space() -> None:
    assert parse("search and rescue").canonical == "search and rescue"
    assert parse("C++").canonical == "c++"
    assert parse("A|B").canonical == "a b"
    assert parse("BRAND new").canonical == "brand new"
    assert parse("NOTHING").canonical == "nothing"
    assert parse("rock+roll").canonical == "rock roll"


def test_a_leading_minus_excludes_everything_after_it() -> None:
    assert parse("-case study").excludes
    assert parse("-case study").canonical == "-(case study)"
    assert parse("-(a OR b)").canonical == "-(a | b)"
    assert not parse("- a bullet").excludes


def test_too_many_conjuncts_stay_a_tree() -> None:
    big = " AND ".join(f"(a{n} OR b{n})" for n in range(8))
    turned = " AND ".join(f"(b{n} OR a{n})" for n in reversed(range(8)))
    assert parse(big) == parse(turned)
    assert "(a0 | b0) & (a1 | b1)" in parse(big).canonical


def test_split_list() -> None:
    text = 'a, b;c\n"d, e" f; (g, h OR i)\n\n a \n"open, end\n(open; too'
    assert split_list(text) == [
        "a", "b", "c", '"d, e" f', "(g, h OR i)", '"open', "end", "(open", "too",
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_splitting_any_text_gives_clean_distinct_items(text: str) -> None:
    items = split_list(text)
    assert len(set(items)) == len(items)
    assert all(item and item == item.strip() and "\n" not in item for item in items)
    assert split_list("\n".join(items)) == items


def test_a_list_drops_equal_meanings_and_keeps_the_first() -> None:
    assert [k.text for k in parse_list(["LLMs", "llm", "", "-survey"])] == ["LLMs", "-survey"]


@pytest.mark.parametrize("texts", [[], ["-a"], ["-a", "-b"], ["", "  "]])
def test_a_list_must_ask_for_something(texts: list[str]) -> None:
    with pytest.raises(KeywordError):
        parse_list(texts)


def test_a_list_may_ask_for_nothing_where_trending_papers_come_anyway() -> None:
    assert parse_list(["  "], allow_empty=True) == ()
    assert [each.text for each in parse_list(["-a"], allow_empty=True)] == ["-a"]


def test_a_list_names_the_bad_keyword_and_has_a_limit() -> None:
    with pytest.raises(KeywordError, match="“a OR -b”"):
        parse_list(["fine", "a OR -b"])
    with pytest.raises(KeywordError, match="101 keywords; the limit is 100"):
        parse_list([f"word{n}" for n in range(101)])


PLAIN = st.lists(
    st.text(st.sampled_from("abcdeGPTs-/+'é²0123.*&~,!?"), min_size=1, max_size=8),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(PLAIN)
def test_the_fast_path_equals_the_grammar(text: str) -> None:
    """Plain words skip the grammar; it must give the same."""
    try:
        keyword = parse(text)
    except KeywordError:
        return
    typed = text.strip()
    if keyword.excludes or typed.startswith(("- ", "* ")) or " -" in typed or typed[0] == "-":
        return
    if any(word in ("+", "|") for word in typed.split()):
        return
    assert parse_grammar(typed) == phrase(typed)


PIECES = st.lists(
    st.sampled_from(
        ["AND", "OR", "NOT", "ANDNOT", "and", "a", "deep nets", "GPT-4", "X-AND", "NOTE", "MODELS",
        '"c d"', '"AND"', '"models  of"', "title:", "Ti:e", "au:NOT", "cat:cs", "since:2024", "-i",
        "(f)", "g*", "é", "+", '"']
    ),
    min_size=1,
    max_size=7,
)  # fmt: skip


@given(PIECES, st.sampled_from([" ", "  ", "\n"]))
def test_the_short_way_for_operators_equals_the_grammar(pieces: list[str], space: str) -> None:
    text = space.join(pieces)
    if (tree := parse_flat(text)) is None:
        return
    try:
        expected = normal_form(parse_grammar(text))
    except (Contradiction, NothingPositive) as refused:
        with pytest.raises(type(refused)):
            normal_form(tree)
    except GrammarError as trouble:
        pytest.fail(f"{text!r} is no keyword: {trouble}")
    else:
        assert normal_form(tree) == expected


@given(
    st.sampled_from(["a b", "LLM*", '"c d"', "title:e", "(f OR g)"]), st.sampled_from(["h", "-i"])
)
def test_text_as_typed_is_kept(left: str, right: str) -> None:
    keyword = parse(f" {left} {right} ")
    assert keyword.text == f"{left} {right}"
