"""What is typed into the search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.query import KeywordError
from digest.search import Query, read_query

pytestmark = pytest.mark.django_db


def test_keywords_are_separated_as_on_the_sign_up_form() -> None:
    query = read_query(' graph neural network, "a, b"; robot\n-survey ')
    assert [each.text for each in query.keywords] == [
        "graph neural network",
        '"a, b"',
        "robot",
        "-survey",
    ]
    assert query.text == 'graph neural network, "a, b", robot, -survey'
    assert query.lines == 'graph neural network\n"a, b"\nrobot\n-survey'


def test_a_query_of_several_lines_is_one() -> None:
    query = read_query('("speech" OR\n"music") AND robot\n\ncats')
    assert [each.text for each in query.keywords] == ['("speech" OR "music") AND robot', "cats"]
    assert read_query(query.text) == query


def test_its_meaning_is_said_once() -> None:
    assert read_query("speech, robot, -survey").meaning == (
        "the word “speech”, or the word “robot”; leaves out papers with the word “survey”"
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a word or a phrase"),
        (" ,\n; ", "Enter a word or a phrase"),
        ("-robot", "This only excludes papers"),
        ("speech, ()", "“\\(\\)”: There is no word in it"),
        ("x" * 201, "201 characters; the limit is 200"),
        ("y " * 5_000, "This is 9,999 characters long; the limit of a search is 2,000"),
        (", ".join(f"w{n}" for n in range(40)), "40 words together; the limit of a search is 32"),
        (", ".join(f"w{n}" for n in range(101)), "101 keywords; the limit is 100"),
    ],
)
def test_what_cannot_be_searched_for_gets_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(KeywordError, match=sentence):
        read_query(typed)


@given(st.text(max_size=300) | st.text('ab -"()*:,;~|\n\x00\u202e', max_size=60))
def test_anything_typed_is_a_query_or_gets_a_sentence(typed: str) -> None:
    query = read(typed)
    if isinstance(query, str):
        assert query.endswith((".", "?"))
    else:
        assert read_query(query.text).keyword == query.keyword


def read(typed: str) -> Query | str:
    """The query, or the sentence about it."""
    try:
        return read_query(typed)
    except KeywordError as wrong:
        return wrong.message
