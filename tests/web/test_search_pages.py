"""The pages of one search: their links, and what each costs."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from digest.limits.rates import read_rates
from digest.models import Paper
from tests.support import factories

from .pages import Page
from .search_page import many, search, titles

pytestmark = pytest.mark.django_db


class TestPages:
    @pytest.fixture(autouse=True)
    def papers(self) -> None:
        many(65)

    def test_links_lead_to_all_of_them(self, client: Client) -> None:
        found: list[str] = []
        address = "/search/?q=speech%2C+robot"
        for number in (1, 2, 3):
            page = Page(client.get(address))
            assert f"Page {number} of 3" in page.text
            assert "65 papers" in page.text
            found += titles(page)
            nearby = [link for link in page.links() if f"page={number + 1}" in link]
            address = nearby[0] if nearby else ""
        assert not address
        assert found == [f"Speech {number}" for number in range(65)]

    def test_links_keep_the_order_and_the_days(self, client: Client) -> None:
        asked = {"from": "2026-01-01", "to": "2026-12-31", "order": "best", "page": "2"}
        page = search(client, "speech", **asked)
        days = "from=2026-01-01&to=2026-12-31"
        assert f"/search/?q=speech&order=best&{days}&page=3#results" in page.links()
        assert f"/search/?q=speech&order=best&{days}#results" in page.links()
        assert f"/search/?q=speech&{days}#results" in page.links()

    @pytest.mark.parametrize(
        ("number", "shown"),
        [("99", 3), ("0", 3), ("-1", 3), ("x", 1), ("", 1), ("9" * 300, 3), ("٣", 3)],
    )
    def test_a_page_that_is_none(self, client: Client, number: str, shown: int) -> None:
        assert f"Page {shown} of 3" in search(client, "speech", page=number).text

    def test_the_next_page_takes_no_new_search(
        self, client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        settings.LIMITS = read_rates("search=1/hour")
        search(client, "speech")
        # The other wordings, the state of the papers, and those of the page.
        with django_assert_num_queries(4):
            search(client, "Speech", page=2)
        assert client.get("/search/?q=robot").status_code == 429
        assert client.get("/search/?q=speech&order=best").status_code == 429
        assert client.get("/search/?q=speech&to=2026-11-20").status_code == 429
        factories.paper("Another one")
        assert client.get("/search/?q=speech").status_code == 429
        settings.LIMITS = read_rates("search=none")
        assert "65 papers" in search(client, "speech").text

    def test_queries_are_few(
        self, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        # PostgreSQL walks back in four spans of time, within a transaction.
        most = 16 if connection.vendor == "postgresql" else 7
        with django_assert_max_num_queries(most):
            assert len(titles(search(client, "speech"))) == 30
        with django_assert_max_num_queries(most):
            assert len(titles(search(client, "speech OR a1", order="best"))) == 30

    def test_a_paper_deleted_meanwhile_is_left_out(self, client: Client) -> None:
        search(client, "speech")
        Paper.objects.filter(title="Speech 3").delete()
        found = titles(search(client, "speech"))
        assert len(found) == 29
        assert "Speech 3" not in found
