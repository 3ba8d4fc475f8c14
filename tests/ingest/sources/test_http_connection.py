"""Connections: redirects, names, proxies and certificates, and none into a private network."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.sources import http_connection
from tests.support.imap_server import certificate, server_context

from .http_requests import refused_request, request_page
from .web_server import WebServer, moved, reply, serving

pytestmark = pytest.mark.usefixtures("impatient")


def test_a_page_that_moved(web: WebServer) -> None:
    web.answer("/new", reply(body=b"papers"))
    assert request_page(web.answer("/old", moved("/new"))).body == b"papers"


def test_a_circle(web: WebServer) -> None:
    web.answer("/b", moved("/a"))
    assert "more than 5 times" in str(refused_request(web.answer("/a", moved("/b"))))
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
    assert request_page(url, allowed=frozenset({"papers.test"})).body == b"papers"
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
    wrong = refused_request(local, allowed=frozenset({"localhost"}))
    assert "its own network" in str(wrong) or "cannot be found" in str(wrong)
    assert "/" not in web.paths


def test_our_own_network_is_asked_only_where_it_is_allowed(web: WebServer) -> None:
    url = web.answer("/", reply(body=b"secret"))
    assert "allow a private address" in str(refused_request(url, allowed=frozenset()))
    assert not web.asked


@pytest.mark.parametrize(
    "target", ["ftp://example.org/", "file:///etc/passwd", "//", "http://", "http://[", "\\"]
)
def test_a_way_to_nowhere(web: WebServer, target: str) -> None:
    refused_request(web.answer("/", moved(target)))


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
    refused_request(url, seconds=2)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert refused_request(f"http://127.0.0.1:{port}/").may_retry


def test_no_proxy_of_the_environment_gets_in_between(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert request_page(web.answer("/", reply(body=b"papers"))).body == b"papers"


class TestTls:
    @pytest.fixture
    def tls(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[tuple[WebServer, Path]]:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is missing: apt-get install openssl")
        made, key = certificate(tmp_path)
        http_connection._trust.cache_clear()
        with serving(server_context(made, key)) as server:
            server.answer("/", reply(body=b"papers"))
            yield server, made
        http_connection._trust.cache_clear()

    def test_the_certificate_is_that_of_the_name_that_was_asked_for(
        self, tls: tuple[WebServer, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, made = tls
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        allowed = frozenset({"localhost", "127.0.0.1"})
        assert request_page(f"https://localhost:{server.port}/", allowed=allowed).body == b"papers"
        wrong = refused_request(f"https://127.0.0.1:{server.port}/", allowed=allowed)
        assert "is not valid" in str(wrong)

    def test_a_certificate_that_nobody_vouches_for(self, tls: tuple[WebServer, Path]) -> None:
        wrong = refused_request(
            f"https://localhost:{tls[0].port}/", allowed=frozenset({"localhost"})
        )
        assert "is not valid" in str(wrong)
        assert not tls[0].asked

    def test_no_way_leads_out_of_tls(
        self, tls: tuple[WebServer, Path], web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, made = tls
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        server.answer("/", moved(web.answer("/plain", reply(body=b"papers"))))
        allowed = frozenset({"localhost", "127.0.0.1"})
        wrong = refused_request(f"https://localhost:{server.port}/", allowed=allowed)
        assert "without TLS" in str(wrong)
        assert not web.asked
