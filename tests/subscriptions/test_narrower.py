"""Narrower forms of a keyword hit some of its papers, never others."""

import pytest

from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse
from digest.matching.work_budget import TooBroad
from subscriptions.keyword_report import narrower
from subscriptions.keyword_report.narrower import Narrower, narrower_forms

TITLES = ["RL for early world models", "RL for robots", "RL with robots and maps", "An early world",
          "Robots alone", "Maps"]  # fmt: skip


@pytest.fixture
def related(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes with the keyword; a test may change it."""
    found = ["early world", "robots", "rl for", "alone", "models OR", "rl"]
    monkeypatch.setattr(narrower, "related_keywords", lambda *_, **__: found)
    return found


def forms(text: str) -> list[Narrower]:
    index = PaperIndex(
        [PaperText(number, number, title, "") for number, title in enumerate(TITLES, 1)]
    )
    found = narrower_forms(parse(text), index, index.everything())
    assert found is not None
    return list(found.forms)


@pytest.mark.usefixtures("related")
def test_some_of_the_papers_the_broadest_first() -> None:
    assert forms("RL") == [
        Narrower("RL AND robots", 2),
        Narrower("rl for", 2),
        Narrower("RL AND early world", 1),
    ]


def test_an_or_is_put_into_parentheses(related: list[str]) -> None:
    related[:] = ["robots"]
    assert forms("RL OR maps") == [Narrower("(RL OR maps) AND robots", 2)]


def test_what_hits_other_papers_is_not_narrower(related: list[str]) -> None:
    related[:] = ["robots or maps"]
    assert forms("robots") == []
    related[:] = ["robots OR maps"]
    assert forms("robots") == []


def test_too_much_work_offers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> list[str]:
        raise TooBroad

    monkeypatch.setattr(narrower, "related_keywords", refuse)
    index = PaperIndex([PaperText(1, 1, "RL", "")])
    assert narrower_forms(parse("RL"), index, index.everything()) is None
