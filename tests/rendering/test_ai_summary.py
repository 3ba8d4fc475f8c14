"""A model's summary of a paper: labelled where it is shown, matched and ranked nowhere."""

from binascii import a2b_qp
from typing import Any

from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.models import Paper
from digest.paper_texts import paper_text
from digest.rendering.card_pieces import Variant, render_card
from digest.rendering.paper_card import card

SUMMARY = "Zeppelins steer rivers & tides, p <3."


def paper(**fields: Any) -> Paper:
    return Paper(**({"id": 7, "title": "A robot", "abstract": "It walks.", "seq": 1} | fields))


def shown(about: Paper, abstracts: str = "short") -> tuple[str, str]:
    """The card's HTML and text."""
    made = card(PaperIndex([paper_text(about)]), about, [parse("robot")], "why")
    html, text = (
        a2b_qp(b"".join(part)).decode() for part in render_card(made, Variant(abstracts, 2))
    )
    return html, " ".join(text.split())


def test_it_is_shown_with_its_label_in_both_parts() -> None:
    html, text = shown(paper(ai_summary=SUMMARY))
    assert "AI summary: Zeppelins steer rivers &amp; tides, p &lt;3.</p>" in html
    assert f"AI summary: {SUMMARY} Matches: robot" in text


def test_nothing_is_said_without_one_nor_to_those_who_want_titles_only() -> None:
    for part in (*shown(paper()), *shown(paper(ai_summary=SUMMARY), "none")):
        assert "AI summary" not in part


def test_no_keyword_matches_it() -> None:
    index = PaperIndex([paper_text(paper(ai_summary=SUMMARY))])
    assert list(index.ids(index.evaluate(parse("robot")))) == [7]
    for keyword in ("zeppelins", "rivers", '"steer rivers"', "abstract:zeppelins", "zepp*"):
        assert not list(index.ids(index.evaluate(parse(keyword)))), keyword
        assert not list(index.hit_spans(parse(keyword), 7)), keyword


def test_it_changes_no_rank() -> None:
    with_one, without = paper_text(paper(ai_summary=SUMMARY)), paper_text(paper())
    assert with_one == without
