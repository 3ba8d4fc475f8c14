"""A card put together from kept parts is what its templates give, for any texts."""

from binascii import a2b_qp
from datetime import date

import pytest
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.mime.wrapping import LINK_NUMBER, WIDTH, display_width, tidy_text
from digest.matching.index import Span
from digest.models import Paper
from digest.rendering import card_templates
from digest.rendering.card_pieces import Variant, card_key, render_card
from digest.rendering.paper_card import Card, Piece

TEXT = st.text(
    st.sampled_from("ab &<>\"'=.é深\n\t\r\0\x01\x1f\x85\u2028\ue000")
    | st.characters(codec="utf-8", max_codepoint=0x2FFF),
    max_size=60,
)
WORDS = st.lists(TEXT | st.sampled_from(["--", "-- ", "1. ", "[1] https://a.example/b", "x" * 77]))
LONG = WORDS.map(" ".join) | st.builds(str.__mul__, WORDS.map(". ".join), st.integers(1, 30))
URL = st.sampled_from(["", "https://a.example/1?x=1&y=2", "javascript:x", f"https://{'u' * 90}"])
SPANS = st.builds(
    lambda field, start, size: Span(field, start, start + size),
    st.sampled_from(["title", "abstract"]),
    st.integers(0, 900),
    st.integers(1, 20),
)
PAPER = st.builds(
    Paper,
    id=st.just(7),
    title=LONG,
    abstract=LONG,
    authors=st.lists(TEXT, max_size=4),
    url=URL,
    code_url=URL,
    project_url=URL,
    published_on=st.sampled_from([None, date(2026, 11, 8)]),
    comment_count=st.sampled_from([None, 0, 1, 1000]),
    renumbered=st.booleans(),
)
KEYWORDS = st.lists(WORDS.map(" ".join), max_size=10).map(tuple)
VARIANT = st.builds(
    Variant, st.sampled_from(["full", "short", "brief", "none"]), st.sampled_from([2, 3])
)


def plainly(card: Card, variant: Variant) -> tuple[str, str]:
    """Both forms by the templates alone."""
    abstract = {"full": card.whole_abstract, "short": card.excerpt(480), "none": (),
                "brief": card.excerpt(240)}[variant.form]  # fmt: skip
    details = card.details.of_row if variant.is_row else card.details
    reason = card.reason(variant.heading, with_facts=not variant.is_row)
    values = details._asdict() | {"url_label": details.url_label, "is_row": variant.is_row}
    values |= {"reason": reason, "level": variant.level, "number": LINK_NUMBER, "place": ""}
    html = {"title": marked(card.title), "abstract": marked(abstract)}
    text = {"title": plain(card.title), "abstract": plain(abstract)}
    text["links"] = [link for link in details.links if link[1] != details.url]
    return (
        render_to_string(
            "email/_row.html" if variant.is_row else "email/_paper.html",
            values | html | {"facts": details.unbroken_facts},
        ).strip(),
        tidy_text(render_to_string("email/_paper.txt", values | text).strip() + "\n\n"),
    )


def plain(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def marked(pieces: tuple[Piece, ...]) -> str:
    return mark_safe(
        "".join(
            render_to_string("email/_hit.html", {"text": text}).strip() if hit else escape(text)
            for text, hit in pieces
        )
    )


def decoded(part: bytes) -> str:
    assert all(len(line) <= 76 for line in part.split(b"\r\n"))
    return a2b_qp(part).decode().replace("\r\n", "\n")


@given(PAPER, KEYWORDS, st.lists(SPANS, max_size=6), VARIANT)
def test_it_is_what_the_templates_give(
    paper: Paper, keywords: tuple[str, ...], spans: list[Span], variant: Variant
) -> None:
    card = Card(paper, keywords, "", lambda: spans)
    html, text = map(decoded, map(b"".join, render_card(card, variant)))
    assert (html, text) == plainly(card, variant)
    links = ("[\0] ", "https://")
    assert all(
        display_width(line) <= WIDTH or any(map(line.count, links)) for line in text.split("\n")
    )


@pytest.mark.parametrize(
    "because", ["a", "--", "w" * 90, " ".join(["deep"] * 30), "x" * 70 + " --"]
)
def test_keywords_take_the_lines_they_need(because: str) -> None:
    card = Card(Paper(id=7, title="T", abstract="An abstract."), (because,), "")
    made = render_card(card, Variant("short", 2))
    assert decoded(b"".join(made.text)) == plainly(card, Variant("short", 2))[1]


def test_other_wordings_are_another_card() -> None:
    paper, variant = Paper(id=7, title="RL", abstract=""), Variant("short", 2)
    wider = Card(paper, ("RL",), "", pairs=(("RL", (("rl", "reinforcement learning"),)),))
    assert card_key(wider, variant) != card_key(Card(paper, ("RL",), ""), variant)


def test_what_other_cards_of_a_paper_have_is_not_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paper = Paper(id=7, title="Of robots", abstract="They walk.", url="https://a.example/once")
    render_card(Card(paper, ("robot",), ""), Variant("short", 2))
    monkeypatch.setattr(card_templates, "render_text", None)
    found = render_card(
        Card(paper, ("walk",), "", lambda: [Span("abstract", 5, 9)]), Variant("short", 2)
    )
    assert "Matches: walk" in decoded(b"".join(found.text))
    assert "walk</span>" in decoded(b"".join(found.html))
