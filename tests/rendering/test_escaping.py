"""Highlighted text is escaped wherever it is written as HTML: in mails and on pages, whether a
keyword hit the odd characters themselves or what stands beside them."""

from collections.abc import Callable

import pytest
from django.template.loader import render_to_string

from digest.matching.index import Span
from digest.models import Paper
from digest.rendering.card_pieces import Variant, render_card
from digest.rendering.paper_card import Card, pieces
from digest.rendering.sections import heading_pieces
from tests.rendering.test_card_pieces import decoded

HOSTILE = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
TEXT = f"robot {HOSTILE} robot"
ALL = (6, 6 + len(HOSTILE))  # the hit is what must be escaped
BESIDE = (0, 5)


def mail(title: str, abstract: str, because: str, hit: tuple[int, int]) -> str:
    paper = Paper(id=7, title=title, abstract=abstract)
    spans = [Span(field, *hit) for field in ("title", "abstract")]
    return decoded(
        b"".join(render_card(Card(paper, (because,), "", lambda: spans), Variant("full", 2)).html)
    )


def page(title: str, abstract: str, because: str, hit: tuple[int, int]) -> str:
    context = {
        "paper": Paper(id=7, title=title, abstract=abstract),
        "level": "h2",
        "title": pieces(title, [hit]),
        "abstract": pieces(abstract, [hit]),
        "keywords": [because],
    }
    return render_to_string("digest/card.html", context)


def row(title: str, abstract: str, because: str, hit: tuple[int, int]) -> str:
    """The pieces of the page that says why a paper came."""
    output = (title, abstract, because)
    return "".join(
        render_to_string("digest/pieces.html", {"pieces": pieces(text, [hit])}) for text in output
    )


@pytest.mark.parametrize("write", [mail, page, row])
@pytest.mark.parametrize("hit", [ALL, BESIDE])
@pytest.mark.parametrize("place", range(3), ids=["title", "abstract", "keyword"])
def test_no_markup_of_a_paper_or_keyword_is_markup(
    write: Callable[[str, str, str, tuple[int, int]], str], hit: tuple[int, int], place: int
) -> None:
    texts = ["robot", "robot", "robot"]
    texts[place] = TEXT
    html = write(*texts, hit)
    assert "<script" not in html
    assert ESCAPED in html.replace("&#x27;", "'")


def test_the_heading_of_a_section_is_escaped() -> None:
    opened = decoded(heading_pieces(TEXT, "2 < 3", "").html[0])
    assert "<script" not in opened
    assert ESCAPED in opened
    assert "2 &lt; 3" in opened
