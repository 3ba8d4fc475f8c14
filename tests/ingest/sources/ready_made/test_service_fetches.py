"""Each service from its form to papers, against a server that answers as it documents."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import serializers

from digest.ingest.sources.ready_made.services import SERVICES
from digest.models import Dump, Listing, Paper, Source

from ..source_factory import MORNING, TODAY, fetch_now, make_source
from ..web_server import Request, WebServer, reply
from . import service_servers as servers
from .service_servers import ServiceServer, days_ago
from .test_services import FILLED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]
SERVERS: dict[str, type[ServiceServer]] = {
    "crossref": servers.Crossref,
    "europepmc": servers.EuropePmc,
    "openalex": servers.OpenAlex,
    "semanticscholar": servers.SemanticScholar,
    "pubmed": servers.PubMed,
    "iacr": servers.Feed,
    "feed": servers.Feed,
}
DAILY = [name for name in SERVERS if name not in ("iacr", "feed")]
TITLES = ("Gauges of rivers", "Maps of tides", "Nets of eels", "Oars of boats", "Piers of stone")
KEY = servers.OpenAlex.key


@pytest.fixture(autouse=True)
def nothing_leaks(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("SOURCE_OPENALEX_KEY", KEY)
    monkeypatch.setenv("SOURCE_OPENALEX_KEY_HOST", "127.0.0.1")
    yield
    rows = [serializers.serialize("json", each.objects.all()) for each in (Source, Dump, Listing)]
    assert KEY not in "\n".join([caplog.text, *rows])


def service_source(web: WebServer, name: str, **values: Any) -> Source:
    """Create the source of a service, whose host is the test's server."""
    service = SERVICES[name]
    made = service.source_values(FILLED[name])
    parts = urlsplit(str(made["url"]))
    made["url"] = str(made["url"]).replace(f"{parts.scheme}://{parts.netloc}", web.url, 1)
    if service.key and service.key.required:
        made |= {"key_variable": service.key.variable, "key_place": service.key.place}
    made |= {"every_minutes": made.get("every_minutes"), "covered_through": days_ago(1)}
    return make_source(web, **(made | values))


def titles() -> set[str]:
    return {title.rstrip(".") for title in Paper.objects.numbered().values_list("title", flat=True)}


@pytest.mark.parametrize("name", SERVERS)
def test_papers_come_from_all_pages_and_are_news(web: WebServer, name: str) -> None:
    made = service_source(web, name)
    web.otherwise = SERVERS[name]({TODAY: TITLES})
    (fetched,) = fetch_now()
    assert fetched.error == ""
    assert titles() == set(TITLES)
    paper = Paper.objects.get(title__startswith="Maps of tides")
    assert servers.ABSTRACT.split(",")[0] in paper.abstract
    assert "Author" in paper.authors[0]
    dump = Dump.objects.get()
    assert (dump.state, dump.papers, dump.source) == ("parsed", 5, made)


@pytest.mark.parametrize("name", SERVERS)
def test_what_comes_first_is_backfill(web: WebServer, name: str) -> None:
    service_source(web, name, first_fetched_at=None)
    web.otherwise = SERVERS[name]({TODAY: TITLES})
    assert fetch_now()[0].error == ""
    assert (Paper.objects.count(), titles()) == (5, set())


@pytest.mark.parametrize("name", DAILY)
def test_a_day_without_papers(web: WebServer, name: str) -> None:
    made = service_source(web, name)
    web.otherwise = SERVERS[name]({days_ago(30): TITLES})
    assert fetch_now()[0].error == ""
    assert (Dump.objects.count(), len(web.asked)) == (0, 1)
    made.refresh_from_db()
    assert made.trouble == ""


@pytest.mark.parametrize("name", DAILY)
def test_what_was_indexed_late_comes_with_a_later_day(web: WebServer, name: str) -> None:
    made = service_source(web, name)
    early = {days_ago(1): TITLES[:2], TODAY: TITLES[2:3]}
    web.otherwise = SERVERS[name](early)
    fetch_now()
    late = {days_ago(1): TITLES[:2], TODAY: (*TITLES[2:3], TITLES[4])}
    web.otherwise = SERVERS[name](late)
    made.covered_through = TODAY
    made.save()
    Source.objects.update(next_run_at=MORNING)
    fetch_now(MORNING + timedelta(days=1))
    assert titles() == {*TITLES[:3], TITLES[4]}
    assert Paper.objects.count() == 4


@pytest.mark.real_clock  # pages older than an hour, by the clock of the disk, are not used
@pytest.mark.parametrize("name", DAILY)
def test_a_step_that_ends_goes_on_from_its_pages(
    web: WebServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service_source(web, name)
    web.otherwise = SERVERS[name]({TODAY: TITLES})
    with monkeypatch.context() as patch:
        patch.setattr("digest.ingest.sources.website.ENOUGH_SECONDS", 9999)
        steps = 0
        while (fetched := fetch_now(MORNING + timedelta(minutes=steps))[0]).more and steps < 9:
            steps += 1
        assert fetched.error == ""
    assert titles() == set(TITLES)
    assert len(web.paths) == len(set(web.paths)) or name == "crossref"
    assert steps >= 1


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (429, b'{"error": "Too many"}', "application/json", "429 Too Many Requests (“Too many”)"),
        (
            400,
            b'{"message": [{"message": "No such filter"}]}',
            "application/json",
            "“No such filter”",
        ),
        (503, b"<h1>Busy</h1>", "text/html", "503"),
        (200, b"<!DOCTYPE html><title>Maintenance</title><h1>Back soon</h1>", "text/html", ""),
        (200, b'{"error": "internal"}', "application/json", ""),
    ],
)
def test_errors_are_said_and_nothing_is_taken(
    web: WebServer, name: str, status: int, body: bytes, kind: str, sentence: str
) -> None:
    made = service_source(web, name)
    web.otherwise = lambda asked: reply(status, body, Content_Type=kind, Retry_After="3600")
    (fetched,) = fetch_now()
    assert fetched.error
    assert sentence in fetched.error
    assert not Paper.objects.exists()
    made.refresh_from_db()
    waits = status in (429, 503)
    assert (made.next_run_at >= MORNING + timedelta(hours=1)) == waits
    assert made.covered_through == days_ago(1)


@pytest.mark.real_clock
def test_a_later_page_that_fails_leaves_the_day_to_the_next_try(web: WebServer) -> None:
    made = service_source(web, "europepmc")
    server = servers.EuropePmc({TODAY: TITLES})
    broken = [reply(500)] * 3

    def answer(asked: Request) -> Any:
        return broken.pop() if "cursorMark=AoI" in asked.path and broken else server(asked)

    web.otherwise = answer
    assert "500" in fetch_now()[0].error
    assert not Dump.objects.exists()
    made.refresh_from_db()
    assert fetch_now(made.next_run_at)[0].error == ""
    assert titles() == set(TITLES)
    assert sum("cursorMark=%2A" in path or "cursorMark=*" in path for path in web.paths) == 1


@pytest.mark.parametrize("name", ["crossref", "feed"])
def test_few_papers_after_many_are_taken(web: WebServer, name: str) -> None:
    """A new issue begins a journal's feed anew, and a search finds what there is."""
    made = service_source(web, name)
    for number in range(4):
        many = tuple(f"Gauge {number} of river {each}" for each in range(30 if number < 3 else 1))
        web.otherwise = SERVERS[name]({TODAY + timedelta(days=number): many})
        Source.objects.update(next_run_at=MORNING, covered_through=TODAY + timedelta(days=number))
        (fetched,) = fetch_now(MORNING + timedelta(days=number))
        assert fetched.error == ""
    made.refresh_from_db()
    assert (made.trouble, Paper.objects.count()) == ("", 91)


def test_a_cursor_that_is_repeated_at_the_end(web: WebServer) -> None:
    server = servers.EuropePmc({TODAY: TITLES})
    server.repeats_cursor = True
    service_source(web, "europepmc")
    web.otherwise = server
    assert fetch_now()[0].error == ""
    assert titles() == set(TITLES)


def test_a_key_that_is_wrong(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    service_source(web, "openalex")
    monkeypatch.setenv("SOURCE_OPENALEX_KEY", f"{KEY}-old")
    web.otherwise = servers.OpenAlex({TODAY: TITLES})
    (fetched,) = fetch_now()
    assert "An API key is needed for a cursor" in fetched.error
    assert "check whether SOURCE_OPENALEX_KEY is right" in fetched.error


def test_a_contact_reaches_the_service(web: WebServer) -> None:
    service_source(web, "crossref", contact="Ops <ops@example.org>")
    web.otherwise = servers.Crossref({TODAY: TITLES})
    fetch_now()
    assert "mailto=ops@example.org" in web.paths[0]
    assert "mailto:" in web.asked[0].headers["user-agent"]


def test_requests_to_one_service_keep_its_pause(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = {"127.0.0.1": timedelta(seconds=0.2)}
    monkeypatch.setattr("digest.ingest.sources.politeness.PAUSES", pauses)
    service_source(web, "semanticscholar")
    web.otherwise = servers.SemanticScholar({TODAY: TITLES})
    assert fetch_now()[0].error == ""
    at = [each.at for each in web.asked]
    assert len(at) == 3
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(at))
