"""An error says where in the typed text the trouble is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.matching.query import KeywordError, parse, parse_list

OPERANDS = [
    "a", "b", "-a", "-b", "NOT a", "AND", "OR", "(", ")", "since:2024", "title:", "a[ti]", "NOT",
    '"a b"', '"a b"~3', "deep-sea " * 12,
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a OR -b", "-b"),
        ("(a OR -b) OR c", "-b) OR c"),
        ("title:(a OR -b)", "-b)"),
        ("  - x OR (NOT y)", "NOT y)"),
        ("-(a OR -b)", "-b)"),
        ("a OR since:2024", "since:2024"),
        ("since:2024 -b OR a", "since:2024 -b OR a"),
        ("cat -cat", "-cat"),
        ("cat AND dog NOT cat AND emu", "NOT cat AND emu"),
        ("(a OR b) AND -a AND -b AND c", "-b AND c"),
        ("((a -a) OR (b -b))", "-a) OR (b -b))"),
        ("title:a -title:a", "-title:a"),
        ("w " * 32 + "robot arm", "robot arm"),
        ("w " * 20 + "OR " + "w " * 12 + '"robot arm"', 'robot arm"'),
        ("deep-" * 16 + "end " + "w " * 15 + "robot", "robot"),
        ("\t" + "x" * 200 + "yz", "yz"),
    ],
)
def test_an_error_quotes_its_place(text: str, part: str) -> None:
    with pytest.raises(KeywordError) as caught:
        parse(text)
    assert caught.value.position is not None
    assert text[caught.value.position :] == part
    assert f"“{part.split()[0].split(')')[0]}"[:3] in caught.value.message
    with pytest.raises(KeywordError) as named:
        parse_list(["deep learning", text])
    assert named.value.position == caught.value.position


def test_an_error_without_a_word_points_at_the_start() -> None:
    for text in ("", "  ", "!!!", " ()"):
        with pytest.raises(KeywordError) as caught:
            parse(text)
        assert caught.value.position == len(text) - len(text.lstrip())


@example("a NOT a ( a OR a[ti] a )")  # translated
@given(st.lists(st.sampled_from(OPERANDS), min_size=1, max_size=14).map(" ".join))
def test_every_place_lies_in_the_text(text: str) -> None:
    assert -1 <= _place(text) < len(text)


def _place(text: str) -> int:
    """Where the trouble is said to be; -1 where there is none."""
    try:
        parse(text)
    except KeywordError as error:
        return len(text) if error.position is None else error.position
    return -1


@pytest.mark.parametrize("text", ["OR " * 60, "AND a " * 33, '"' + "a " * 70])
def test_too_many_words_of_a_text_that_is_no_sentence(text: str) -> None:
    with pytest.raises(KeywordError) as wrong:
        parse(text)
    assert wrong.value.position is not None
    assert 0 <= wrong.value.position < len(text)
