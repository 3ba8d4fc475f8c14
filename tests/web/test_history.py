"""The history of a subscriber's digests, and one of them in the browser."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest.models import Digest, DigestEntry, DigestFacts, FormerName, Paper
from digest.models.digest_contents import QuietNotice
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.history import earlier

from .pages import Page

pytestmark = pytest.mark.django_db
OPENED = timezone.now()  # the pages' own links are those of this moment, whenever they are made


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot")


def start(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk, at=OPENED)}/"


def holding(papers: list[Paper]) -> list[DigestEntry]:
    return [DigestEntry(paper.pk, ("robot",), "title hit") for paper in papers]


def papers(count: int, title: str = "Robot", **fields: Any) -> list[Paper]:
    return [factories.paper(f"{title} {number:02}", **fields) for number in range(count)]


def history(client: Client, person: Subscriber, page: str = "1") -> Page:
    return Page(client.get(start(person) + "history/", {"page": page}))


def test_nothing_yet(client: Client, person: Subscriber) -> None:
    earlier(factories.subscriber("eve@example.org"), 1, entries=holding(papers(1)))
    page = history(client, person)
    assert "No digests yet" in page.text
    assert "Robot" not in page.text


def test_a_sent_digest_has_its_date_count_and_first_titles(
    client: Client, person: Subscriber
) -> None:
    entries = holding(papers(5))
    digest = earlier(person, 1, entries=[*entries, DigestEntry(99), DigestEntry(98)])
    earlier(person, 2, entries=entries[:1])
    page = history(client, person)
    assert "Thursday, 19 November 2026 5 matches 2 trending Sent" in page.text
    assert "Wednesday, 18 November 2026 1 match Sent" in page.text
    assert [f"Robot {number:02}" in page.text for number in range(5)] == [True] * 3 + [False] * 2
    assert f"{start(person)}history/{digest.pk}/" in page.links()


STATES = {
    "planned": "It is on its way",
    "sending": "It is on its way",
    "empty": "nothing was sent",
    "failed": "the mail server refused it. Its papers will be in the next digest",
    "suppressed": "your digests were off. Its papers",
    "expired": "could not be sent in time. Its papers",
    "cancelled": "It was cancelled before it was sent. Its papers",
    "unknown": "may not have arrived. Its papers",
}


@pytest.mark.parametrize("state", STATES)
def test_what_became_of_it_is_said(client: Client, person: Subscriber, state: str) -> None:
    digest = earlier(person, 1, state, entries=holding(papers(1)))
    for address in ("history/", f"history/{digest.pk}/"):
        page = Page(client.get(start(person) + address))
        assert STATES[state] in page.text
        assert "Sent" not in page.text


def test_a_sample_that_failed_does_not_come_again(client: Client, person: Subscriber) -> None:
    earlier(person, 1, "failed", kind="sample")
    page = history(client, person)
    assert "Sample" in page.text
    assert "refused it." in page.text
    assert "Its papers will be" not in page.text


def test_digests_without_papers(client: Client, person: Subscriber) -> None:
    earlier(person, 1, facts=DigestFacts(quiet=QuietNotice()))
    old = earlier(person, 2, pruned=True)
    page = history(client, person)
    assert "A note that nothing matched" in page.text
    assert "Its papers are no longer available" in page.text
    shown = Page(client.get(f"{start(person)}history/{old.pk}/"))
    assert "are no longer available" in shown.text


def test_the_number_of_queries_does_not_grow(
    client: Client, person: Subscriber, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    known = papers(3)
    gone = DigestEntry(9_999, ("robot",), "title hit")
    FormerName.objects.create(paper=known[0], former_id=9_999, name="x")
    for days in range(1, 32):
        earlier(person, days, entries=[gone, *holding(known)])
    client.get("/")
    with django_assert_max_num_queries(6):
        page = history(client, person)
    assert page.text.count("Robot 00") == 2 * 30  # under its own id, and as it was known then
    assert "?page=2" in page.links()
    assert history(client, person, "2").text.count("November 2026") == 0
    assert "20 October 2026" in history(client, person, "2").text


def test_a_digest_is_read_paged_and_each_paper_once(
    client: Client, person: Subscriber, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    known = papers(30, abstract="A robot reads.")
    entries = [
        DigestEntry(9_999, ("knitting robot",)),
        *holding(known),
        DigestEntry(8_888, ("robot",)),
    ]
    FormerName.objects.create(paper=known[3], former_id=9_999, name="x")
    digest = earlier(person, 1, entries=entries)
    address = f"{start(person)}history/{digest.pk}/"
    client.get(address)
    with django_assert_max_num_queries(11):
        first = Page(client.get(address))
    second = Page(client.get(address, {"page": "2"}))
    assert "30 papers" in first.text
    assert first.text.index("knitting robot") < first.text.index("Robot 00")
    titles = [f"Robot {number:02}" for number in (3, 0, 1, 2, *range(4, 30))]
    shown = first.text + second.text
    places = [shown.index(title) for title in titles]
    assert places == sorted(places)
    assert len(first.all("form")) == 25
    assert len(second.all("form")) == 5


def test_papers_are_rated_and_saved_in_the_list(client: Client, person: Subscriber) -> None:
    (paper,) = papers(1)
    digest = earlier(person, 1, entries=holding([paper]))
    address = f"{start(person)}history/{digest.pk}/"
    page = Page(client.get(address))
    posted = {"do": "less", "back": page.field("back")["value"]}
    response = client.post(page.all("form")[0]["action"], posted)
    assert response.url == f"{address}?page=1#paper-{paper.pk}"
    page = Page(client.get(response.url))
    assert page.text.count("Used from tomorrow") == 1
    assert person.ratings.get().value == -1
    undo = page.all("form")[0]
    client.post(undo["action"], {"do": "unrate", "back": posted["back"]})
    assert not person.ratings.exists()


@pytest.mark.parametrize("number", [0, 999, 2**63 - 1, 10**30])
def test_only_one_s_own_digests(client: Client, person: Subscriber, number: int) -> None:
    other = earlier(factories.subscriber("eve@example.org"), 1, entries=holding(papers(1)))
    for pk in (number, other.pk):
        response = client.get(f"{start(person)}history/{pk}/")
        assert response.status_code == 404
        assert "Robot" not in response.content.decode()


def test_looking_at_it_neither_sends_nor_renews_anything(
    client: Client, person: Subscriber
) -> None:
    digest = earlier(person, 1, "planned", entries=holding(papers(1)))
    before = Digest.objects.values().get()
    history(client, person)
    page = Page(client.get(f"{start(person)}history/{digest.pk}/"))
    assert Digest.objects.values().get() == before
    private = [link for link in page.links() if link.startswith("/preferences/")]
    assert private
    assert all(link.startswith(start(person)) for link in private)
    assert not [link for link in page.links() if link.startswith(("/digest/", "/unsubscribe/"))]
