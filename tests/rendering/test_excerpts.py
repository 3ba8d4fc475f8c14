"""Excerpts: what was hit and what is claimed, in whole words, as far as there is room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.excerpts import Piece, excerpt

FIRST = "Robots are slow, and nobody knows why that is so."
CLAIM = "We propose a motor of glass that is quick."
LAST = "It hums when it is cold, as do the kettles of the laboratory."
TEXT = f"{FIRST} {CLAIM} {LAST}"


def plain(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def shown(text: str, word: str, limit: int) -> str:
    """The excerpt where `word` was hit, if it is in the text; hits in capitals."""
    at = text.find(word)
    hits = [(at, at + len(word))] if at >= 0 else []
    return "".join(
        each.text.upper() if each.hit else each.text for each in excerpt(text, hits, limit)
    )


@pytest.mark.parametrize(
    ("word", "limit", "text"),
    [
        ("kettles", 500, TEXT.replace("kettles", "KETTLES")),
        ("slow", 120, f"{FIRST} {CLAIM}".replace("slow", "SLOW")),
        ("kettles", 120, f"{CLAIM} {LAST}".replace("kettles", "KETTLES")),
        ("glass", 120, CLAIM.replace("glass", "GLASS")),
        ("nowhere", 120, CLAIM),
        ("kettles", 70, LAST.replace("kettles", "KETTLES")),  # no room for the other
        ("kettles", 40, "… as do the KETTLES of the laboratory."),
        ("nowhere", 30, "We propose a motor of glass …"),
    ],
)
def test_what_is_shown(word: str, limit: int, text: str) -> None:
    assert shown(TEXT, word, limit) == text
    assert len(text) <= limit


def test_sentences_that_are_no_neighbours_have_a_gap_between_them() -> None:
    text = f"{FIRST} {'So it is said. ' * 9}{CLAIM} {LAST}"
    assert shown(text, "slow", 120) == f"{FIRST} … {CLAIM}".replace("slow", "SLOW")


def test_a_claim_that_nearly_fits_is_cut_between_words() -> None:
    claim = f"We propose {'a quick motor of the clearest glass and ' * 4}nothing else."
    found = shown(f"{FIRST} {claim}", "slow", 160)
    assert found.endswith(" …")
    assert f"{FIRST} {claim}".replace("slow", "SLOW").startswith(found[:-2])
    assert len(found) <= 160


def test_without_a_claim_or_a_hit_it_is_the_beginning() -> None:
    assert shown(f"{FIRST} {LAST}", "nowhere", 90) == FIRST


WORDS = st.lists(st.sampled_from(["a", "we", "show", "Fig.", "robot", "and.", "X", "up?"]),
                 max_size=70).map(" ".join)  # fmt: skip


@given(WORDS, st.integers(0, 300), st.integers(40, 240))
def test_it_is_short_has_whole_words_and_shows_the_hit(text: str, near: int, limit: int) -> None:
    at = text.find("robot", near)
    hits = [(at, at + 5)] if at >= 0 else []
    pieces = excerpt(text, hits, limit)
    found = plain(pieces)
    assert len(found) <= limit
    assert set(found.split()) <= {*text.split(), "…"}
    assert [piece.text for piece in pieces if piece.hit] == ["robot"] * len(hits)


def test_a_text_without_blanks_is_cut_anyway() -> None:
    found = excerpt("深" * 900, [(500, 502)], 240)
    assert len(plain(found)) <= 240
    assert [piece.text for piece in found if piece.hit] == ["深深"]
