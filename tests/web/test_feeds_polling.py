"""Polling the feed of a search costs no search while no paper has changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django import Settings

from digest.feeds import search_feed
from digest.limits.rates import read_rates
from digest.models import Catalogue
from digest.views import feeds
from tests.support import atom, factories
from tests.support.five_processes import TOGETHER, migrated_site, shell, together

pytestmark = pytest.mark.django_db
FEED = "/feeds/search.atom"
QUERY = {"q": "robot AND (knit* OR sing), -bird"}


class Calls:
    """Counts the calls of a function, which it carries out."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self.count = function, 0

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.count += 1
        return self._function(*args, **named)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> dict[str, Calls]:
    """How often the feed has parsed and searched."""
    settings.LIMITS = read_rates("pages=none")
    found = {name: Calls(getattr(search_feed, name)) for name in ("read_query", "search")}
    for name, counted in found.items():
        monkeypatch.setattr(search_feed, name, counted)
    return found


def counts(calls: dict[str, Calls]) -> set[int]:
    return {each.count for each in calls.values()}


def poll(times: int, **headers: str) -> set[int]:
    """The statuses of so many polls, each of which takes one query."""
    request = RequestFactory().get(FEED, QUERY, headers=headers)
    queries = Calls(lambda execute, *statement: execute(*statement))
    with connection.execute_wrapper(queries):
        found = {feeds.search_feed(request).status_code for _ in range(times)}
    assert queries.count == times
    return found


@pytest.mark.parametrize("times", [50, pytest.param(5_000, marks=pytest.mark.slow)])
def test_polls_of_a_feed_parse_and_search_nothing(
    client: Client, calls: dict[str, Calls], times: int
) -> None:
    factories.paper("Robots that knit")
    first = client.get(FEED, QUERY)
    assert counts(calls) == {1}
    assert poll(times) == {200}
    assert poll(times, **{"If-None-Match": first["ETag"]}) == {304}
    assert counts(calls) == {1}
    again = client.get(FEED, QUERY)
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])


def test_an_etag_suffices_for_a_process_that_has_made_no_feed_yet(
    client: Client, calls: dict[str, Calls]
) -> None:
    factories.paper("Robots that knit")
    etag = client.get(FEED, QUERY)["ETag"]
    search_feed.caches["feeds"].clear()
    assert poll(3, **{"If-None-Match": f'"other", {etag}'}) == {304}
    assert counts(calls) == {1}


def change(**fields: int) -> None:
    Catalogue.objects.update(**fields)


@pytest.mark.parametrize(
    "event",
    [
        lambda: factories.paper("Robots that sing"),
        lambda: change(change=Catalogue.current().change + 1),
        lambda: change(newest_seq=Catalogue.current().newest_seq + 1),
        lambda: change(unsearchable_through=7),
    ],
    ids=["a new paper", "a changed paper", "a numbered paper", "older papers are added"],
)
def test_whatever_may_change_the_feed_changes_its_etag_and_searches_once(
    client: Client, calls: dict[str, Calls], event: Callable[[], object]
) -> None:
    factories.paper("Robots that knit")
    first = client.get(FEED, QUERY)
    event()
    newer = client.get(FEED, QUERY, headers={"If-None-Match": first["ETag"]})
    assert newer.status_code == 200
    assert newer["ETag"] != first["ETag"]
    assert counts(calls) == {2}
    assert poll(3) == {200}
    assert counts(calls) == {2}


def test_a_new_paper_is_in_the_feed_at_once(client: Client) -> None:
    factories.paper("Robots that knit")
    assert len(atom.entries(client.get(FEED, QUERY).content)) == 1
    factories.paper("Robots that sing")
    assert len(atom.entries(client.get(FEED, QUERY).content)) == 2


def test_another_query_has_another_etag(client: Client) -> None:
    etags = {client.get(FEED, {"q": q})["ETag"] for q in ("robot", "Robot", "robots", "robot knit")}
    assert len(etags) == 4
    with_blanks = client.get(FEED, {"q": "  robot "})["ETag"]
    assert with_blanks in etags


@pytest.mark.parametrize("known", [{}, {"If-None-Match": "x"}, {"If-Modified-Since": "x"}])
def test_any_cache_may_keep_it_for_a_quarter_of_an_hour(
    client: Client, known: dict[str, str]
) -> None:
    factories.paper("Robots that knit", abstract="knit " * 400)
    first = client.get(FEED, QUERY, headers={"Accept-Encoding": "gzip"})
    values = {"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]}
    headers = {name: values[name] for name in known}
    response = client.get(FEED, QUERY, headers={"Accept-Encoding": "gzip", **headers})
    assert response.status_code == (304 if known else 200)
    assert response["Cache-Control"] == "public, max-age=900"
    assert response["Vary"] == "Accept-Encoding"
    assert response["ETag"] == first["ETag"]
    assert response["ETag"].startswith('W/"')
    assert response["X-Robots-Tag"] == "noindex"
    assert response.get("Content-Encoding") == (None if known else "gzip")
    assert not response.cookies


def test_the_feeds_that_a_process_keeps_are_few(client: Client, settings: Settings) -> None:
    settings.LIMITS = read_rates("pages=none feeds=none")
    most = settings.CACHES["feeds"]["OPTIONS"]["MAX_ENTRIES"]
    for number in range(most + 20):
        client.get(FEED, {"q": f"robot{number}"})
    assert len(search_feed.caches["feeds"]._cache) <= most


def test_a_search_that_was_stopped_is_kept_for_less_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.paper("Robots that knit")
    lifetimes: list[int] = []
    monkeypatch.setattr(
        search_feed.caches["feeds"], "set", lambda _key, _feed, lifetime: lifetimes.append(lifetime)
    )
    client.get(FEED, QUERY)
    monkeypatch.setattr("digest.search.searching.MAX_CANDIDATES", 1)
    client.get(FEED, QUERY)
    assert lifetimes == [86_400, 900]


STORE = """
from django.db import transaction
from tests.support import factories
with transaction.atomic():
    for number in range(60):
        factories.paper(f"Robots that knit {number}")
"""
POLL = f"""{TOGETHER}
from django.conf import settings
from django.test import Client, RequestFactory
from digest.feeds import search_feed
from digest.limits.rates import read_rates
settings.LIMITS = read_rates("pages=none")
settings.ALLOWED_HOSTS.append("testserver")
searches = []
search = search_feed.search
def counted(*args, **named):
    searches.append(args)
    return search(*args, **named)
search_feed.search = counted
client = Client()
first = client.get("/feeds/search.atom", {{"q": "robot"}})
known = {{"If-None-Match": first["ETag"]}}
found = set()
for _ in range(50):
    found.add(client.get("/feeds/search.atom", {{"q": "robot"}}).content)
    found.add(client.get("/feeds/search.atom", {{"q": "robot"}}, headers=known).status_code)
assert found == {{first.content, 304}}, found
import hashlib
print(len(searches), first["ETag"], hashlib.sha256(first.content).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_five_processes_at_once_search_once_each_and_agree(
    request: pytest.FixtureRequest, tmp_path: Any, kind: str
) -> None:
    request.param = kind
    site = migrated_site(request, tmp_path)
    shell(site, STORE)
    (said,) = set(together(site, POLL))
    assert said.startswith("1 W/")
