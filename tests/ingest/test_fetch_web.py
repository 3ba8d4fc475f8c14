"""One address of the web: every way in which an answer can be slow, wrong, huge or a trap."""

import gzip
import shutil
import socket
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.fetch import wire
from digest.ingest.fetch.failure import CannotFetch
from digest.ingest.fetch.web import Answer, Limits, get, retry_after

from .imap_server import certificate, showing
from .web_server import (
    WebServer,
    endless,
    moved,
    raw,
    reply,
    serving,
    silent,
    trickle,
    zipped,
)

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def _server() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.ingest.fetch.web.PAUSE_SECONDS", 0.01)


@pytest.fixture
def web(_server: WebServer) -> WebServer:
    _server.asked.clear()
    _server.most_open = 0
    return _server


def ask(
    url: str, headers: dict[str, str] | None = None, seconds: float = 5, **limits: Any
) -> Answer:
    until = time.monotonic() + seconds
    values = {"allowed": frozenset({"127.0.0.1"})} | limits
    return get(url, headers or GZIP, Limits(until, **values))


def refused(url: str, **limits: Any) -> CannotFetch:
    with pytest.raises(CannotFetch) as caught:
        ask(url, **limits)
    assert str(caught.value).endswith(".")
    return caught.value


def test_what_is_there_comes_with_what_tells_whether_it_changes(web: WebServer) -> None:
    url = web.answer("/", reply(body=b"papers", ETag='"1"', Last_Modified="Fri"))
    assert ask(url) == Answer(200, url, b"papers", '"1"', "Fri")


def test_a_page_that_is_packed(web: WebServer) -> None:
    assert ask(web.answer("/", zipped(b"papers" * 1000))).body == b"papers" * 1000
    assert web.asked[0].headers["accept-encoding"] == "gzip"


def test_nothing_has_changed(web: WebServer) -> None:
    url = web.answer("/", reply(304))
    assert ask(url, {"If-None-Match": '"1"'}) == Answer(304, url)
    assert web.asked[0].headers["if-none-match"] == '"1"'


def test_a_fault_that_passes(web: WebServer) -> None:
    url = web.answer("/", reply(500), reply(503), reply(body=b"papers"))
    assert ask(url).body == b"papers"
    assert len(web.asked) == 3


def test_a_fault_that_does_not_pass(web: WebServer) -> None:
    wrong = refused(web.answer("/", reply(502)))
    assert "answered 502" in str(wrong)
    assert not wrong.refused
    assert len(web.asked) == 3


@pytest.mark.parametrize(("status", "missing"), [(400, 0), (401, 0), (403, 0), (404, 1), (410, 1)])
def test_a_refusal_is_not_asked_again(web: WebServer, status: int, missing: bool) -> None:
    wrong = refused(web.answer("/", reply(status)))
    assert (wrong.refused, wrong.missing, len(web.asked)) == (True, missing, 1)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 302])
def test_an_answer_that_is_no_page(web: WebServer, status: int) -> None:
    assert refused(web.answer("/", reply(status))).refused


def test_a_short_wait_that_is_asked_for_is_kept(web: WebServer) -> None:
    url = web.answer("/", reply(429, Retry_After="1"), reply(body=b"papers"))
    assert ask(url).body == b"papers"
    assert web.asked[1].at - web.asked[0].at >= 1


def test_a_long_wait_is_for_later(web: WebServer) -> None:
    wrong = refused(web.answer("/", reply(429, Retry_After="3600")))
    assert wrong.wait == timedelta(hours=1)
    assert "3,600 s" in str(wrong)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0), ("120", 120), ("99999999999999999999", 86400), ("-5", None), ("soon", None),
        ("", None), ("١٢", None), ("1.5", None), ("Fri, 20 Nov 2026 07:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 06:00:00 GMT", 0), ("Fri, 20 Nov 2126 06:00:00 GMT", 86400),
    ],
)  # fmt: skip
def test_what_retry_after_says(written: str, seconds: int | None) -> None:
    wait = retry_after(written, NOW)
    assert (None if wait is None else wait.total_seconds()) == seconds


@given(st.text())
def test_whatever_retry_after_says(written: str) -> None:
    wait = retry_after(written, NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


def test_a_page_that_moved(web: WebServer) -> None:
    web.answer("/new", reply(body=b"papers"))
    assert ask(web.answer("/old", moved("/new"))).body == b"papers"


def test_a_circle(web: WebServer) -> None:
    web.answer("/b", moved("/a"))
    assert "more than 5 times" in str(refused(web.answer("/a", moved("/b"))))
    assert len(web.asked) == 6


def test_a_name_is_looked_up_once_and_the_answer_is_kept_to(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, names = socket.getaddrinfo, []

    def rebinding(host: str, *args: Any, **options: Any) -> Any:
        if host == "papers.test":
            names.append(host)
            if len(names) > 1:
                raise socket.gaierror(-2, "Name or service not known")
            host = "127.0.0.1"
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    web.answer("/", reply(body=b"papers"))
    url = f"http://papers.test:{web.port}/"
    assert ask(url, allowed=frozenset({"papers.test"})).body == b"papers"
    assert web.asked[0].headers["host"] == f"papers.test:{web.port}"
    assert names == ["papers.test"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"],
)
def test_a_way_into_our_own_network(web: WebServer, host: str) -> None:
    web.answer("/", reply(body=b"secret"))
    local = web.answer("/out", moved(f"http://{host}:{web.port}/")).replace(
        "127.0.0.1", "localhost"
    )
    wrong = refused(local, allowed=frozenset({"localhost"}))
    assert "its own network" in str(wrong) or "is not found" in str(wrong)
    assert "/" not in web.paths


def test_our_own_network_is_asked_only_where_it_is_allowed(web: WebServer) -> None:
    url = web.answer("/", reply(body=b"secret"))
    assert "allow a private address" in str(refused(url, allowed=frozenset()))
    assert not web.asked


@pytest.mark.parametrize(
    "target", ["ftp://example.org/", "file:///etc/passwd", "//", "http://", "http://[", "\\"]
)
def test_a_way_to_nowhere(web: WebServer, target: str) -> None:
    refused(web.answer("/", moved(target)))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "papers",
        "ftp://a/",
        "http://",
        "http://[/",
        "http://a b/",
        "http://\x00/",
        "http://" + "a" * 70 + ".org/",
    ],
)
def test_no_address(url: str) -> None:
    refused(url, seconds=2)


def test_a_trickle_of_the_body_ends_in_time(web: WebServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"

    def say(connection: Any) -> None:
        connection.sendall(head)
        trickle(b"x", 3)(connection)

    begun = time.monotonic()
    assert "took too long" in str(refused(web.answer("/", say), seconds=0.4))
    assert time.monotonic() - begun < 1


def test_a_trickle_of_the_head_ends_in_time(web: WebServer) -> None:
    begun = time.monotonic()
    head = b"HTTP/1.1 200 OK\r\n" + b"X-Header: value\r\n" * 500
    assert "took too long" in str(refused(web.answer("/", trickle(head, 3)), seconds=0.4))
    assert time.monotonic() - begun < 1


def test_silence_ends_in_time(web: WebServer) -> None:
    begun = time.monotonic()
    refused(web.answer("/", silent(3)), seconds=0.3)
    assert time.monotonic() - begun < 1


def test_a_body_without_end(web: WebServer) -> None:
    wrong = refused(web.answer("/", endless()), size=1_000_000)
    assert "over the 1,000,000 allowed" in str(wrong)
    assert len(web.asked) == 1


def test_a_body_that_announces_too_much(web: WebServer) -> None:
    url = web.answer("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2000001\r\n\r\n"))
    assert "2,000,001 bytes" in str(refused(url, size=1_000_000))


def test_a_bomb_does_not_go_off_in_memory(web: WebServer) -> None:
    url = web.answer("/", zipped(bytes(200_000_000)))
    tracemalloc.start()
    try:
        wrong = refused(url, size=5_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert "over the 5,000,000 allowed" in str(wrong)


@pytest.mark.parametrize("size", [999, 1000])
def test_the_limit_is_exact(web: WebServer, size: int) -> None:
    for say in (reply(body=b"x" * 1000), zipped(b"x" * 1000)):
        url = web.answer("/", say)
        if size < 1000:
            refused(url, size=size)
        else:
            assert len(ask(url, size=size).body) == 1000


def test_a_body_shorter_than_it_says(web: WebServer) -> None:
    short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npapers")
    assert refused(web.answer("/", short)).again
    assert ask(web.answer("/", short, reply(body=b"papers"))).body == b"papers"


def test_a_body_longer_than_it_says_is_cut_there(web: WebServer) -> None:
    long = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\npapers and more")
    assert ask(web.answer("/", long)).body == b"papers"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"papers",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"\x00\xff" * 99,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npap",
    ],
)
def test_what_is_no_http(web: WebServer, data: bytes) -> None:
    refused(web.answer("/", raw(data)))


def test_gzip_that_is_cut_off_or_broken(web: WebServer) -> None:
    whole = zipped(b"papers" * 999)
    refused(web.answer("/", reply(body=b"papers", Content_Encoding="gzip")))
    packed = gzip.compress(b"papers" * 999)
    assert "cut off" in str(
        refused(web.answer("/", reply(body=packed[:-4], Content_Encoding="gzip")))
    )
    assert ask(web.answer("/", whole)).body == b"papers" * 999


def test_a_packing_that_was_not_asked_for(web: WebServer) -> None:
    assert "br" in str(refused(web.answer("/", reply(body=b"x", Content_Encoding="br"))))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert refused(f"http://127.0.0.1:{port}/").again


def test_no_proxy_of_the_environment_gets_in_between(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(web.answer("/", reply(body=b"papers"))).body == b"papers"


class TestTls:
    @pytest.fixture
    def tls(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[tuple[WebServer, Path]]:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is missing: apt-get install openssl")
        made, key = certificate(tmp_path)
        wire._trust.cache_clear()
        with serving(showing(made, key)) as server:
            server.answer("/", reply(body=b"papers"))
            yield server, made
        wire._trust.cache_clear()

    def test_the_certificate_is_that_of_the_name_that_was_asked_for(
        self, tls: tuple[WebServer, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, made = tls
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        allowed = frozenset({"localhost", "127.0.0.1"})
        assert ask(f"https://localhost:{server.port}/", allowed=allowed).body == b"papers"
        wrong = refused(f"https://127.0.0.1:{server.port}/", allowed=allowed)
        assert "is not valid" in str(wrong)

    def test_a_certificate_that_nobody_vouches_for(self, tls: tuple[WebServer, Path]) -> None:
        wrong = refused(f"https://localhost:{tls[0].port}/", allowed=frozenset({"localhost"}))
        assert "is not valid" in str(wrong)
        assert not tls[0].asked

    def test_no_way_leads_out_of_tls(
        self, tls: tuple[WebServer, Path], web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, made = tls
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        server.answer("/", moved(web.answer("/plain", reply(body=b"papers"))))
        allowed = frozenset({"localhost", "127.0.0.1"})
        wrong = refused(f"https://localhost:{server.port}/", allowed=allowed)
        assert "without TLS" in str(wrong)
        assert not web.asked
