"""A sign-up with a known address adds its keywords, and asks before it changes the schedule."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from digest.matching.query import MAX_KEYWORDS
from subscriptions import signup
from subscriptions.links import Purpose, confirmation_name
from subscriptions.models import Subscriber
from subscriptions.schedule import Schedule
from subscriptions.sign_up_request import SignUpRequest
from tests.support import factories

from .mail_pages import address, submit
from .pages import Page, filled_in

pytestmark = pytest.mark.django_db
EVENING = {"timezone": "Europe/Berlin", "send_at": time(18), "frequency": "weekly", "weekly_on": 3}
AS_NOW = "every Thursday at 18:00 in Berlin"


def known(**fields: Any) -> Subscriber:
    values = EVENING | {"abstracts": "none", "max_papers": 5} | fields
    return factories.subscriber("ada@example.org", "robot", "speech", **values)


def asks(*keywords: str, **asked: Any) -> str:
    """Sign up; the address of the page that confirms it."""
    wanted = SignUpRequest(keywords, **asked)
    person = signup.request("ada@example.org", wanted, at=timezone.now())
    return address(Purpose.CONFIRM, confirmation_name(person))


def confirm(client: Client, where: str, **chosen: str) -> Page:
    return submit(client, where, **filled_in(Page(client.get(where))), **chosen)[1]


def again() -> Subscriber:
    return Subscriber.objects.get()


@pytest.mark.parametrize("status", ["active", "paused", "bouncing"])
def test_keywords_are_merged_and_schedule_and_wishes_are_kept(client: Client, status: str) -> None:
    known(status=status)
    page = confirm(client, asks("map", "Robot", trending_top=10))
    person = again()
    assert person.active_keywords() == ["robot", "speech", "map"]
    assert person.schedule == Schedule(**EVENING)
    assert (person.abstracts, person.max_papers, person.trending_top) == ("none", 5, 10)
    assert "map" in page.text


def test_the_page_shows_both_schedules_and_keeps_unless_told(client: Client) -> None:
    known()
    where = asks("map", timezone="Asia/Tokyo", send_at=time(7))
    page = Page(client.get(where))
    assert f"Keep: {AS_NOW}" in page.text
    assert "Change to: every day at 07:00 in Tokyo" in page.text
    radios = [each for each in page.all("input") if each.get("type") == "radio"]
    assert [(each["value"], "checked" in each) for each in radios] == [
        ("keep", True),
        ("new", False),
    ]
    shown = page.field("shown")["value"]
    submit(client, where, shown=shown, schedule="new")
    assert again().schedule == Schedule("Asia/Tokyo", time(7), "daily", 0)
    assert (again().abstracts, again().max_papers) == ("none", 5)


@pytest.mark.parametrize("chosen", ["keep", "", "new\0", "<script>", "9" * 60_000, None])
def test_only_the_choice_itself_changes_the_schedule(client: Client, chosen: str | None) -> None:
    known()
    where = asks("map")
    sent = {"shown": Page(client.get(where)).field("shown")["value"]}
    submit(client, where, **sent, **({} if chosen is None else {"schedule": chosen}))
    assert again().active_keywords() == ["robot", "speech", "map"]
    assert again().schedule == Schedule(**EVENING)


def test_a_program_that_posts_nothing_keeps_the_schedule(client: Client) -> None:
    known()
    client.post(asks("map"))
    assert again().active_keywords() == ["robot", "speech", "map"]
    assert again().schedule == Schedule(**EVENING)


def test_the_same_schedule_is_not_asked_about(client: Client) -> None:
    known(frequency="daily")
    where = asks("map", **EVENING | {"frequency": "daily", "weekly_on": 0})
    page = Page(client.get(where))
    assert "When Every day at 18:00 in Berlin" in page.text
    assert not [each for each in page.all("input") if each.get("type") == "radio"]


@pytest.mark.parametrize("status", ["pending", "unsubscribed"])
def test_who_starts_anew_gets_what_the_form_says(client: Client, status: str) -> None:
    known(status=status, confirmed_at=None if status == "pending" else factories.MORNING)
    where = asks("map", timezone="Asia/Tokyo")
    page = Page(client.get(where))
    assert "When Every day at 07:00 in Tokyo" in page.text
    assert "Berlin" not in page.text
    confirm(client, where)
    assert again().schedule == Schedule("Asia/Tokyo", time(7), "daily", 0)


def test_a_schedule_changed_meanwhile_is_shown_again(client: Client) -> None:
    person = known()
    where = asks("map")
    shown = Page(client.get(where)).field("shown")["value"]
    Subscriber.objects.filter(pk=person.pk).update(send_at=time(19))
    response = client.post(where, {"shown": shown, "schedule": "new"})
    assert response.status_code == 409
    assert "every Thursday at 19:00 in Berlin" in Page(response).text
    assert again().active_keywords() == ["robot", "speech"]


def test_another_schedule_moves_the_next_digest(client: Client) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        known(next_due_at=noon + timedelta(days=6))
        where = asks("map", send_at=time(9))
        shown = Page(client.get(where)).field("shown")["value"]
        page = submit(client, where, shown=shown, schedule="new")[1]
    assert again().next_due_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert "Confirmed." in page.text


def test_a_full_list_takes_what_fits_and_the_page_says_so(client: Client) -> None:
    person = known()
    for number in range(MAX_KEYWORDS - 3):
        person.subscriptions.create(text=f"word{number}")
    where = asks("map", "ROBOT", "chart", "atlas")
    page = Page(client.get(where))
    assert "these can’t be added: chart , atlas ." in page.text
    confirm(client, where)
    keywords = person.active_keywords()
    assert len(keywords) == MAX_KEYWORDS
    assert keywords[-1] == "map"
    assert {"chart", "atlas", "ROBOT"} & set(keywords) == set()


def test_another_schedule_keeps_the_date_that_a_pause_lasts_until(client: Client) -> None:
    berlin = datetime(2031, 12, 23, 23, tzinfo=UTC)
    known(status="paused", paused_until=berlin)
    where = asks("map", timezone="America/New_York")
    shown = Page(client.get(where)).field("shown")["value"]
    submit(client, where, shown=shown, schedule="new")
    assert again().paused_until == berlin + timedelta(hours=6)
    assert again().status == "paused"
