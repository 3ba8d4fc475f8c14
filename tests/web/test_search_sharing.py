"""What a search offers besides its papers: a title for links, a subscription, and links to it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from digest.web.keyword_lines import keyword_lines
from subscriptions import request_queue
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories

from .pages import Page
from .search_page import search, titles
from .test_signup import asked_of

pytestmark = pytest.mark.django_db


def described(page: Page) -> dict[str, str]:
    """The page's meta elements by name."""
    named = [(each.get("property") or each.get("name"), each) for each in page.all("meta")]
    return {name: each["content"] for name, each in named if name}


def test_a_link_to_a_search_can_be_shared(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://digest.example.org"
    factories.paper("Graph neural networks")
    page = search(client, "graph neural network", order="best", page="1", utm_source="x")
    meta = described(page)
    assert "Papers on “graph neural network” · Paper Digest" in page.text
    assert meta["og:title"] == "Papers on “graph neural network”"
    assert meta["description"] == meta["og:description"]
    assert meta["description"] == "1 paper matches. Get new ones by e-mail each morning."
    address = "https://digest.example.org/search/?q=graph+neural+network"
    assert meta["og:url"] == address
    assert [each["href"] for each in page.all("link") if each["rel"] == "canonical"] == [address]


def test_the_description_counts(client: Client) -> None:
    assert described(search(client, "speech"))["description"].startswith("No papers yet.")
    for number in range(2):
        factories.paper(f"Speech {number}")
    assert described(search(client, "speech"))["description"].startswith("2 papers match.")


def test_titles_are_short_and_keep_their_direction(client: Client) -> None:
    page = search(client, f"{'speech, ' * 20}robot, \u202emusic")
    title = described(page)["og:title"]
    assert len(title) < 120
    assert title.endswith("…”")
    assert "“\u2068\u202emusic\u2069”" in described(search(client, "\u202emusic"))["og:title"]


@pytest.mark.parametrize("address", ["/search/", "/search/?q=speech", "/search/?q=-x"])
def test_search_engines_keep_none_of_it(client: Client, address: str) -> None:
    response = client.get(address)
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert described(Page(response))["robots"] == "noindex, nofollow"


def test_a_search_changes_nothing(client: Client) -> None:
    assert client.post("/search/", {"q": "speech"}).status_code == 405
    assert client.head("/search/?q=speech").status_code == 200


def subscribe(client: Client, page: Page, **typed: str) -> Page:
    """Press a button of the box at the end of a search."""
    names = ("keywords", "timezone", "reason")
    fields = {name: page.field(name).get("value", "") for name in names}
    return Page(client.post("/subscribe/", fields | typed, follow=True))


def test_an_address_is_enough_to_subscribe_to_a_search(client: Client) -> None:
    page = search(client, 'graph neural network; "a, b", -survey')
    asked = subscribe(client, page, email="ada@example.org", timezone="Europe/Berlin")
    assert "Check your e-mail" in asked.text
    request_queue.process_requests(timezone.now())
    wanted = asked_of("ada@example.org")
    assert wanted.keywords == ("graph neural network", '"a, b"', "-survey")
    assert (wanted.timezone, wanted.trending_top) == ("Europe/Berlin", 0)


def test_a_wrong_address_is_asked_for_again_with_the_keywords(client: Client) -> None:
    page = subscribe(client, search(client, "speech, robot"), email="ada")
    assert "Please fix the highlighted field" in page.text
    assert "speech\nrobot</textarea>" in page.source


def test_more_options_are_those_of_the_sign_up_form(client: Client) -> None:
    page = subscribe(client, search(client, "speech, robot"), email="ada@example.org", begin="1")
    assert page.field("email")["value"] == "ada@example.org"
    assert "speech\nrobot</textarea>" in page.source
    assert "Please" not in page.text
    request_queue.process_requests(timezone.now())
    assert not Subscriber.objects.exists()


def test_a_program_that_fills_in_everything_gets_no_letter(client: Client) -> None:
    subscribe(client, search(client, "speech"), email="ada@example.org", reason="x")
    request_queue.process_requests(timezone.now())
    assert not Subscriber.objects.exists()


def test_counts_of_the_preview_lead_to_the_papers_counted(client: Client) -> None:
    today = timezone.now().date()
    for days in (0, 1, 29, 31, 400):
        factories.paper(f"Speech, {days} days ago", listed_on=today - timedelta(days=days))
    posted = client.post("/keywords/preview/", {"keywords": "speech, -music\nrobot\n-x y"})
    links = [link for link in Page(posted).links() if link.startswith("/search/")]
    assert len(links) == 1
    shown = titles(Page(client.get(links[0])))
    assert keyword_lines(["speech"]).lines[0].found.count == len(shown) == 3


def test_what_a_kept_keyword_finds_leads_to_its_papers(client: Client) -> None:
    factories.paper("Speech", listed_on=timezone.now().date())
    person = factories.subscriber("ada@example.org", "speech")
    address = reverse("preferences-check", args=[token(Purpose.PREFERENCES, str(person.pk))])
    found = Page(client.get(address, headers={"HX-Request": "true"}))
    assert [titles(Page(client.get(link))) for link in found.links()] == [["Speech"]]


def test_public_pages_have_a_box_and_private_ones_a_link(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "speech")
    private = reverse("preferences", args=[token(Purpose.PREFERENCES, str(person.pk))])
    for address, boxes in (("/", 1), ("/link/", 1), ("/search/", 1), (private, 0)):
        page = Page(client.get(address))
        assert len([each for each in page.all("form") if each.get("role") == "search"]) == boxes
        assert "/search/" in page.links(), address
