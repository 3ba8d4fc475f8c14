"""The private feed of a subscriber's digests: what is in it, and who may read it until when."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from digest.logs import redact
from digest.models import Digest, DigestEntry, Paper, State
from digest.models.digest_contents import DigestFacts, QuietNotice
from subscriptions.account import feed_links
from subscriptions.models import FeedLink, Subscriber, Suppression
from tests.support import atom, factories

pytestmark = pytest.mark.django_db
SENT_AT = datetime(2026, 11, 20, 7, 0, 30, 123, tzinfo=UTC)
# What leads to changes, or to pages that do.
PRIVATE_PAGES = re.compile(r"/(preferences|unsubscribe|rate|less|keyword|pause|why|digest|feed)/")


@pytest.fixture
def reader() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot", "speech")


def feed_of(person: Subscriber) -> str:
    """The path of the feed, made if there is none."""
    link = feed_links.feed_link(person)
    if not link.is_on:
        feed_links.make(person, seen=link.serial, at=timezone.now())
    return feed_links.feed_address(feed_links.feed_link(person)).removeprefix(
        "http://localhost:8000"
    )


def sent(person: Subscriber, days: int, *entries: DigestEntry, **fields: Any) -> Digest:
    """A digest that was sent so many days after the first."""
    at = SENT_AT + timedelta(days=days)
    values: dict[str, Any] = {
        "local_date": at.date(), "not_before": at, "expires_at": at, "composed_at": at,
        "sent_at": at, "from_seq": 0, "to_seq": 9, "state": State.SENT, "entries": list(entries),
    }  # fmt: skip
    return Digest.objects.create(subscriber=person, **(values | fields))


def entry(paper: Paper, *keywords: str) -> DigestEntry:
    return DigestEntry(paper.pk, keywords, "3 comments")


def read(client: Client, address: str) -> list[Any]:
    response = client.get(address)
    assert response.status_code == 200
    assert atom.faults(response.content) == []
    return atom.entries(response.content)


def titles(client: Client, address: str) -> list[str]:
    return [atom.text(each, "title") for each in read(client, address)]


def test_each_paper_is_an_entry_with_the_keyword_that_brought_it(
    client: Client, reader: Subscriber
) -> None:
    robot = factories.paper("A robot", abstract="It knits.", categories=["cs.RO"])
    popular = factories.paper("A popular paper", comment_count=3)
    sent(reader, 0, entry(robot, "robot", "knit*"), entry(popular))
    first, second = read(client, feed_of(reader))
    assert atom.text(first, "title") == "A robot"
    assert "Matches: robot, knit*" in atom.text(first, "summary")
    assert "It knits." in atom.text(first, "summary")
    assert atom.text(first, "updated") == "2026-11-20T07:00:30+00:00"
    assert atom.text(first, "id") == f"tag:localhost,2026:/digest-papers/{robot.pk}"
    assert atom.links(first, "alternate") == [f"http://localhost:8000/papers/{robot.pk}/"]
    assert "Trending" in atom.text(second, "summary")
    assert "3 comments" in atom.text(second, "summary")


def test_it_holds_what_was_sent_and_nothing_else(client: Client, reader: Subscriber) -> None:
    papers = [factories.paper(f"Robot {number}.") for number in range(9)]
    for days, state in enumerate(set(State) - {State.SENT}):
        sent(reader, days, entry(papers[0], "robot"), state=state)
    sent(reader, 20, entry(papers[1], "robot"), kind=Digest.Kind.COPY)
    sent(reader, 21, facts=DigestFacts(quiet=QuietNotice()))
    sent(factories.subscriber("bob@example.org"), 22, entry(papers[2], "robot"))
    sent(reader, 23, entry(papers[3], "robot"), kind=Digest.Kind.SAMPLE)
    sent(reader, 24, entry(papers[4], "robot"), sent_at=None)
    assert titles(client, feed_of(reader)) == ["Robot 4.", "Robot 3."]


def test_the_newest_fifty_papers_each_once(client: Client, reader: Subscriber) -> None:
    papers = [factories.paper(f"Robot {number}.") for number in range(60)]
    for days in range(20):
        three = papers[3 * days : 3 * days + 3]
        sent(reader, days, *(entry(each, "robot") for each in three), entry(papers[0], "again"))
    found = read(client, feed_of(reader))
    assert [atom.text(each, "title") for each in found[:4]] == [
        "Robot 57.", "Robot 58.", "Robot 59.", "Robot 0.",
    ]  # fmt: skip
    assert len(found) == 50
    assert "Matches: again" in atom.text(found[3], "summary")


def test_papers_that_proved_to_be_one_are_one_entry_and_deleted_ones_none(
    client: Client, reader: Subscriber
) -> None:
    kept, twin, gone = (factories.paper(title) for title in ("Kept", "Twin", "Gone"))
    sent(reader, 0, entry(kept, "robot"), entry(gone, "robot"))
    sent(reader, 1, entry(twin, "speech"))
    kept.former_names.create(former_id=twin.pk, name="Twin")
    twin.delete()
    gone.delete()
    (found,) = read(client, feed_of(reader))
    assert atom.text(found, "title") == "Kept"
    assert "Matches: speech" in atom.text(found, "summary")
    assert atom.text(found, "updated") == "2026-11-21T07:00:30+00:00"


def test_no_link_in_it_changes_anything_or_leads_to_a_private_page(
    client: Client, reader: Subscriber
) -> None:
    factories.paper("A robot", arxiv_id="2611.00001", abstract="It knits. " * 80)
    sent(reader, 0, entry(Paper.objects.get(), "robot"))
    address = feed_of(reader)
    source = client.get(address).content.decode()
    itself = f'<link href="http://localhost:8000{address}" rel="self"/>'
    assert itself in source
    assert not PRIVATE_PAGES.search(source.replace(itself, ""))
    assert "ada@example.org" not in source


def test_it_leaves_no_trace_and_a_poll_takes_three_queries(
    client: Client, reader: Subscriber, django_assert_num_queries: Any
) -> None:
    robot = factories.paper("A robot")
    sent(reader, 0, entry(robot, "robot"))
    address = feed_of(reader)
    before = (Subscriber.objects.values().get(), FeedLink.objects.values().get())
    with django_assert_num_queries(5):
        first = client.get(address)
    with django_assert_num_queries(3):
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (Subscriber.objects.values().get(), FeedLink.objects.values().get()) == before
    assert not first.cookies
    sent(reader, 1, entry(factories.paper("Another robot"), "robot"))
    newer = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert newer.status_code == 200
    assert newer["ETag"] != first["ETag"]


def test_headers(client: Client, reader: Subscriber) -> None:
    first = client.get(feed_of(reader), headers={"Accept-Encoding": "gzip"})
    again = client.get(feed_of(reader), headers={"If-None-Match": first["ETag"]})
    for response in (first, again):
        assert response["Cache-Control"] == "private, max-age=900"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "no-referrer"
        assert "Content-Encoding" not in response
    assert first["Content-Type"] == "application/atom+xml; charset=utf-8"
    for refused in (client.get("/feed/x/"), client.post(feed_of(reader))):
        assert refused["Cache-Control"] == "no-store, private"
        assert refused["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("status", ["active", "paused", "bouncing"])
def test_it_works_for_those_who_get_digests_or_will_again(
    client: Client, reader: Subscriber, status: str
) -> None:
    address = feed_of(reader)
    Subscriber.objects.update(status=status, paused_until=timezone.now())
    assert client.get(address).status_code == 200


def test_it_never_expires(client: Client, reader: Subscriber) -> None:
    feed_links.make(reader, seen=0, at=datetime(2006, 1, 1, tzinfo=UTC))
    assert client.get(feed_of(reader)).status_code == 200


def _suppress(person: Subscriber) -> None:
    Suppression.objects.record(person.email_key, Suppression.Reason.COMPLAINT)


def _change_address(person: Subscriber) -> None:
    Subscriber.objects.update(address_since=timezone.now() + timedelta(seconds=1))


ENDS = {
    "unsubscribed": lambda person: Subscriber.objects.update(status="unsubscribed"),
    "never confirmed": lambda person: Subscriber.objects.update(status="pending"),
    "suppressed": _suppress,
    "erased": lambda person: person.delete(),
    "another address": _change_address,
    "revoked": lambda person: feed_links.turn_off(person, seen=1),
    "replaced": lambda person: feed_links.make(person, seen=1, at=timezone.now()),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_it_ends_with_a_sentence(client: Client, reader: Subscriber, end: Any) -> None:
    address = feed_of(reader)
    etag = client.get(address)["ETag"]
    end(reader)
    response = client.get(address, headers={"If-None-Match": etag})
    assert response.status_code == 410
    assert "This feed has ended" in response.content.decode()
    assert "ada@example.org" not in response.content.decode()


def test_a_suppression_that_may_still_be_undone_does_not_end_it(
    client: Client, reader: Subscriber
) -> None:
    address = feed_of(reader)
    _suppress(reader)
    Suppression.objects.update(pending_since=timezone.now())
    assert client.get(address).status_code == 200


def test_the_links_of_two_people_and_of_other_pages_are_not_mixed_up(
    client: Client, reader: Subscriber
) -> None:
    bob = factories.subscriber("bob@example.org", "robot")
    sent(bob, 0, entry(factories.paper("For Bob"), "robot"))
    mine, his = feed_of(reader), feed_of(bob)
    assert titles(client, mine) == []
    assert titles(client, his) == ["For Bob"]
    token = his.split("/")[2]
    for page in ("preferences", "unsubscribe", "digest", "rate"):
        assert client.get(f"/{page}/{token}/").status_code == 404
    assert client.get(f"/feed/{token[:-1]}/").status_code == 404


def test_a_link_outlives_a_new_secret_key(
    client: Client, reader: Subscriber, settings: Any
) -> None:
    address = feed_of(reader)
    settings.SECRET_KEY = "another " * 8
    assert client.get(address).status_code == 200
    assert feed_of(reader) == address


def test_no_log_has_the_link(reader: Subscriber) -> None:
    address = feed_of(reader)
    token = address.split("/")[2]
    for text in (f"GET {address} 304", f"GET /feed/{token[:30]} 404", f"at {token}"):
        assert token[:20] not in redact(text)
