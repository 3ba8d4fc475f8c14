"""The preferences page: wishes, keywords and pauses."""

import pytest
from django.test import Client

from subscriptions.links import Purpose
from subscriptions.models import Subscriber, Subscription
from tests import make

from .pages import Page
from .pressing import address, pressed

pytestmark = pytest.mark.django_db


def wishes(**changed: str) -> dict[str, str]:
    return {"abstracts": "short", "max_papers": "20", "trending_top": "0", "quiet_after": "7",
            "follow_ups": "on"} | changed  # fmt: skip


def test_what_the_mails_hold_is_saved_and_said(client: Client, person: Subscriber) -> None:
    where = address(Purpose.PREFERENCES, person.pk)
    sent = wishes(abstracts="none", max_papers="100", quiet_after="0", text_only="on")
    del sent["follow_ups"]
    page = pressed(client, where, **sent)[1]
    assert ("Saved. Abstracts: left out · Papers in a mail, at most: 100 · Say that nothing "
            "matched: never · Tell what became of papers that were sent: no · Plain text only, "
            "no HTML: yes") in page.text  # fmt: skip
    person.refresh_from_db()
    assert (person.abstracts, person.max_papers, person.body_format) == ("none", 100, "text")
    assert (person.quiet_after, person.follow_ups) == (0, False)
    assert "nothing was changed" in pressed(client, where, **sent)[1].text


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_papers", "0"), ("max_papers", "101"), ("max_papers", "x"), ("trending_top", "21"),
     ("trending_top", "-1"), ("abstracts", "loud"), ("quiet_after", "5"), ("quiet_after", "x")],
)  # fmt: skip
def test_an_impossible_wish_has_its_error_beside_the_field(
    client: Client, person: Subscriber, field: str, value: str
) -> None:
    before = Subscriber.objects.values().get()
    page = pressed(client, address(Purpose.PREFERENCES, person.pk), **wishes(**{field: value}))[1]
    assert "Nothing was saved yet" in page.text
    assert page.field(field)["aria-invalid"] == "true"
    assert Subscriber.objects.values().get() == before


def test_somebody_without_keywords_keeps_the_trending_papers(client: Client) -> None:
    person = make.subscriber(trending_top=3)
    page = pressed(client, address(Purpose.PREFERENCES, person.pk), **wishes())[1]
    assert "1 is the least here" in page.text
    person.refresh_from_db()
    assert person.trending_top == 3


def test_keywords_are_dropped_on_the_preferences_page(
    client: Client, person: Subscriber, first: Subscription
) -> None:
    where = address(Purpose.PREFERENCES, person.pk, f"{first.pk}/")
    page = pressed(client, where, do="drop")[1]
    assert "“diffusion model” is off from the next mail on" in page.text
    assert person.active_keywords() == ["speech"]
    last = person.subscriptions.get(text="speech").pk
    page = pressed(client, address(Purpose.PREFERENCES, person.pk, f"{last}/"), do="drop")[1]
    assert "That keyword stays" in page.text
    assert "is in your list" in pressed(client, where, do="keep")[1].text
    assert person.active_keywords() == ["diffusion model", "speech"]


def test_nobody_drops_the_keyword_of_somebody_else(client: Client, person: Subscriber) -> None:
    other = make.subscriber("eve@example.org", "robot")
    row = other.subscriptions.create(text="secret wish").pk
    where = address(Purpose.PREFERENCES, person.pk)
    assert "secret" not in pressed(client, f"{where}{row}/", do="drop")[1].text
    assert "secret" not in Page(client.get(f"{where}?keyword={row}")).text
    assert other.active_keywords() == ["robot", "secret wish"]


@pytest.mark.parametrize("query", ["keyword=x", "keyword=-1", f"keyword={10**30}", "keyword=²",
                                   "saved=email,x,,", "said=<b>", "saved=%00"])  # fmt: skip
def test_an_invented_message_says_nothing(client: Client, person: Subscriber, query: str) -> None:
    page = Page(client.get(f"{address(Purpose.PREFERENCES, person.pk)}?{query}"))
    assert not [each for _, each in page.tags if each.get("role") in ("status", "alert")]


def test_a_pause_from_the_preferences(client: Client, person: Subscriber) -> None:
    where = address(Purpose.PREFERENCES, person.pk, "pause/")
    assert "paused until" in pressed(client, where, do="pause")[1].text
    assert "Next digest" in pressed(client, where, do="resume")[1].text


@pytest.mark.parametrize("status", ["pending", "unsubscribed", "bouncing"])
def test_a_pause_of_nothing_from_the_preferences(client: Client, status: str) -> None:
    person = make.subscriber(status=status)
    for do in ("pause", "resume"):
        page = pressed(client, address(Purpose.PREFERENCES, person.pk, "pause/"), do=do)[1]
        assert "No digests are sent" in page.text
    person.refresh_from_db()
    assert person.status == status
