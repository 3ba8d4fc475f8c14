"""A trial says what a source would bring, and keeps nothing."""

import gzip
import io
import json
import logging
import tarfile
from typing import Any

import pytest

from digest.ingest.pipeline import read, receive
from digest.ingest.sources.ready_made.trial import SHOWN, Trial, try_source
from digest.models import Dump, Listing, Paper, Source

from ..source_factory import MORNING, TODAY, copied_page, make_source
from ..web_server import WebServer, moved, reply, silent
from . import service_servers as servers
from .service_servers import days_ago
from .test_service_fetches import DAILY, KEY, SERVERS, TITLES, nothing_leaks, service_source

__all__ = ["nothing_leaks"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


def tried(source: Source, seconds: float = 5) -> Trial:
    """Try a source that is not saved; nothing may be kept."""
    before = list(Source.objects.values())
    source.pk = None
    trial = try_source(source, MORNING, seconds)
    assert list(Source.objects.values()) == before
    assert not any(each.objects.exists() for each in (Dump, Listing, Paper))
    return trial


@pytest.mark.parametrize("name", SERVERS)
def test_the_first_papers_are_shown(web: WebServer, name: str) -> None:
    web.otherwise = SERVERS[name]({days_ago(1): TITLES})
    trial = tried(service_source(web, name))
    assert trial.error == ""
    is_whole = name in ("pubmed", "iacr", "feed")
    assert (trial.papers, trial.has_more) == (5 if is_whole else 2, not is_whole)
    first = trial.first[0]
    assert first.title.rstrip(".") == TITLES[0]
    assert "Author" in first.authors
    assert first.abstract_length > 30
    assert trial.day == (days_ago(1) if name in DAILY else None)
    assert KEY not in repr(trial)
    assert trial.address.startswith(web.url)
    assert trial.format in (
        "crossref",
        "europepmc",
        "openalex",
        "semantic_scholar",
        "pubmed",
        "feed",
    )


@pytest.mark.parametrize("name", DAILY)
def test_a_day_without_papers(web: WebServer, name: str) -> None:
    web.otherwise = SERVERS[name]({})
    trial = tried(service_source(web, name))
    assert (trial.error, trial.papers, trial.has_more) == ("", 0, False)


def test_no_more_than_ten_are_shown_and_what_is_left_out_is_named(web: WebServer) -> None:
    many = tuple(f"Gauges of river {number}" for number in range(15))
    server = servers.Crossref({days_ago(1): (*many, "Editorial Board")})
    server.size = 20
    web.otherwise = server
    trial = tried(service_source(web, "crossref"))
    assert len(trial.first) == SHOWN
    assert trial.papers + len(trial.skipped) == 16


def test_a_date_is_shown_as_exactly_as_it_is_known(web: WebServer) -> None:
    dates = ("2026-11-20", "2026-11", "2026")
    papers = [{"title": f"Gauges of {each}", "published": each} for each in dates]
    web.otherwise = lambda asked: reply(body=json.dumps(papers).encode())
    trial = tried(make_source(web, format="json_papers"))
    assert [each.published for each in trial.first] == ["20 November 2026", "November 2026", "2026"]


def test_papers_that_are_known_are_counted(web: WebServer) -> None:
    source = make_source(web)
    web.otherwise = lambda asked: reply(body=copied_page(TODAY, "Robots", "Yarn"))
    read(receive(io.BytesIO(copied_page(TODAY, "Robots")), "a.txt", at=MORNING), at=MORNING)
    source.pk = None
    trial = try_source(source, MORNING)
    assert (trial.papers, trial.known) == (2, 1)
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (reply(404), "answered 404"),
        (reply(body=b"<h1>Please log in</h1>"), ""),
        (reply(body=b""), ""),
        (moved("ftp://a/"), "not a web address"),
        (silent(2), "took too long"),
    ],
)
def test_what_goes_wrong_is_said(web: WebServer, answer: Any, sentence: str) -> None:
    web.otherwise = lambda asked: answer
    trial = tried(make_source(web), seconds=0.5)
    assert trial.error
    assert sentence in trial.error
    assert trial.first == ()


def test_an_address_of_its_own_network(web: WebServer) -> None:
    trial = tried(make_source(web, allow_private=False))
    assert "allow a private address" in trial.error
    assert web.asked == []


def test_more_than_a_trial_reads(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.ingest.sources.ready_made.trial.MOST_BYTES", 10)
    web.otherwise = lambda asked: reply(body=copied_page(TODAY, "Robots"))
    assert "the limit is 10 " in tried(make_source(web)).error


def test_it_asks_for_the_page_even_if_it_is_the_same_as_before(web: WebServer) -> None:
    web.otherwise = lambda asked: reply(body=copied_page(TODAY, "Robots"))
    source = make_source(web, validated_url=web.url + "/", etag='"1"')
    assert tried(source).papers == 1
    assert "if-none-match" not in web.asked[0].headers


@pytest.mark.parametrize("packed", ["gz", "tar"])
def test_packed_pages(web: WebServer, packed: str) -> None:
    page = copied_page(TODAY, "Robots")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = len(page)
        archive.addfile(member, io.BytesIO(page))
    body = gzip.compress(page) if packed == "gz" else file.getvalue()
    web.otherwise = lambda asked: reply(body=body)
    trial = tried(make_source(web))
    assert (trial.error, trial.papers, [each.title for each in trial.first]) == ("", 1, ["Robots"])


def test_a_fault_of_the_program_is_a_sentence(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RecursionError

    caplog.set_level(logging.CRITICAL)
    web.otherwise = lambda asked: reply(body=copied_page(TODAY, "Robots"))
    monkeypatch.setattr("digest.ingest.sources.ready_made.trial.walk_of", broken)
    assert tried(make_source(web)).error
