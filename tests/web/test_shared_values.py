"""Values that all visitors share: made once, and again when papers or dumps change."""

from collections.abc import Callable

import pytest
from django.test import Client

from digest.models import Catalogue, Dump
from digest.web.shared_values import shared_value
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db


def one_more_change() -> None:
    Catalogue.objects.update_or_create(pk=1, defaults={"change": Catalogue.current().change + 1})


def one_more_dump() -> None:
    Dump.objects.create(sha256="a" * 64, name="a.txt", size=1, received_at=factories.MORNING)


@pytest.fixture(autouse=True)
def catalogue() -> None:
    Catalogue.objects.get_or_create(pk=1)


@pytest.mark.parametrize("event", [one_more_change, one_more_dump])
def test_it_is_made_once_until_something_changes(event: Callable[[], None]) -> None:
    made = iter("abc")
    assert [shared_value("x", lambda: next(made)) for _ in range(3)] == ["a", "a", "a"]
    event()
    assert shared_value("x", lambda: next(made)) == "b"
    assert shared_value("another name", lambda: next(made)) == "c"


def test_the_first_page_shows_a_new_paper_at_once(client: Client) -> None:
    factories.paper("Robots of yesterday")
    assert "Robots of yesterday" in Page(client.get("/")).text
    factories.paper("Robots of today")
    one_more_change()
    assert "Robots of today" in Page(client.get("/")).text


def test_another_page_is_not_the_first_one(client: Client) -> None:
    for number in range(31):
        factories.paper(f"Robot {number}.")
    first, second = (Page(client.get("/", {"page": each})).text for each in ("", "2"))
    assert "Robot 30." in first
    assert "Robot 30." not in second
    assert "Robot 0." in second
