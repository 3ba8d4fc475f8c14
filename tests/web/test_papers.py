"""Pages of papers: what is shown, in which order, and that input is escaped."""

from datetime import date, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from digest.ingest.papers.paper_links import safe_link
from digest.templatetags.pages import site_name
from tests.support import factories

from .pages import Page, dump

FRIDAY = date(2026, 11, 20)
THURSDAY = date(2026, 11, 19)
HOSTILE = "<script>alert(1)</script> & \"quotes\" '{{ 7|add:7 }}' \u202e"

pytestmark = pytest.mark.django_db


def test_home_without_a_single_paper(client: Client) -> None:
    page = Page(client.get("/"))
    assert "No papers yet" in page.text
    assert page.field("email")["type"] == "email"


def test_home_shows_papers_that_came_without_a_day(client: Client) -> None:
    """As from JSON lines."""
    first, second = factories.paper("Came first"), factories.paper("Came second")
    page = Page(client.get("/"))
    assert "No papers yet" not in page.text
    listing = page.text.partition("Newest papers 2 papers")[2]
    assert listing.index(second.title) < listing.index(first.title)


def test_home_shows_the_newest_listing_in_its_order(client: Client) -> None:
    dump(FRIDAY, factories.paper("Second made, first listed"), factories.paper("Another"))
    dump(THURSDAY, factories.paper("Yesterday's"))
    page = Page(client.get("/"))
    assert "Papers listed on Friday, 20 November 2026" in page.text
    listing = page.text.partition("Papers listed on Friday")[2]
    assert listing.index("first listed") < listing.index("Another")
    assert "Yesterday's" not in listing
    assert "/day/2026-11-19/" in page.links()


def test_the_latest_date_is_the_newest_listing_whenever_it_came(client: Client) -> None:
    dump(FRIDAY, factories.paper("Friday's paper"))
    dump(THURSDAY, factories.paper("Came late"))
    assert "Friday's paper" in Page(client.get("/")).text


def test_a_paper_in_two_dumps_of_a_day_is_shown_once(client: Client) -> None:
    paper = factories.paper("Only once")
    dump(FRIDAY, paper)
    dump(FRIDAY, factories.paper("Another"), paper)
    page = Page(client.get("/"))
    listing = page.source.partition('id="papers"')[2]
    assert listing.count(">Only once<") == 1
    assert "2 papers" in page.text


def test_home_asks_the_database_ten_times_and_then_three(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    dump(FRIDAY, *(factories.paper(f"Paper {number}") for number in range(120)))
    dump(THURSDAY, factories.paper("Yesterday's"))
    for queries in (10, 3):
        with django_assert_num_queries(queries):
            client.get("/")


def test_what_a_paper_says_is_text_and_nothing_else(client: Client) -> None:
    paper = factories.paper(HOSTILE, abstract=HOSTILE, authors=[HOSTILE], url="javascript:alert(1)")
    dump(FRIDAY, paper)
    for address in ("/", "/day/2026-11-20/", f"/papers/{paper.pk}/"):
        response = client.get(address)
        assert b"<script>alert" not in response.content
        assert b"javascript:" not in response.content
        assert HOSTILE.split()[0] in Page(response).text


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//host/x", "ftp://host/", "", "http://[", "x"],
)
def test_only_web_addresses_become_links(address: str) -> None:
    assert safe_link(address) == ""
    assert site_name(address) == ""


@given(st.text())
def test_any_text_may_stand_where_a_link_should(text: str) -> None:
    assert safe_link(safe_link(text)) == safe_link(text)


def test_a_long_abstract_is_folded_and_whole(client: Client) -> None:
    dump(
        FRIDAY,
        factories.paper("Long", abstract="vocable " * 300),
        factories.paper("Short", abstract="brief"),
    )
    page = Page(client.get("/"))
    assert len(page.all("summary")) == 2  # one abstract, and "more" in the form
    assert page.text.count("vocable") == 300


def test_a_day_has_neighbours(client: Client) -> None:
    for back in range(3):
        dump(FRIDAY - timedelta(days=back), factories.paper(f"Paper {back}"))
    page = Page(client.get("/day/2026-11-19/"))
    assert {"/day/2026-11-20/", "/day/2026-11-18/"} <= set(page.links())
    assert "Paper 1" in page.text


@pytest.mark.parametrize(
    "address",
    [
        "/day/2026-11-18/",
        "/day/2026-13-40/",
        "/day/0000-00-00/",
        "/archive/2026-10/",
        "/archive/2026-13/",
        "/day/today/",
        "/papers/0/",
        "/papers/99999999999999999999999999/",
        "/papers/-1/",
        "/nothing/",
    ],
)
def test_an_address_of_nothing_is_a_page_with_a_way_on(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "See the newest papers" in Page(response).text


@pytest.mark.parametrize("number", ["2", "0", "-1", "99999999999", "x", ""])
def test_many_papers_come_in_pages(client: Client, number: str) -> None:
    dump(FRIDAY, *(factories.paper(f"Paper {number}") for number in range(31)))
    response = client.get("/", {"page": number})
    assert response.status_code == 200
    assert "of 2" in Page(response).text


def test_a_paper_with_all_its_facts(client: Client) -> None:
    paper = factories.paper(
        "A paper",
        authors=[f"Author {number}" for number in range(3303)],
        published_on=THURSDAY,
        comment_count=0,
        upvotes=1,
        doi="10.1/x",
        arxiv_id="2611.00001",
        code_url="https://github.com/a/b",
        withdrawn_at=FRIDAY,
        categories=["cs.CL"],
        ai_summary="It is short.",
        journal="Journal of Gauges",
    )
    dump(FRIDAY, paper)
    page = Page(client.get(f"/papers/{paper.pk}/"))
    assert "AI summary: It is short." in page.text
    assert "Journal of Gauges" in page.text
    for fact in ("and 3263 more", "19 November 2026", "10.1/x", "withdrawn on 20"):
        assert fact in page.text
    assert "https://github.com/a/b" in page.links()


def test_a_paper_of_some_month(client: Client) -> None:
    paper = factories.paper("A", published_on=date(2026, 11, 1), published_precision="month")
    dump(FRIDAY, paper)
    assert "Published November 2026" in Page(client.get(f"/papers/{paper.pk}/")).text
    home = Page(client.get("/")).text
    assert "Nov 2026" in home
    assert "1 Nov 2026" not in home


def test_an_old_listing_dated_years_ahead_does_not_stay_the_newest(client: Client) -> None:
    dump(date(2031, 2, 11), factories.paper("Of a wrong clock", listed_on=date(2031, 2, 11)))
    dump(FRIDAY, factories.paper("Friday's paper"))
    page = Page(client.get("/"))
    assert "Papers listed on Friday, 20 November 2026" in page.text
    assert "Friday's paper" in page.text
    assert "Of a wrong clock" not in page.text
    assert "2031" not in page.source
