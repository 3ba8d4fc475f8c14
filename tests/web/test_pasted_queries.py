"""Pasted queries of other services: each page that shows one says how it is read."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.limits.rates import read_rates
from digest.models import DigestEntry
from digest.web import keyword_lines
from subscriptions import signup
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from subscriptions.sign_up_request import SignUpRequest
from tests.support import factories

from .mail_pages import address, preferences_url
from .pages import Page
from .test_why import sent, why

pytestmark = pytest.mark.django_db
PASTED = "heart failure[MeSH Terms] AND review[pt]"
PHRASE = 'TITLE-ABS-KEY("heart failure")'
LOST = "Left out: “review[pt]” (types of publication can’t be searched)."


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", PASTED, PHRASE, "speech")


def preview(client: Client, keywords: str) -> Page:
    response = client.post("/keywords/preview/", {"keywords": keywords})
    assert response.status_code == 200
    return Page(response)


def recent(title: str, **fields: object) -> None:
    factories.paper(title, listed_on=timezone.now().date() - timedelta(days=1), **fields)


def check(page: Page) -> None:
    assert "Read as heart failure" in page.text
    assert LOST in page.text


def keyword_pk(person: Subscriber, text: str) -> int:
    return person.subscriptions.get(text=text).pk


def test_the_preview(client: Client) -> None:
    check(preview(client, PASTED))


def test_the_page_that_confirms(client: Client) -> None:
    asked = signup.request("bob@example.org", SignUpRequest((PASTED,)), at=timezone.now())
    check(Page(client.get(address(Purpose.CONFIRM, asked.pk))))


def test_the_page_that_confirms_beyond_its_budget(client: Client, settings: object) -> None:
    many = tuple(f"word{number}" for number in range(4))
    asked = signup.request("bob@example.org", SignUpRequest((PASTED, *many)), at=timezone.now())
    settings.LIMITS = read_rates("keywords=2/hour")  # type: ignore[attr-defined]
    page = Page(client.get(address(Purpose.CONFIRM, asked.pk)))
    check(page)


def test_the_preferences_and_the_form_of_one_keyword(client: Client, person: Subscriber) -> None:
    check(Page(client.get(preferences_url(person))))
    check(Page(client.get(preferences_url(person, "keywords/check/"))))
    edited = Page(client.get(preferences_url(person) + f"?edit={keyword_pk(person, PASTED)}"))
    check(edited)


def test_the_links_of_a_mail_that_remove_and_widen(client: Client, person: Subscriber) -> None:
    link = token(Purpose.KEYWORD, keyword_pk(person, PASTED))
    check(Page(client.get(reverse("drop", args=[link]))))
    link = token(Purpose.KEYWORD, keyword_pk(person, PHRASE))
    page = Page(client.get(reverse("widen", args=[link])))
    assert "Read as heart failure" in page.text
    assert "heart AND failure" in page.text


def test_why_a_paper_came(client: Client, person: Subscriber) -> None:
    paper = factories.paper("Heart failure in mice", listed_on=date(2026, 11, 20))
    entry = DigestEntry(paper.pk, (PASTED,), "title match · 1 keyword")
    check(why(client, sent(person, paper, entries=[entry]), paper.pk))


def test_the_search(client: Client) -> None:
    recent("Heart failure in mice")
    page = Page(client.get(reverse("search"), {"q": PASTED}))
    check(page)
    assert "Heart failure in mice" in page.text


def test_the_admin_pages(operator: Client, person: Subscriber) -> None:
    pk = keyword_pk(person, PASTED)
    for name, number in (("subscriber", person.pk), ("subscription", pk)):
        page = Page(operator.get(reverse(f"admin:subscriptions_{name}_change", args=[number])))
        assert "Read as heart failure." in page.text
        assert LOST in page.text


def test_an_error_says_what_to_paste_and_offers_it(client: Client) -> None:
    terms = " OR ".join(f'"long term {number}"' for number in range(12))
    page = preview(client, f"TITLE-ABS-KEY({terms}) AND DOCTYPE(ar)")
    assert "the limit is 200. It fits as 2 keywords, without what can’t be kept" in page.text
    assert "Use these 2 keywords instead: these 2 keywords" in page.text
    (button,) = [each for each in page.all("button") if "data-instead" in each]
    assert button["data-keyword"].count("\n") == 1
    assert "cannot be used" not in preview(client, button["data-keyword"]).text


def test_a_whole_query_is_split_without_asking_where_nothing_is_lost(client: Client) -> None:
    terms = " OR ".join(f'"long term {number}"' for number in range(12))
    page = preview(client, f"TITLE-ABS-KEY({terms})")
    assert page.all("div")[0]["data-summary"].startswith("2 keywords")


def test_small_and_and_or_are_offered_as_operators_with_both_counts(client: Client) -> None:
    recent("Cats and dogs")
    recent("Dogs that fear a cat")
    recent("Dogs alone")
    page = preview(client, "cats and dogs\ncat or dogs\nsearch and rescue\ncats and")
    assert "1 of the 3 papers of the last 30 days ; 2 with cats AND dogs." in page.text
    assert "With AND or OR as an operator: cats AND dogs , about 2 a month" in page.text
    assert "0 of the 3 papers of the last 30 days; 3 with cat OR dogs." in page.text
    assert page.text.count("as an operator") == 2


def test_a_comma_without_a_blank_that_finds_nothing_is_offered_as_two(client: Client) -> None:
    recent("Dogs alone")
    page = preview(client, "cats,dogs")
    assert "Use these 2 keywords instead: cats · dogs" in page.text
    (button,) = [each for each in page.all("button") if "data-instead" in each]
    assert (button["data-keyword"], button["data-instead"]) == ("cats\ndogs", "cats,dogs")
    assert "instead" not in preview(client, "1,2-dichlorobenzene\n2,4-D\n5,000 genomes").text
    assert "Use these 2 keywords instead: cs.CL · cs.LG" in preview(client, "cs.CL,cs.LG").text
    recent("Of cats, dogs and mice")
    assert "instead" not in preview(client, "cats,dogs").text


def test_a_category_is_said_to_find_nothing_only_where_papers_have_none(client: Client) -> None:
    sentence = "None of the newest papers here has a category"
    assert sentence not in preview(client, "cs.CL").text  # there are no papers
    recent("Dogs alone")
    page = preview(client, "cs.CL\nnothing AND category:cs\n-cat:cs\nword")
    assert page.text.count(sentence) == 2
    assert "Read as category:cs.CL" in page.text
    recent("Cats alone", categories=["math.AG"])
    assert sentence not in preview(client, "cs.CL").text


def test_what_names_one_paper_is_refused_on_the_form(client: Client) -> None:
    posted = {"email": "ada@example.org", "keywords": "https://arxiv.org/abs/2401.01234"}
    page = Page(client.post("/subscribe/", posted))
    assert "This is the address of a paper at arXiv." in page.text
    assert not Subscriber.objects.exists()


def test_long_lists_cost_no_more_than_their_characters() -> None:
    found = keyword_lines.keyword_lines(["all:a"] * 300)
    assert found.summary.startswith("1 keyword")
