"""The archive: a month as a calendar, and what is said of days without a listing."""

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from digest.models import Dump
from digest.web.archive import YEARS_SHOWN, calendar_month
from tests.support import factories

from .pages import Page, dump
from .test_html import faults

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Calendar(HTMLParser):
    """The rows of a page's table: the text of each cell, and where it leads."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str]]] = []
        self._inside = False
        self.feed(page.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append(("", ""))
            self._inside = True
        elif tag == "a" and self._inside:
            self.rows[-1][-1] = ("", dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            text, link = self.rows[-1][-1]
            self.rows[-1][-1] = (f"{text}{data}", link)


def listed(*days: date) -> None:
    """One paper on each of the days, received on that day."""
    for day in days:
        at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        dump(day, factories.paper(f"Paper of {day}", listed_on=day), at=at)


@time_machine.travel(NOW, tick=False)
def test_a_month_is_a_table_with_links_to_its_days(client: Client) -> None:
    first, second = factories.paper("One"), factories.paper("Another")
    dump(FRIDAY, first, second)
    dump(FRIDAY, second)
    dump(date(2026, 11, 1), first)
    page = Page(client.get("/archive/2026-11/"))
    assert "Papers listed each day in November 2026" in page.text
    assert page.all("caption")
    names, *weeks = Calendar(page).rows
    assert [text for text, _ in names] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert {each["scope"] for each in page.all("th")} == {"col"}
    assert [len(week) for week in weeks] == [7] * 6
    # The first of November was a Sunday.
    assert [text for text, _ in weeks[0]] == [""] * 6 + ["1 November: 1 paper"]
    links = {link: text for week in weeks for text, link in week if link}
    assert links == {
        "/day/2026-11-01/": "1 November: 1 paper",
        "/day/2026-11-20/": "20 November: 2 papers",
    }
    assert [text for text, _ in weeks[-1]] == ["30", *[""] * 6]
    for address, text in links.items():
        assert text.rpartition(": ")[2] in Page(client.get(address)).text


@time_machine.travel(NOW, tick=False)
def test_the_archive_begins_with_the_newest_month(client: Client) -> None:
    listed(date(2026, 9, 30), FRIDAY)
    newest, same = client.get("/archive/"), client.get("/archive/2026-11/")
    assert newest.content == same.content


def test_an_archive_without_a_listing(client: Client) -> None:
    factories.paper("Came without a day")
    page = client.get("/archive/")
    assert page.status_code == 200
    assert "No listing with a date has reached us yet" in Page(page).text
    assert "/archive/" in Page(client.get("/")).links()


@time_machine.travel(NOW, tick=False)
def test_steps_lead_only_to_months_and_years_with_a_listing(client: Client) -> None:
    listed(date(2023, 12, 31), date(2024, 1, 1), date(2026, 2, 28), date(2026, 11, 1))
    page = Page(client.get("/archive/2026-02/"))
    steps = [link for link in page.links() if link.startswith("/archive/")]
    assert steps == [
        "/archive/2024-01/", "/archive/2026-11/",  # nearby
        "/archive/2026-02/", "/archive/2026-11/",  # of the year
        "/archive/2023-12/", "/archive/2024-01/", "/archive/2026-11/",  # years
    ]  # fmt: skip
    assert "← January 2024" in page.text
    assert "November 2026 →" in page.text
    here = [each["href"] for each in page.all("a") if "aria-current" in each]
    assert here == ["/archive/2026-02/", "/archive/2026-11/"]
    for address in steps:
        assert client.get(address).status_code == 200, address
    # A listing on the first of a month is none of the month before.
    assert "← December 2023" in Page(client.get("/archive/2024-01/")).text
    edges = Page(client.get("/archive/2023-12/")), Page(client.get("/archive/2026-11/"))
    assert [bool("←" in page.text) for page in edges] == [False, True]
    assert [bool("→" in page.text) for page in edges] == [True, False]


def test_home_and_day_lead_to_the_archive(client: Client) -> None:
    listed(FRIDAY)
    for address in ("/", "/day/2026-11-20/", "/day/2026-11-19/"):
        links = [link for link in Page(client.get(address)).links() if "/archive/" in link]
        assert links, address
        assert client.get(links[0]).status_code == 200


WITHOUT = [
    ("/day/2026-11-19/", "No papers listed on Thursday, 19 November 2026",
     "No listing of this day has reached us.", ["/day/2026-11-18/", "/day/2026-11-20/"]),
    ("/day/2026-11-17/", "on Tuesday", "Our archive begins on 18 November 2026.",
     ["/day/2026-11-18/"]),
    ("/day/2026-11-29/", "on Sunday", "No newer listing has reached us yet.",
     ["/day/2026-11-20/"]),
    ("/day/2026-11-30/", "on Monday", "This day is still to come.", ["/day/2026-11-20/"]),
    ("/day/9999-12-31/", "on Friday", "This day is still to come.", ["/day/2026-11-20/"]),
    ("/day/0001-01-01/", "on Monday", "Our archive begins on", ["/day/2026-11-18/"]),
    ("/archive/2026-10/", "No papers listed in October 2026", "Our archive begins on",
     ["/day/2026-11-18/"]),
    ("/archive/2026-12/", "in December 2026", "This month is still to come.",
     ["/day/2026-11-20/"]),
    ("/archive/9999-12/", "in December 9999", "This month is still to come.",
     ["/day/2026-11-20/"]),
]  # fmt: skip


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("address", "heading", "sentence", "nearest"), WITHOUT)
def test_a_period_without_a_listing_says_so_and_names_the_nearest_days(
    client: Client, address: str, heading: str, sentence: str, nearest: list[str]
) -> None:
    listed(date(2026, 11, 18), FRIDAY)
    response = client.get(address)
    page = Page(response)
    assert response.status_code == 404
    assert heading in page.text
    assert sentence in page.text
    assert [link for link in page.links() if link.startswith("/day/")] == nearest
    assert "See the newest papers" in page.text


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("address", ["/archive/", "/archive/2026-10/", "/day/2026-11-19/"])
def test_pages_are_valid_and_the_same_for_everybody(client: Client, address: str) -> None:
    listed(date(2026, 9, 18), FRIDAY)
    response = client.get(address)
    assert faults(response) == []
    assert "no-store" not in response.get("Cache-Control", "")
    assert not client.cookies


def test_a_site_without_any_listing_says_so(client: Client) -> None:
    response = client.get("/day/2026-11-19/")
    assert response.status_code == 404
    assert "No listing with a date has reached us yet" in Page(response).text


@time_machine.travel(NOW, tick=False)
def test_a_listing_of_a_wrong_clock_is_nowhere(client: Client) -> None:
    wrong = date(2031, 2, 11)
    listed(FRIDAY)
    dump(wrong, factories.paper("Of a wrong clock"))
    assert client.get("/archive/2031-02/").status_code == 404
    assert client.get("/day/2031-02-11/").status_code == 404
    assert "2031" not in client.get("/archive/").content.decode()


def test_dumps_that_were_not_read_are_no_listing(client: Client) -> None:
    for state in (Dump.State.QUARANTINED, Dump.State.RECEIVED, Dump.State.WAITING):
        row = dump(FRIDAY, factories.paper(f"Paper {state}"))
        Dump.objects.filter(pk=row.pk).update(state=state, error="?")
    assert client.get("/day/2026-11-20/").status_code == 404
    assert client.get("/archive/2026-11/").status_code == 404


@time_machine.travel(NOW, tick=False)
def test_a_month_asks_the_database_five_times_and_then_once(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    listed(*(FRIDAY - timedelta(days=41 * back) for back in range(100)))
    for queries in (5, 1):
        with django_assert_num_queries(queries):
            assert client.get("/archive/2026-11/").status_code == 200
    cache.clear()
    with django_assert_num_queries(3):  # no papers, and the days nearby
        assert client.get("/archive/2027-01/").status_code == 404


@time_machine.travel(NOW, tick=False)
def test_a_new_listing_is_shown_at_once(client: Client) -> None:
    listed(FRIDAY)
    assert "/day/2026-11-19/" not in Page(client.get("/archive/")).links()
    listed(date(2026, 11, 19))
    assert "/day/2026-11-19/" in Page(client.get("/archive/")).links()


def test_days_are_found_by_their_index() -> None:
    """A month must not read ten years of dumps: each period is a search of the index."""
    listed(*(FRIDAY - timedelta(days=back) for back in range(5)))
    with CaptureQueriesContext(connection) as queries:
        assert calendar_month(date(2026, 11, 1))
    if connection.vendor != "sqlite":
        return
    for query in queries.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = [row[-1] for row in cursor.fetchall()]
        read = [step for step in plan if "U0" in step]
        assert read
        assert all("dump_listed_on" in step for step in read), plan


def test_years_are_bounded() -> None:
    listed(date(1300, 1, 1), FRIDAY)
    month = calendar_month(date(2026, 11, 1))
    assert month
    assert len(month.years) == YEARS_SHOWN
    assert month.years[-1].first.year == 2026
