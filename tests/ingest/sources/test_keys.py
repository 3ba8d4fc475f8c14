"""Keys of services: sent to their own host, and shown nowhere."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import serializers
from django.db import IntegrityError, transaction

from digest.ingest.sources import keys
from digest.ingest.sources.errors import CannotFetch
from digest.models import Catalogue, Dump, Paper, Source

from .source_factory import MORNING, TODAY, copied_page, fetch_now, make_source
from .web_server import Request, WebServer, moved, raw, reply, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders", "key")]
KEY = "s3cret/key+0123456789"
ENCODED = "s3cret%2Fkey%2B0123456789"
LEAK = re.compile("s3cret", re.IGNORECASE)
VARIABLE = "SOURCE_LAB_KEY"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv(f"{VARIABLE}_HOST", "127.0.0.1 api.example.org")


@pytest.fixture(autouse=True)
def nothing_leaks(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[None]:
    """Look for the key in the logs, the rows and the files, whatever a test did."""
    caplog.set_level(logging.INFO)
    yield
    rows = [
        serializers.serialize("json", model.objects.all())
        for model in (Source, Dump, Paper, Catalogue)
    ]
    files = [
        each.read_bytes().decode(errors="replace")
        for each in tmp_path.rglob("*.*")
        if each.is_file()
    ]
    assert not LEAK.search("\n".join([caplog.text, *rows, *files]))


def keyed(web: WebServer, path: str = "/", place: str = "query:api_key", **values: Any) -> Source:
    return make_source(web, path, key_variable=VARIABLE, key_place=place, **values)


def paged(web: WebServer, body: bytes | None = None) -> None:
    answer = reply(body=copied_page(TODAY, "Robots that knit") if body is None else body)
    web.otherwise = lambda asked: answer


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/works", f"/works?api_key={ENCODED}"),
        ("/works?q=a", f"/works?q=a&api_key={ENCODED}"),
        ("/works?api_key=old&q=a", f"/works?q=a&api_key={ENCODED}"),
    ],
)
def test_it_is_sent_as_a_parameter(web: WebServer, path: str, sent: str) -> None:
    keyed(web, path)
    paged(web)
    (fetched,) = fetch_now()
    assert (fetched.error, web.paths) == ("", [sent])
    assert Source.objects.get().validated_url == web.url + path


def test_it_is_sent_as_a_header(web: WebServer) -> None:
    keyed(web, place="header:x-api-key")
    paged(web)
    assert fetch_now()[0].error == ""
    assert (web.asked[0].headers["x-api-key"], web.paths) == (KEY, ["/"])


@pytest.mark.parametrize("place", ["query:api_key", "header:x-api-key"])
def test_a_redirect_to_another_host_does_not_carry_it(web: WebServer, place: str) -> None:
    with serving() as other:
        other.otherwise = lambda asked: reply(body=copied_page(TODAY, "Robots"))
        elsewhere = f"http://localhost:{other.port}/"
        web.otherwise = lambda asked: moved(elsewhere)
        keyed(web, place=place)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "digest.ingest.sources.website._allowed", lambda source: {"localhost", "127.0.0.1"}
            )
            fetch_now()
        assert other.paths == ["/"]
        assert not LEAK.search(str(other.asked))
    assert LEAK.search(str(web.asked))


def test_one_that_the_server_copies_into_a_redirect_stays_at_home(web: WebServer) -> None:
    with serving() as other:
        web.otherwise = lambda asked: moved(f"http://localhost:{other.port}{asked.path}")
        keyed(web)
        (fetched,) = fetch_now()
        assert "redirects to another host, so the key" in fetched.error
        assert other.asked == []


def test_a_redirect_on_its_own_host_carries_it_once(web: WebServer) -> None:
    def answer(asked: Request) -> Any:
        if asked.path.startswith("/new"):
            return reply(body=copied_page(TODAY, "Robots"))
        return moved(web.url + asked.path.replace("/old", "/new"))

    web.otherwise = answer
    keyed(web, "/old")
    assert fetch_now()[0].error == ""
    assert web.paths == [f"/old?api_key={ENCODED}", f"/new?api_key={ENCODED}"]


@pytest.mark.parametrize("shown", [KEY, ENCODED, KEY.replace("/", "\\/")])
def test_a_server_that_repeats_it(web: WebServer, shown: str) -> None:
    keyed(web)
    page = copied_page(TODAY, "Robots that knit").replace(b"We study it", shown.encode())
    web.answer(
        f"/?api_key={ENCODED}",
        reply(body=page, ETag=f'"{shown}"', Last_Modified=shown),
        reply(400, f'{{"error": "no {shown}"}}'.encode(), Content_Type="application/json"),
        reply(429, Retry_After="x"),
        raw(f"HTTP/1.1 500 {shown}\r\nContent-Length: 0\r\n\r\n".encode()),
        moved(f"ftp://{shown}/"),
        moved(f"http://[{shown}"),
    )
    assert fetch_now()[0].error == ""
    assert keys.HIDDEN in Paper.objects.get().abstract
    assert Source.objects.get().etag == ""
    for _ in range(5):
        Source.objects.update(next_run_at=MORNING)
        assert fetch_now()[0].error


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_gives_up_no_day(web: WebServer, status: int) -> None:
    made = keyed(web, "/{date}", covered_through=TODAY.replace(day=10))
    web.otherwise = lambda asked: reply(status)
    for _ in range(7):
        Source.objects.update(next_run_at=MORNING)
        (fetched,) = fetch_now()
        assert f"check whether {VARIABLE} is right" in fetched.error
    made.refresh_from_db()
    assert (made.refusals, made.covered_through) == (0, TODAY.replace(day=10))


class TestRefused:
    def error(self, web: WebServer, **values: Any) -> str:
        keyed(web, **values)
        (fetched,) = fetch_now()
        assert web.asked == []
        return fetched.error

    def test_without_a_value(self, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(VARIABLE)
        assert f"set {VARIABLE}" in self.error(web)

    @pytest.mark.parametrize(
        "value", ["short", "s3cret\nX-Evil: 1", "s3crét-s3crét", "s3cret" * 200]
    )
    def test_what_is_no_key(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv(VARIABLE, value)
        assert f"{VARIABLE} does not contain a key" in self.error(web)

    def test_a_host_that_it_does_not_belong_to(self, web: WebServer) -> None:
        sentence = self.error(web, url=web.url.replace("127.0.0.1", "localhost"))
        assert f"{VARIABLE} belongs to 127.0.0.1 api.example.org, and is not sent" in sentence

    def test_a_variable_without_a_host(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(f"{VARIABLE}_HOST")
        assert f"set {VARIABLE}_HOST=127.0.0.1" in self.error(web)

    @pytest.mark.parametrize(
        "address",
        [
            "http://api.example.org/",
            "https://api.example.org.evil.org/",
            "https://api.example.org@evil.org/",
            "https://evil.org/api.example.org",
            "https://sub.api.example.org/",
        ],
    )
    def test_addresses_that_look_like_its_own(self, web: WebServer, address: str) -> None:
        assert "is not sent to" in (said := self.error(web, url=address)) or "encrypted" in said

    def test_the_host_is_no_placeholder(self, web: WebServer) -> None:
        assert "not sent to" in self.error(web, url="https://{date}.example.org/")


def test_known_keys_belong_to_known_hosts() -> None:
    assert keys.hosts_of("SOURCE_OPENALEX_KEY") == {"api.openalex.org"}
    assert keys.hosts_of("SOURCE_ELSE") == frozenset()


def test_it_is_sent_encrypted_or_within_this_machine() -> None:
    key = keys.SourceKey("A", KEY, "query", "k", frozenset({"a.example", "localhost"}))
    sent = [
        url
        for url in (
            "https://A.example/",
            "http://a.example/",
            "http://localhost/",
            "ftp://a.example/",
        )
        if key.belongs_to(httpx.URL(url))
    ]
    assert sent == ["https://A.example/", "http://localhost/"]
    assert "s3cret" not in repr(key)


def test_the_word_before_a_token_is_no_secret() -> None:
    key = keys.SourceKey("A", f"Bearer {KEY}", "header", "Authorization", frozenset())
    assert key.hide(f"A Bearer sends {KEY}") == "A Bearer sends (key)"


@pytest.mark.parametrize(
    "wrong", [{"key_variable": "SECRET_KEY", "key_place": "query:a"}, {"key_variable": "SOURCE_A"}]
)
def test_the_database_takes_no_other_variable(web: WebServer, wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_source(web, **wrong)


def test_a_fault_at_it_is_a_sentence() -> None:
    with pytest.raises(CannotFetch, match="not a web address"):
        keys.key_of(Source(url="https://a:b/", key_variable=VARIABLE, key_place="query:a"))
