"""The preferences page: delivery settings, keywords and pauses."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from tests.support import factories

from .mail_pages import address, submit
from .pages import Page, filled_in

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def wishes(**changed: str) -> dict[str, str]:
    return {"abstracts": "short", "max_papers": "20", "trending_top": "0", "quiet_after": "7",
            "follow_ups": "on", "timezone": "UTC", "send_at": "07:00", "frequency": "daily",
            "weekly_on": "0"} | changed  # fmt: skip


def test_what_the_mails_hold_is_saved_and_said(client: Client, person: Subscriber) -> None:
    where = address(Purpose.PREFERENCES, person.pk)
    sent = wishes(abstracts="none", max_papers="100", quiet_after="0", text_only="on")
    del sent["follow_ups"]
    page = submit(client, where, **sent)[1]
    assert ("Saved. Length: Titles only · Papers per e-mail: 100 · Tell me when nothing "
            "matches: Never · Send follow-ups on papers I was sent: no · Plain text only, no HTML: "
            "yes") in page.text  # fmt: skip
    person.refresh_from_db()
    assert (person.abstracts, person.max_papers, person.body_format) == ("none", 100, "text")
    assert (person.quiet_after, person.follow_ups) == (0, False)
    assert "No changes to save." in submit(client, where, **sent)[1].text


@pytest.mark.parametrize(
    ("field", "values", "sentence"),
    [("max_papers", ("0", "101", "x", "", "9" * 5000), "Enter a number from 1 to 100."),
     ("trending_top", ("21", "-1", "2.5", ""), "Enter a number from 0 to 20."),
     ("abstracts", ("loud", ""), "Choose one of the four."),
     ("quiet_after", ("5", "x", ""), "Choose one of the four."),
     ("timezone", ("",), "Enter a city, like Berlin."),
     ("timezone", ("Mars/Phobos",), "There is no city or time zone of that name."),
     ("send_at", ("", "25:00", "noon"), "Enter a time like 07:00."),
     ("frequency", ("", "hourly"), "Choose one of the three."),
     ("weekly_on", ("", "7"), "Choose a day of the week.")],
)  # fmt: skip
def test_an_impossible_wish_has_its_error_beside_the_field(
    client: Client, person: Subscriber, field: str, values: tuple[str, ...], sentence: str
) -> None:
    for value in values:
        check_refused(client, person, field, value, sentence)


def check_refused(
    client: Client, person: Subscriber, field: str, value: str, sentence: str
) -> None:
    before = Subscriber.objects.values().get()
    page = submit(client, address(Purpose.PREFERENCES, person.pk), **wishes(**{field: value}))[1]
    assert "Please fix the highlighted field" in page.text
    assert page.field(field)["aria-invalid"] == "true"
    assert page.text.count(sentence) == page.source.count('class="errorlist"') == 1
    assert Subscriber.objects.values().get() == before


@time_machine.travel(NOON, tick=False)
def test_the_hour_and_the_place_are_changed_and_the_next_digest_moves(client: Client) -> None:
    tomorrow = NOON.replace(day=21, hour=7)
    person = factories.subscriber("ada@example.org", "robot", next_due_at=tomorrow)
    where = address(Purpose.PREFERENCES, person.pk)
    shown = Page(client.get(where))
    assert shown.field("send_at") | {"type": "time", "value": "07:00"} == shown.field("send_at")
    assert shown.field("timezone")["value"] == "UTC"
    page = submit(client, where, **wishes(send_at="18:30", timezone="berlin"))[1]
    assert "Saved. Time zone: Berlin · Delivery time: 18:30" in page.text
    assert "Friday, 20 November, 18:30 in Berlin" in page.text
    sent = wishes(send_at="18:30", timezone="berlin", frequency="weekly", weekly_on="2")
    page = submit(client, where, **sent)[1]
    assert "How often: Once a week · Day: Wednesday" in page.text
    assert "Wednesday, 25 November, 18:30 in Berlin" in page.text


def test_what_the_page_shows_can_be_sent_back_and_changes_nothing(
    client: Client, person: Subscriber
) -> None:
    where = address(Purpose.PREFERENCES, person.pk)
    before = Subscriber.objects.values().get()
    page = submit(client, where, **filled_in(Page(client.get(where))))[1]
    assert "No changes to save." in page.text
    assert Subscriber.objects.values().get() == before


def test_a_subscriber_without_keywords_keeps_the_trending_papers(client: Client) -> None:
    person = factories.subscriber(trending_top=3)
    page = submit(client, address(Purpose.PREFERENCES, person.pk), **wishes())[1]
    assert "so this can’t be 0" in page.text
    person.refresh_from_db()
    assert person.trending_top == 3


def test_trending_papers_are_dropped_and_put_back_like_a_keyword(
    client: Client, person: Subscriber
) -> None:
    Subscriber.objects.update(trending_top=4)
    where = address(Purpose.PREFERENCES, person.pk, "trending/")
    assert client.get(where).status_code == 302
    page = submit(client, where, do="drop")[1]
    assert "Trending papers removed." in page.text
    assert Subscriber.objects.get().trending_top == 0
    for _ in range(2):
        undone = submit(
            client,
            address(Purpose.PREFERENCES, person.pk, "undo/"),
            change=page.field("change")["value"],
        )[1]
        assert "Undone." in undone.text
        assert Subscriber.objects.get().trending_top == 4
    submit(client, where, do="drop")
    for _ in range(2):
        page = submit(client, where, do="add")[1]
        assert "You’ll get trending papers from the next e-mail." in page.text
        assert Subscriber.objects.get().trending_top == 10


def test_the_trending_papers_of_who_has_no_keyword_stay(client: Client) -> None:
    person = factories.subscriber(trending_top=3)
    where = address(Purpose.PREFERENCES, person.pk, "trending/")
    assert "Trending papers were not removed." in submit(client, where, do="drop")[1].text
    assert Subscriber.objects.get().trending_top == 3
