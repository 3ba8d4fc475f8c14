"""Keywords that would have matched a paper."""

from typing import Any

import pytest

from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.models import Paper
from digest.paper_texts import paper_text
from digest.selection.catching_keywords import CatchingKeyword, catching_keywords
from tests.support import factories

pytestmark = pytest.mark.django_db
DAY = factories.MORNING.date()


def caught(paper: Paper, *own: str) -> list[CatchingKeyword]:
    return catching_keywords(paper, list(map(parse, own)), DAY)


def others(count: int, title: str = "Knitting") -> None:
    for number in range(count):
        factories.paper(f"{title} {number}")


def test_a_wider_form_of_one_s_own_keyword_comes_first() -> None:
    others(12)
    paper = factories.paper("Learning in federated clinics", abstract="We ask clinics.")
    first, *rest = caught(paper, "federated learning", "robot arm", "-survey of clinics")
    assert first == CatchingKeyword("federated AND learning", "federated learning", 1)
    assert "federated clinics" in [each.text for each in rest]
    assert [each.widens for each in rest] == ["", ""]  # no wider form of what does not match


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Unlearning in federated clinics", "keywords": ["machine unlearning", "privacy"]},
        {"title": "A", "keywords": ["-survey", "OR OR", "(", "", "x" * 200, "title:x", "*"]},
        {"title": "<script>alert(1)</script> \u202e 😀 NOT AND"},
        {"title": "深層学習によるロボットの把持"},
    ],
)
def test_each_matches_the_paper_and_can_be_added(fields: dict[str, Any]) -> None:
    others(12)
    paper = factories.paper(**fields)
    alone = PaperIndex([paper_text(paper)])
    found = caught(paper, "robot")
    assert len(found) <= 3
    for each in found:
        keyword = parse(each.text)
        assert alone.evaluate(keyword)
        assert not keyword.excludes
        assert not keyword.notes


def test_what_most_papers_have_is_not_offered() -> None:
    others(12, "Knitting machines")
    paper = factories.paper("Knitting machines for alpacas")
    assert [each.text for each in caught(paper)] == ["alpacas"]


def test_what_is_in_the_list_is_not_offered_again() -> None:
    others(12)
    paper = factories.paper("Alpacas")
    assert [(each.text, each.papers) for each in caught(paper)] == [("alpacas", 1)]
    assert caught(paper, "Alpacas") == []
