"""Unsubscribing, undoing it, and signing up again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from subscriptions import signup
from subscriptions.links import Purpose, confirmation_name
from subscriptions.models import Subscriber, Subscription
from tests.support import factories

from .mail_pages import address, confirmed, submit
from .pages import Page

pytestmark = pytest.mark.django_db

Queries = Callable[[int], Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def left_and_back(client: Client, person: Subscriber) -> Page:
    """The page after *unsubscribe* and *undo*."""
    page = submit(client, address(Purpose.UNSUBSCRIBE, person.pk))[1]
    return submit(client, page.all("form")[0]["action"])[1]


def ask_anew(person: Subscriber, *keywords: str, **asked: Any) -> str:
    """Sign the person up again; the address of the page that confirms it."""
    wanted = signup.SignUpRequest(keywords=keywords, **asked)
    anew = signup.request(person.email, wanted, at=timezone.now())
    return address(Purpose.CONFIRM, confirmation_name(anew))


@time_machine.travel(NOON, tick=False)
def test_who_left_during_a_pause_comes_back_to_the_pause(client: Client) -> None:
    # In Auckland the day of the end is the day after.
    person = factories.subscriber(
        timezone="Pacific/Auckland", status="paused", paused_until=NOON + timedelta(days=7)
    )
    page = left_and_back(client, person)
    assert "Your digests are paused until Saturday, 28 November" in page.text
    assert "Your digests are on" not in page.source
    assert "you won’t miss any papers" in page.text


def test_who_left_and_came_back_has_digests_on(client: Client, person: Subscriber) -> None:
    page = left_and_back(client, person)
    assert "Your digests are on" in page.text
    assert "paused" not in page.text


def test_undoing_brings_no_promise_that_is_not_kept(client: Client) -> None:
    person = factories.subscriber(status="bouncing")
    page = Page(client.get(address(Purpose.UNDO, person.pk)))
    assert "Your digests are on" not in page.source
    assert "bouncing" in page.text


def test_leaving_says_that_the_way_back_is_on_this_page(client: Client, person: Subscriber) -> None:
    where = address(Purpose.UNSUBSCRIBE, person.pk)
    page = submit(client, where)[1]
    assert "Undo it here within 24 hours" in page.text
    assert "The link in the e-mail only unsubscribes" in page.text
    for again in (Page(client.get(where)), submit(client, where)[1]):
        assert not again.all("button")
        assert "Sign up with the same address" in again.text
        assert "/" in again.links()


def test_an_undo_that_came_too_late_leads_to_the_sign_up(client: Client) -> None:
    with time_machine.travel(NOON - timedelta(days=1, seconds=5), tick=False):
        late = address(Purpose.UNDO, factories.subscriber(status="unsubscribed").pk)
    with time_machine.travel(NOON, tick=False):
        page = Page(client.get(late))
    assert "sign up again" in page.text
    assert not page.all("form")


def test_confirming_shows_the_earlier_keywords_apart(client: Client) -> None:
    person = factories.subscriber(
        "ada@example.org", "robot", "speech", "map", status="unsubscribed"
    )
    person.subscriptions.filter(text="map").update(active=False)
    where = ask_anew(person, "diffusion", "robot")
    page = Page(client.get(where))
    assert "Your earlier keywords speech When" in page.text
    assert page.text.count("robot") == 2  # the keyword and its meaning
    assert "map" not in page.text
    page = confirmed(client, where)[1]
    for text in ("diffusion", "robot", "speech"):
        assert text in page.text
    assert person.active_keywords() == ["robot", "speech", "diffusion"]


def test_asking_for_trending_papers_keeps_the_earlier_keywords(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "robot", "speech", status="unsubscribed")
    page = Page(client.get(ask_anew(person, trending_top=10)))
    assert "Your earlier keywords robot , speech Trending papers The 10 most popular" in page.text
    person.subscriptions.all().delete()
    page = Page(client.get(address(Purpose.CONFIRM, person.pk)))
    assert "Trending papers" in page.text
    assert "Your earlier keywords" not in page.text


def test_trending_papers_from_before_are_shown_and_keep_their_number(client: Client) -> None:
    person = factories.subscriber("ada@example.org", trending_top=5, status="unsubscribed")
    where = ask_anew(person, "robot")
    assert "Trending papers The 5 most popular papers of the day" in Page(client.get(where)).text
    page = confirmed(client, where)[1]
    assert "The 5 most popular papers of the day" in page.text
    where = ask_anew(person, trending_top=10, frequency="weekly")
    assert "The 5 most popular papers of the day" in Page(client.get(where)).text
    shown = Page(client.get(where)).field("shown")["value"]
    page = submit(client, where, schedule="new", shown=shown)[1]
    assert "The 5 most popular papers of the week" in page.text


@time_machine.travel(NOON, tick=False)
def test_confirming_during_a_pause_does_not_promise_to_begin(client: Client) -> None:
    person = factories.subscriber(status="paused", paused_until=NOON + timedelta(days=7))
    where = address(Purpose.CONFIRM, person.pk)
    for page in (Page(client.get(where)), Page(client.get(ask_anew(person, "robot")))):
        assert "paused until Friday, 27 November" in page.text
        assert "it begins" not in page.text
        assert "Start" not in page.text
    assert "paused until Friday, 27 November" in confirmed(client, where)[1].text


def test_earlier_keywords_cost_one_query(
    client: Client, django_assert_num_queries: Queries
) -> None:
    person = factories.subscriber("ada@example.org", status="unsubscribed")
    where = ask_anew(person, "diffusion")
    client.get(where)  # the index is read once
    for _ in range(2):
        with django_assert_num_queries(3):
            client.get(where)
        words = [f"word{number}" for number in range(50)]
        person.subscriptions.bulk_create(
            [Subscription(subscriber=person, text=word) for word in words], ignore_conflicts=True
        )


def test_the_form_of_the_page_is_redirected_and_a_mailbox_provider_is_not(
    client: Client, person: Subscriber
) -> None:
    where = address(Purpose.UNSUBSCRIBE, person.pk)
    action = Page(client.get(f"{where}?in=a%26b")).all("form")[0]["action"]
    assert action == "?in=a%26b&page=1"
    response = client.post(where + action)
    assert (response.status_code, response["Location"][:6]) == (302, "/undo/")
    assert "Undo it here within 24 hours" in Page(client.get(response["Location"])).text
    again = client.post(where + action, follow=True)
    assert again.redirect_chain == [(where, 302)]
    assert "already unsubscribed" in Page(again).text
    assert client.post(where).status_code == 200
