"""The feed of a search: what is in it, how it may be kept, and what is refused."""

from datetime import UTC, date, datetime
from urllib.parse import urlencode

import feedparser
import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from digest.feeds.search_feed import MOST_PAPERS
from digest.ingest.papers.search_documents import write_documents
from digest.limits.rates import read_rates
from digest.models import Catalogue, Paper
from digest.search import full_text
from tests.support import atom, factories

from .pages import Page, dump

pytestmark = pytest.mark.django_db
FEED = "/feeds/search.atom"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def body(client: Client, q: str = "robot") -> bytes:
    response = client.get(FEED, {"q": q})
    assert response.status_code == 200, response.content
    assert atom.faults(response.content) == []
    return bytes(response.content)


def titles(client: Client, q: str = "robot") -> list[str]:
    return [atom.text(entry, "title") for entry in atom.entries(body(client, q))]


def test_what_an_entry_says(client: Client) -> None:
    paper = factories.paper(
        "Robots \\& $\\alpha$ <i>",
        abstract="We build robots. A < B & C.",
        authors=["Ada Author", "Bob Builder"],
        categories=["cs.RO", "cs.AI"],
        arxiv_id="2611.00001",
        doi="10.1000/x",
    )
    content = body(client)
    (entry,) = atom.entries(content)
    assert atom.text(entry, "title") == "Robots & α <i>"
    assert atom.text(entry, "id") == f"tag:localhost,2026:/papers/{paper.pk}"
    assert atom.links(entry, "alternate") == [f"http://localhost:8000/papers/{paper.pk}/"]
    assert atom.links(entry, "via") == ["https://example.org/paper"]
    names = [each.text for each in entry.iter(f"{atom.ATOM}name")]
    assert names == ["Ada Author", "Bob Builder"]
    assert [each.get("term") for each in entry.iter(f"{atom.ATOM}category")] == ["cs.RO", "cs.AI"]
    summary = atom.text(entry, "summary")
    assert "A &lt; B &amp; C." in summary
    assert '<a href="https://arxiv.org/abs/2611.00001">arXiv</a>' in summary
    read = feedparser.parse(content)
    assert not read.bozo
    assert read.entries[0].authors == [{"name": "Ada Author"}, {"name": "Bob Builder"}]
    assert read.entries[0].title == "Robots & α <i>"


def test_what_the_feed_says_of_itself(client: Client) -> None:
    root = atom.read(body(client, 'a & "b" ü'))
    query = urlencode({"q": 'a & "b" ü'})
    assert atom.text(root, "title") == 'a & "b" ü · Paper Digest'
    assert atom.text(root, "id") == f"tag:localhost,2026:/search?{query}"
    assert atom.links(root, "self") == [f"http://localhost:8000{FEED}?{query}"]
    assert atom.links(root, "alternate") == [f"http://localhost:8000/search/?{query}"]
    assert atom.text(root, "generator") == "Paper Digest"
    for address in (*atom.links(root, "self"), *atom.links(root, "alternate")):
        assert client.get(address).status_code == 200


def test_the_newest_papers_come_first_and_no_more_than_fifty(client: Client) -> None:
    for day in range(1, 29):
        for number in range(2):
            factories.paper(f"Robot {number} of day {day}.", listed_on=date(2026, 2, day))
    factories.paper("A bird")
    found = titles(client)
    assert len(found) == MOST_PAPERS == 50
    assert {found[0], found[1]} == {"Robot 0 of day 28.", "Robot 1 of day 28."}
    assert "Robot 0 of day 3." not in found


def test_several_keywords_and_exclusions_are_read_as_on_the_page(client: Client) -> None:
    for title in ("Robots that knit", "Robots that sing", "Birds that sing"):
        factories.paper(title)
    assert set(titles(client, "robot, bird, -knit")) == {"Robots that sing", "Birds that sing"}


@time_machine.travel(NOON, tick=False)
def test_times_are_of_the_listing_and_of_what_came_later(client: Client) -> None:
    robot = factories.paper("A robot", listed_on=date(2026, 11, 20))
    dump(date(2026, 11, 20), robot, at=NOON)
    dump(date(2026, 11, 21), robot, name="later", at=NOON.replace(hour=15))
    (entry,) = atom.entries(body(client))
    assert atom.text(entry, "published") == "2026-11-20T00:00:00+00:00"
    assert atom.text(entry, "updated") == "2026-11-20T12:00:00+00:00"
    changed(robot, withdrawn_at=date(2026, 11, 25))
    content = body(client)
    (entry,) = atom.entries(content)
    assert atom.text(entry, "updated") == "2026-11-25T00:00:00+00:00"
    assert "Withdrawn on 25 Nov 2026." in atom.text(entry, "summary")
    assert atom.text(atom.read(content), "updated") == "2026-11-25T00:00:00+00:00"


def test_a_paper_without_a_day_and_an_empty_feed_have_a_time_that_stays(client: Client) -> None:
    first = body(client)
    assert atom.text(atom.read(first), "updated") == "1970-01-01T00:00:00+00:00"
    factories.paper("A robot", listed_on=None, published_on=None)
    (entry,) = atom.entries(body(client))
    assert atom.text(entry, "updated") == "1970-01-01T00:00:00+00:00"


def test_many_authors_are_counted_and_no_author_is_the_site(client: Client) -> None:
    factories.paper("A robot", authors=[f"Author {number}" for number in range(1_234)])
    factories.paper("The robot", authors=[], organization="Robots Inc.")
    factories.paper("Robot", authors=["", "\x01"])
    by_title = {atom.text(each, "title"): each for each in atom.entries(body(client))}
    names = [each.text for each in by_title["A robot"].iter(f"{atom.ATOM}name")]
    assert (len(names), names[39:]) == (41, ["Author 39", "and 1,194 more"])
    assert [each.text for each in by_title["The robot"].iter(f"{atom.ATOM}name")] == ["Robots Inc."]
    assert not list(by_title["Robot"].iter(f"{atom.ATOM}name"))


def test_a_title_that_nothing_is_left_of_is_replaced(client: Client) -> None:
    paper = factories.paper("\x01\ufffe", abstract="robot")
    assert titles(client) == [f"Paper {paper.pk}"]


def test_the_id_stays_when_two_papers_prove_to_be_one(client: Client) -> None:
    kept, gone = factories.paper("A robot"), factories.paper("A robot again")
    before = {atom.text(entry, "id") for entry in atom.entries(body(client))}
    kept.former_names.create(former_id=gone.pk, name="A robot again")
    gone.delete()
    changed(kept)
    (entry,) = atom.entries(body(client))
    assert atom.text(entry, "id") in before


def changed(paper: Paper, **fields: object) -> None:
    """Change a paper as the ingest does: the catalogue moves with it."""
    Paper.objects.filter(pk=paper.pk).update(**fields)
    paper.refresh_from_db()
    write_documents([paper])
    catalogue = Catalogue.lock()
    catalogue.change += 1
    catalogue.save()


@pytest.mark.parametrize(
    ("q", "sentence"),
    [
        ("", "Enter a word or a phrase"),
        ("-robot", "only excludes papers"),
        ("x" * 3_000, "3,000 characters long"),
        ("robot -robot", "“robot -robot”"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_with_a_sentence(
    client: Client, q: str, sentence: str
) -> None:
    response = client.get(FEED, {"q": q})
    assert response.status_code == 400
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert sentence in response.content.decode()
    assert "ETag" not in response
    assert response["X-Robots-Tag"] == "noindex"
    assert client.get(FEED).status_code == 400


def test_the_feed_says_what_it_may_lack(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.paper("A robot")
    Catalogue.objects.update(unsearchable_through=7)
    subtitle = atom.text(atom.read(body(client, '("robot')), "subtitle")
    assert "read as plain text" in subtitle
    assert "Older papers are still being added" in subtitle
    monkeypatch.setattr("digest.search.searching.MAX_CANDIDATES", 1)
    subtitle = atom.text(atom.read(body(client, "robots")), "subtitle")
    assert "The search stopped at 20 Nov 2026" in subtitle


@time_machine.travel(NOON, tick=False)
def test_without_full_text_the_days_are_named_and_each_day_is_another_feed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.paper("A robot")
    monkeypatch.setattr("digest.search.searching.has_full_text", lambda: False)
    monkeypatch.setattr("digest.feeds.search_feed.has_full_text", lambda: False)
    content = body(client)
    assert "Papers of the last 45 days." in atom.text(atom.read(content), "subtitle")
    etag = client.get(FEED, {"q": "robot"})["ETag"]
    with time_machine.travel(NOON.replace(day=21), tick=False):
        assert client.get(FEED, {"q": "robot"})["ETag"] != etag
    assert full_text.has_full_text()  # what the other tests rely on


def test_searches_for_feeds_have_a_limit_and_polls_do_not_count(
    client: Client, settings: Settings
) -> None:
    settings.LIMITS = read_rates("feeds=2/hour")
    etag = client.get(FEED, {"q": "a"})["ETag"]
    assert client.get(FEED, {"q": "b"}).status_code == 200
    refused = client.get(FEED, {"q": "c"})
    assert (refused.status_code, refused["Content-Type"]) == (429, "text/plain")
    assert int(refused["Retry-After"]) > 0
    assert client.get(FEED, {"q": "a"}).status_code == 200
    assert client.get(FEED, {"q": "c"}, headers={"If-None-Match": etag}).status_code == 429
    assert client.get(FEED, {"q": "a"}, headers={"If-None-Match": etag}).status_code == 304


def test_only_get_and_head(client: Client) -> None:
    assert client.post(FEED, {"q": "robot"}).status_code == 405
    head = client.head(FEED, {"q": "robot"})
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == client.get(FEED, {"q": "robot"})["ETag"]


@pytest.mark.parametrize(
    "query", ["q=robot,+bird", "q=robot,+bird&order=best&from=2026-11-01&page=2"]
)
def test_the_page_of_a_search_leads_to_its_feed(client: Client, query: str) -> None:
    factories.paper("A robot")
    page = Page(client.get(f"/search/?{query}"))
    (found,) = [each for each in page.all("link") if each["rel"] == "alternate"]
    assert found["type"] == "application/atom+xml"
    assert found["href"] == f"{FEED}?q=robot%2C+bird"
    assert found["href"] in page.links()
    assert atom.faults(client.get(found["href"]).content) == []


def test_a_page_without_a_search_leads_to_no_feed(client: Client) -> None:
    for address in ("/search/", "/search/?q=-robot", "/"):
        page = Page(client.get(address))
        assert "alternate" not in {each["rel"] for each in page.all("link")}
