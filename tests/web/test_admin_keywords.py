"""The admin page of one keyword: no subscriber is left without papers."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from digest.operators.mass_actions import fingerprint_of
from subscriptions.models import Subscription
from tests.support import factories

from .pages import Page, filled_in

pytestmark = pytest.mark.django_db
LIST = reverse("admin:subscriptions_subscription_changelist")
REFUSED = "leave ada@example.org without any papers"


def keyword(text: str) -> Subscription:
    return Subscription.objects.get(text=text, subscriber__email="ada@example.org")


def page_of(row: Subscription, what: str = "change") -> str:
    return reverse(f"admin:subscriptions_subscription_{what}", args=[row.pk])


def switch_off(operator: Client, row: Subscription) -> Page:
    posted = filled_in(Page(operator.get(page_of(row))))
    del posted["active"]
    return Page(operator.post(page_of(row), posted, follow=True))


def rename(operator: Client, row: Subscription, text: str) -> Page:
    posted = filled_in(Page(operator.get(page_of(row))), text=text)
    return Page(operator.post(page_of(row), posted, follow=True))


def delete(operator: Client, row: Subscription) -> Page:
    return Page(operator.post(page_of(row, "delete"), {"post": "yes"}, follow=True))


def delete_several(operator: Client, *rows: Subscription) -> Page:
    ids = sorted(row.pk for row in rows)
    posted = {"action": "delete_selected", "_selected_action": ids}
    return Page(operator.post(LIST, {**posted, "confirmed": fingerprint_of(ids)}, follow=True))


def doings(operator: Client, row: Subscription) -> list[Any]:
    return [
        lambda: switch_off(operator, row),
        lambda: rename(operator, row, "-robot"),
        lambda: delete(operator, row),
        lambda: delete_several(operator, row),
    ]


@pytest.mark.parametrize("others", [(), ("-survey",)])
def test_the_last_keyword_that_looks_for_something_stays(
    operator: Client, others: tuple[str, ...]
) -> None:
    person = factories.subscriber("ada@example.org", "robot", *others)
    factories.subscriber("bob@example.org", "robot", trending_top=3)
    for do in doings(operator, keyword("robot")):
        assert REFUSED in do().text
        assert person.active_keywords() == ["robot", *others]


@pytest.mark.parametrize(("others", "top"), [(("vision",), 0), ((), 5), (("-survey",), 5)])
@pytest.mark.parametrize("doing", range(4))
def test_it_goes_where_another_or_trending_papers_stay(
    operator: Client, others: tuple[str, ...], top: int, doing: int
) -> None:
    person = factories.subscriber("ada@example.org", "robot", *others, trending_top=top)
    page = doings(operator, keyword("robot"))[doing]()
    assert REFUSED not in page.text
    assert "robot" not in person.active_keywords()


def test_keywords_are_judged_together_and_exclusions_go(operator: Client) -> None:
    person = factories.subscriber("ada@example.org", "robot", "vision", "-survey")
    assert REFUSED in delete_several(operator, *map(keyword, ("robot", "vision"))).text
    delete_several(operator, *map(keyword, ("robot", "-survey")))
    assert person.active_keywords() == ["vision"]
    assert "vision" in rename(operator, keyword("vision"), "machine vision").text
    assert person.active_keywords() == ["machine vision"]


def test_what_changes_nothing_is_saved(operator: Client) -> None:
    """Also of a list that asks for nothing, and of a keyword that is off."""
    person = factories.subscriber("ada@example.org", "-survey", "robot")
    Subscription.objects.filter(text="robot").update(active=False)
    assert "was changed successfully" in rename(operator, keyword("-survey"), "-surveys").text
    delete(operator, keyword("robot"))
    assert list(person.subscriptions.values_list("text", flat=True)) == ["-surveys"]


def test_one_that_cannot_be_deleted_leads_back_to_its_page(operator: Client) -> None:
    factories.subscriber("ada@example.org", "robot")
    address = page_of(keyword("robot"), "delete")
    for answer in (operator.get(address), operator.post(address, {"post": "yes"})):
        assert answer["Location"] == page_of(keyword("robot"))


def test_a_full_list_takes_no_other(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscriptions.admin.keywords.MAX_KEYWORDS", 1)
    factories.subscriber("ada@example.org", "robot", "vision")
    Subscription.objects.filter(text="vision").update(active=False)
    row = keyword("vision")
    posted = filled_in(Page(operator.get(page_of(row)))) | {"active": "on"}
    assert "already has 1 keywords" in Page(operator.post(page_of(row), posted)).text
    assert "was changed" in rename(operator, keyword("robot"), "robots").text


def test_reading_a_list_s_rest_takes_as_many_queries_for_many_people(
    operator: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        factories.subscriber(f"p{number}@example.org", "robot", "vision")
    rows = list(Subscription.objects.filter(text="robot"))
    with django_assert_max_num_queries(40):
        assert "6 of 6 deleted" in delete_several(operator, *rows).text
