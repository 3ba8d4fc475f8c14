"""Links of a mail that change something: GET shows, POST acts once and can be undone."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from digest.models import Digest, Paper
from subscriptions.links import Purpose
from subscriptions.models import Subscriber, Subscription
from subscriptions.suppression_key import check_key
from tests.support import factories

from .mail_pages import address, digest_of, submit, undo
from .pages import Page

pytestmark = pytest.mark.django_db

Queries = Callable[[int], Any]


def test_a_keyword_is_dropped_once_and_comes_back(
    client: Client, person: Subscriber, first: Subscription
) -> None:
    where = address(Purpose.KEYWORD, first.pk, "drop/")
    page = Page(client.get(where))
    assert "Remove “diffusion model”?" in page.text
    assert len(page.all("button")) == 1
    assert person.active_keywords() == ["diffusion model", "speech"]
    for _ in range(2):
        response, page = submit(client, where)
        assert "“diffusion model” removed" in page.text
        assert person.active_keywords() == ["speech"]
    assert "already removed" in Page(client.get(where)).text
    for _ in range(2):
        assert "is in your list" in undo(client, response).text
        assert person.active_keywords() == ["diffusion model", "speech"]


def test_an_exclusion_is_described_as_one(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model", "-survey")
    row = person.subscriptions.get(text="-survey")
    page = Page(client.get(address(Purpose.KEYWORD, row.pk, "drop/")))
    assert "It leaves out papers with the word “survey”." in page.text


def test_the_last_keyword_stays_and_other_ways_are_offered(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model", "-survey")
    row = person.subscriptions.get(text="diffusion model")
    response, page = submit(client, address(Purpose.KEYWORD, row.pk, "drop/"))
    assert response.status_code == 409
    assert "“diffusion model” was not removed" in page.text
    ways = [link for link in page.links() if link.startswith(("/pause/", "/unsubscribe/"))]
    assert [client.get(way).status_code for way in ways] == [200, 200]
    assert person.active_keywords() == ["diffusion model", "-survey"]


@pytest.mark.usefixtures("recent_papers")
def test_widening_shows_what_each_form_brings(client: Client, person: Subscriber) -> None:
    factories.paper("Model-free diffusion", listed_on=timezone.now().date())
    row = person.subscriptions.get(text="diffusion model")
    where = address(Purpose.KEYWORD, row.pk, "widen/")
    page = Page(client.get(where))
    assert "diffusion model : 10 of the 11 papers of the last 30 days" in page.text
    assert "diffusion AND model : 11 of them" in page.text
    for _ in range(2):
        response, page = submit(client, where)
        assert person.active_keywords() == ["diffusion AND model", "speech"]
    assert "“diffusion model” is now “diffusion AND model”" in page.text
    undo(client, response)
    assert person.active_keywords() == ["diffusion model", "speech"]


def test_what_cannot_be_widened_says_so(client: Client, person: Subscriber) -> None:
    row = person.subscriptions.get(text="speech")
    where = address(Purpose.KEYWORD, row.pk, "widen/")
    assert not Page(client.get(where)).all("button")
    response, page = submit(client, where)
    assert response.status_code == 409
    assert "can’t be made wider" in page.text
    assert person.active_keywords() == ["diffusion model", "speech"]


def rules_of(response: Any) -> list[str]:
    return [unescape(each) for each in re.findall(r'value="(-[^"]+)"', response.content.decode())]


def test_less_like_this_adds_a_rule_with_its_price(
    client: Client, person: Subscriber, recent_papers: list[Paper]
) -> None:
    where = address(
        Purpose.EXCLUDE, digest_of(person, *recent_papers).pk, f"{recent_papers[0].pk}/"
    )
    shown = client.get(where)
    page = Page(shown)
    assert "would have left out 2 of the 10 papers that matched in the last 30 days" in page.text
    assert [each["value"] for each in page.all("input") if "checked" in each] == rules_of(shown)[:1]
    assert rules_of(shown)[0] == "-medical imaging"
    for _ in range(2):
        response, page = submit(client, where, rule="-medical imaging")
        assert "Less of that" in page.text
        assert person.active_keywords() == ["diffusion model", "speech", "-medical imaging"]
    assert "already left out" in Page(client.get(where)).text
    assert "The exclusion is removed" in undo(client, response).text
    assert person.active_keywords() == ["diffusion model", "speech"]


def test_who_gets_trending_papers_alone_may_leave_some_out(
    client: Client, recent_papers: list[Paper]
) -> None:
    person = factories.subscriber("ada@example.org", trending_top=10)
    digest = digest_of(person, *recent_papers)
    Digest.objects.update(entries=[replace(each, keywords=()) for each in digest.entries])
    where = address(Purpose.EXCLUDE, digest.pk, f"{recent_papers[0].pk}/")
    page = Page(client.get(where))
    assert "Leaves out papers with" in page.text
    assert "Your keywords" not in page.text
    response, page = submit(client, where, rule="-medical imaging")
    assert "Less of that" in page.text
    assert person.active_keywords() == ["-medical imaging"]
    assert "The exclusion is removed" in undo(client, response).text


@pytest.mark.parametrize("rule", ["", "-", "speech", "-speech", "-number", "diffusion model", "\0"])
def test_a_rule_that_was_not_offered_is_refused(
    client: Client, person: Subscriber, recent_papers: list[Paper], rule: str
) -> None:
    where = address(
        Purpose.EXCLUDE, digest_of(person, *recent_papers).pk, f"{recent_papers[0].pk}/"
    )
    response, page = submit(client, where, rule=rule)
    assert response.status_code == 409
    assert "Choose one of the exclusions" in page.text
    assert person.active_keywords() == ["diffusion model", "speech"]


def test_a_full_list_takes_no_rule(client: Client, recent_papers: list[Paper]) -> None:
    words = [f"word{n}" for n in range(99)]
    person = factories.subscriber("ada@example.org", "diffusion model", *words)
    where = address(
        Purpose.EXCLUDE, digest_of(person, *recent_papers).pk, f"{recent_papers[0].pk}/"
    )
    response, page = submit(client, where, rule="-medical imaging")
    assert response.status_code == 409
    assert "100 keywords" in page.text
    assert len(person.active_keywords()) == 100


@pytest.mark.parametrize("paper", ["0", "99", str(10**30), "foreign"])
def test_a_paper_that_is_not_in_the_digest_is_a_sentence(
    client: Client, person: Subscriber, recent_papers: list[Paper], paper: str
) -> None:
    pk = digest_of(person, recent_papers[0]).pk
    number = str(recent_papers[1].pk) if paper == "foreign" else paper
    for purpose in (Purpose.EXCLUDE, Purpose.DIGEST):
        rest = f"why/{number}/" if purpose == Purpose.DIGEST else f"{number}/"
        response = client.get(address(purpose, pk, rest))
        assert response.status_code == 404
        assert "Paper not found" in Page(response).text
        assert response["Cache-Control"] == "no-store, private"


def test_a_paper_without_topics_says_so(client: Client, person: Subscriber) -> None:
    paper = factories.paper("Diffusion models", listed_on=timezone.now().date())
    where = address(Purpose.EXCLUDE, digest_of(person, paper).pk, f"{paper.pk}/")
    page = Page(client.get(where))
    assert "no good exclusion to suggest" in page.text
    assert not page.all("button")


@pytest.mark.parametrize("text", ["drop-0", "drop-99", "pause-99", "widen-1-99-0", "exclude-99",
                                  "drop", "melt-1", "widen-1", f"drop-{10**30}"])  # fmt: skip
@pytest.mark.usefixtures("first")
def test_an_undo_of_nothing_is_a_sentence(client: Client, text: str) -> None:
    for ask in (client.get, client.post):
        response = ask(address(Purpose.UNDO_CHANGE, text))
        assert response.status_code == 404
        assert "This link doesn’t work" in Page(response).text


def test_pages_ask_the_database_little(
    client: Client,
    person: Subscriber,
    first: Subscription,
    recent_papers: list[Paper],
    django_assert_max_num_queries: Queries,
) -> None:
    digest = digest_of(person, *recent_papers)
    person.subscriptions.bulk_create(
        [Subscription(subscriber=person, text=f"word{n}") for n in range(50)]
    )
    assert not check_key()  # found once a process
    for where, most in (
        (address(Purpose.KEYWORD, first.pk, "drop/"), 1),
        (address(Purpose.KEYWORD, first.pk, "widen/"), 6),
        (address(Purpose.PAUSE, person.pk), 1),
        (address(Purpose.PREFERENCES, person.pk), 5),
        (address(Purpose.EXCLUDE, digest.pk, f"{recent_papers[0].pk}/"), 5),
        (address(Purpose.UNDO_CHANGE, f"drop-{first.pk}"), 2),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(where).status_code == 200
