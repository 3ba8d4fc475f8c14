"""Brackets glued to letters: part of a phrase, or explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.query import KeywordError, parse
from digest.matching.query.atoms import Phrase


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("SO(3)", "so 3"), ("SU(2) gauge theory", "su 2 gauge theory"), ("-SO(3)", "-(so 3)"),
        ("U(1)", "u · 1"), ("f(x)", "f · x"), ("O(n log n)", "o · n log n"),
        ("p(x|y)", "p · x y"), ("p(f(x))", "p · f · x"), ("SO(3, 1)", "so 3 1"),
        ("(de)noising", "de noising"), ("model(s)", "model s"), ("C++(17)", "c++ 17"),
        ("title:SO(3)", "title:so 3"), ("robots AND SO(3)", "robot & so 3"),
        ("(de)noising OR (GAN AND VAE)", "de noising | (gan & vae)"), ("U(-1)", "u · 1"),
    ],
)  # fmt: skip
def test_is_a_phrase(text: str, canonical: str) -> None:
    keyword = parse(text)
    assert keyword.canonical == canonical
    assert not keyword.notes


@pytest.mark.parametrize(
    "text",
    ["cats AND(dogs)", "(cats)AND(dogs)", "cats OR(dogs)", "cats NOT(dogs)", "title:(cats)",
     "cats (dogs)", '"cats"(dogs)'],
)  # fmt: skip
def test_operators_fields_and_quotes_are_no_letters(text: str) -> None:
    keyword = parse(text)
    assert not isinstance(keyword.tree, Phrase) or keyword.tree.field
    assert not keyword.notes


@pytest.mark.parametrize(
    ("text", "glued"),
    [("models(GAN OR VAE)", "models("), ("P(A | B)", "P("), ("cats(title:dogs)", "cats("),
     ("cats(-dogs)", "cats("), ("(GAN OR VAE)s", ")s"), ("a(b(c(d)))", "a("), ('x("y")', "x(")],
)  # fmt: skip
def test_anything_else_is_explained(text: str, glued: str) -> None:
    (note,) = parse(text).notes
    assert f"“{glued}”" in note


@given(st.text(st.sampled_from("aB3() |-"), min_size=1, max_size=20))
def test_glued_brackets_never_become_an_and_silently(text: str) -> None:
    try:
        keyword = parse(text)
    except KeywordError:
        return
    has_operator = any(sign in text for sign in ("|", "-", " (", ") ", ")("))
    if not has_operator and not keyword.notes and not text.startswith("("):
        assert isinstance(keyword.tree, Phrase)


def test_many_brackets_take_no_long_time() -> None:
    with pytest.raises(KeywordError):
        parse("a(" * 5_000)
    assert parse("a(" * 31).notes
    assert parse("a(b " * 15 + ")" * 20 + "(" * 40).notes
