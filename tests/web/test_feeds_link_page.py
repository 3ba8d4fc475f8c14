"""The page of the preferences where the link to the private feed is made, replaced and revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from digest.personal_data.erase import erase
from digest.personal_data.export import export
from subscriptions.account import feed_links
from subscriptions.links import Purpose, token
from subscriptions.models import FeedLink, Subscriber
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db

# What a form posts that was shown before the link was made, or that no page has.
STALE = (
    ("make", 0), ("off", 0), ("off", 2), ("x", 1), ("off", "1x"), ("off", "9" * 40), ("off", "١"),
    ("make", "-1"), ("make", ""),
)  # fmt: skip


@pytest.fixture
def reader() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot")


def page_of(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/feed/"


def shown(client: Client, person: Subscriber) -> str:
    """The link that the page shows, "" for none."""
    links = Page(client.get(page_of(person))).links()
    found = [each for each in links if each.startswith("http://localhost:8000/feed/")]
    return found[0] if found else ""


def post(client: Client, person: Subscriber, action: str, serial: object = None) -> Page:
    address = page_of(person)
    if serial is None:
        serial = Page(client.get(address)).field("serial")["value"]
    return Page(client.post(address, {"do": action, "serial": serial}, follow=True))


def test_looking_makes_no_link(client: Client, reader: Subscriber) -> None:
    page = Page(client.get(page_of(reader)))
    assert "Make a feed link" in page.text
    assert not shown(client, reader)
    assert not FeedLink.objects.exists()


def test_it_is_made_replaced_and_turned_off(client: Client, reader: Subscriber) -> None:
    assert "Your new link is below." in post(client, reader, "make").text
    first = shown(client, reader)
    assert client.get(first).status_code == 200
    made_on = f"It was made on {timezone.now():%-d %B %Y}"
    assert made_on in Page(client.get(page_of(reader))).text
    assert shown(client, reader) == first
    assert "Your new link is below." in post(client, reader, "make").text
    second = shown(client, reader)
    assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
    assert "The feed is off" in post(client, reader, "off").text
    assert not shown(client, reader)
    assert client.get(second).status_code == 410
    post(client, reader, "make")
    assert client.get(shown(client, reader)).status_code == 200
    assert (client.get(first).status_code, client.get(second).status_code) == (410, 410)


def test_what_was_decided_on_an_old_page_changes_nothing(
    client: Client, reader: Subscriber
) -> None:
    post(client, reader, "make")
    link = shown(client, reader)
    for action, serial in STALE:
        assert "Nothing was changed" in post(client, reader, action, serial).text
    assert shown(client, reader) == link
    assert client.get(link).status_code == 200


@pytest.mark.parametrize("status", ["pending", "unsubscribed"])
def test_there_is_none_without_digests(client: Client, reader: Subscriber, status: str) -> None:
    Subscriber.objects.update(status=status)
    page = Page(client.get(page_of(reader)))
    assert "there is no feed" in page.text
    assert not page.all("button")
    assert "Nothing was changed" in post(client, reader, "make", 0).text
    assert not FeedLink.objects.exists()


def test_another_address_needs_another_link(client: Client, reader: Subscriber) -> None:
    post(client, reader, "make")
    former = shown(client, reader)
    moved_at = timezone.now() + timedelta(seconds=1)  # rounded up to a whole second
    Subscriber.objects.update(address_since=moved_at)
    reader.refresh_from_db()
    assert client.get(former).status_code == 410
    assert not feed_links.feed_address(feed_links.feed_link(reader))
    assert feed_links.make(reader, seen=1, at=timezone.now())
    now = feed_links.feed_address(feed_links.feed_link(reader))
    assert (client.get(now).status_code, client.get(former).status_code) == (200, 410)


def test_the_preferences_and_the_history_lead_there(client: Client, reader: Subscriber) -> None:
    address = page_of(reader)
    for before in (address.removesuffix("feed/"), address.replace("/feed/", "/history/")):
        assert any(link.endswith("/feed/") for link in Page(client.get(before)).links()), before


def test_it_is_exported_without_the_link_and_erased(client: Client, reader: Subscriber) -> None:
    post(client, reader, "make")
    link = shown(client, reader)
    rows: Any = export(reader)["subscriptions.feedlink"]
    assert [(row["subscriber"], row["serial"]) for row in rows] == [(reader.pk, 1)]
    assert link.split("/")[4] not in str(rows)
    erase(reader, timezone.now())
    assert not FeedLink.objects.exists()
    assert client.get(link).status_code == 410


def test_two_presses_at_once_make_one_link(reader: Subscriber) -> None:
    at = timezone.now()
    assert feed_links.make(reader, seen=0, at=at)
    assert not feed_links.make(reader, seen=0, at=at)
    assert FeedLink.objects.get().serial == 1
    assert feed_links.turn_off(reader, seen=1)
    assert not feed_links.feed_link(reader).is_on
