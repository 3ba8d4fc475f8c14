"""Plain text is wrapped, links stay whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.mime.wrapping import LINK_NUMBER, WIDTH, display_width, number_links, wrap

LINE = st.text(st.sampled_from("ab é深-*1. "), max_size=400)


@given(LINE)
def test_no_line_is_wider_and_nothing_is_lost(text: str) -> None:
    lines = wrap(text).split("\n")
    assert all(display_width(line) <= WIDTH for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert wrap("\n".join(lines)) == "\n".join(lines)


def test_words_stay_whole_where_they_can() -> None:
    text = "word " * 40
    assert {word for line in wrap(text).split("\n") for word in line.split()} == {"word"}


def test_a_list_hangs_under_its_own_start() -> None:
    first, second, *_ = wrap("* " + "word " * 20).split("\n")
    assert first.startswith("* word")
    assert second.startswith("  word")


@pytest.mark.parametrize("line", ["[12] Less like this: https://a.example/" + "x" * 200,
                                  "see https://a.example/" + "x" * 200])  # fmt: skip
def test_a_link_is_never_cut(line: str) -> None:
    assert "https://a.example/" + "x" * 200 in wrap(line)


def test_a_numbered_link_stays_on_one_line() -> None:
    line = f"[{LINK_NUMBER}] Less like this: https://a.example/" + "x" * 100
    assert wrap(line) == line


def test_links_are_counted_from_one() -> None:
    assert number_links(f"[{LINK_NUMBER}] a\n[{LINK_NUMBER}] b") == "[1] a\n[2] b"
    assert number_links("none") == "none"


@pytest.mark.parametrize(
    ("text", "wide"), [("abc", 3), ("深層", 4), ("e\u0301", 1), ("👩\u200d🔬", 4)]
)
def test_display_width(text: str, wide: int) -> None:
    assert display_width(text) == wide


@pytest.mark.parametrize("blanks", range(WIDTH - 2, WIDTH + 2))
def test_a_line_may_begin_with_more_blanks_than_it_has_room(blanks: int) -> None:
    assert "".join(wrap(" " * blanks + "deep learning").split()) == "deeplearning"
