"""Operators see what was learnt from the papers, and decide."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from digest.expansions.acronyms import acronyms_of
from digest.models import AcronymDefinition, ShortForm
from digest.operators import mass_actions

from .pages import Page

pytestmark = pytest.mark.django_db
LIST = reverse("admin:digest_acronymdefinition_changelist")
ADD = reverse("admin:digest_acronymdefinition_add")


@pytest.fixture
def learning() -> AcronymDefinition:
    ShortForm.objects.create(short="rl", papers_capitals=5, papers_any=5)
    return AcronymDefinition.objects.create(
        short="RL", key="rl", long="reinforcement learning", papers=5
    )


def act(operator: Client, action: str, *rows: AcronymDefinition) -> str:
    """Choose an action and confirm it; return the text of the page that follows."""
    ids = [row.pk for row in rows]
    posted: dict[str, Any] = {"action": action, "_selected_action": ids, "index": "0"}
    assert "all spellings" in Page(operator.post(LIST, posted)).text
    posted[mass_actions.CONFIRMED] = mass_actions.fingerprint_of(ids)
    return Page(operator.post(LIST, posted, follow=True)).text


def test_the_list_says_what_the_rule_says(
    operator: Client, learning: AcronymDefinition, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        AcronymDefinition.objects.create(
            short=f"X{number}A", key=f"x{number}a", long="some words", papers=1
        )
    with django_assert_max_num_queries(12):
        text = Page(operator.get(LIST)).text
    assert "RL reinforcement learning 5 100% on 100% of the definitions are this one" in text
    assert "X1A some words 1 100% no Fewer than 3 papers define it." in text
    assert "some words" not in Page(operator.get(LIST, {"q": "reinforce"})).text
    address = reverse("admin:digest_acronymdefinition_change", args=[learning.pk])
    assert "100% of the definitions are this one" in Page(operator.get(address)).text


def test_refuse_accept_and_back_to_the_rule(operator: Client, learning: AcronymDefinition) -> None:
    for action, decision, found in (
        ("refuse", "refused", 0),
        ("accept", "accepted", 1),
        ("back_to_the_rule", "", 1),
    ):
        assert "1 acronym changed" in act(operator, action, learning)
        learning.refresh_from_db()
        assert learning.decision == decision
        assert len(acronyms_of(["rl"])) == found
    messages = [entry.change_message for entry in LogEntry.objects.filter(object_id=learning.pk)]
    assert sorted(messages) == [
        "Decision: accepted.",
        "Decision: by the rule.",
        "Decision: refused.",
    ]


def test_a_page_of_a_pair_changes_nothing(operator: Client, learning: AcronymDefinition) -> None:
    address = reverse("admin:digest_acronymdefinition_change", args=[learning.pk])
    operator.post(address, {"short": "XX", "long": "robots", "decision": "added", "papers": "9"})
    before = (learning.short, learning.long, learning.papers, learning.decision)
    learning.refresh_from_db()
    assert (learning.short, learning.long, learning.papers, learning.decision) == before


def test_add_one_by_hand(operator: Client) -> None:
    operator.post(ADD, {"short": "XYs", "long": "Extra  Yellow-Robots"})
    row = AcronymDefinition.objects.get()
    assert (row.short, row.key, row.long, row.papers, row.decision) == (
        "XY", "xy", "extra yellow robot", 0, "added",
    )  # fmt: skip
    assert len(acronyms_of(["extra yellow robot"])) == 1
    act(operator, "back_to_the_rule", row)
    assert not AcronymDefinition.objects.exists()


@pytest.mark.parametrize(
    ("short", "long", "message"),
    [
        ("led", "light emitting diode", "with two capitals"),
        ("A-B", "alpha beta", "with two capitals"),
        ("", "alpha beta", "required"),
        ("AB", "---", "words that the short form stands for"),
        ("RL", "Reinforcement learning", "in the list already"),
    ],
)
def test_what_cannot_be_added(
    operator: Client, learning: AcronymDefinition, short: str, long: str, message: str
) -> None:
    assert message in Page(operator.post(ADD, {"short": short, "long": long})).text
    assert AcronymDefinition.objects.get() == learning
