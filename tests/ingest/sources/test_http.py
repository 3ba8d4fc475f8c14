"""One HTTP request: which answers are accepted, and when it is repeated."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.sources.http import HttpAnswer, retry_after

from .http_requests import refused_request, request_page
from .web_server import WebServer, raw, reply, zipped

pytestmark = pytest.mark.usefixtures("impatient")

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def test_what_is_there_comes_with_what_tells_whether_it_changes(web: WebServer) -> None:
    url = web.answer("/", reply(body=b"papers", ETag='"1"', Last_Modified="Fri"))
    answer = request_page(url)
    assert answer == HttpAnswer(200, url, b"papers", '"1"', "Fri", answer.headers)
    assert answer.headers["etag"] == '"1"'


def test_a_page_that_is_packed(web: WebServer) -> None:
    assert request_page(web.answer("/", zipped(b"papers" * 1000))).body == b"papers" * 1000
    assert web.asked[0].headers["accept-encoding"] == "gzip"


def test_nothing_has_changed(web: WebServer) -> None:
    url = web.answer("/", reply(304))
    assert request_page(url, {"If-None-Match": '"1"'}) == HttpAnswer(304, url)
    assert web.asked[0].headers["if-none-match"] == '"1"'


def test_a_fault_that_passes(web: WebServer) -> None:
    url = web.answer("/", reply(500), reply(503), reply(body=b"papers"))
    assert request_page(url).body == b"papers"
    assert len(web.asked) == 3


def test_a_fault_that_does_not_pass(web: WebServer) -> None:
    wrong = refused_request(web.answer("/", reply(502)))
    assert "answered 502" in str(wrong)
    assert not wrong.refused
    assert len(web.asked) == 3


@pytest.mark.parametrize(("status", "missing"), [(400, 0), (401, 0), (403, 0), (404, 1), (410, 1)])
def test_a_refusal_is_not_asked_again(web: WebServer, status: int, missing: bool) -> None:
    wrong = refused_request(web.answer("/", reply(status)))
    assert (wrong.refused, wrong.missing, len(web.asked)) == (True, missing, 1)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 302])
def test_an_answer_that_is_no_page(web: WebServer, status: int) -> None:
    assert refused_request(web.answer("/", reply(status))).refused


@pytest.mark.slow
def test_a_short_wait_that_is_asked_for_is_kept(web: WebServer) -> None:
    url = web.answer("/", reply(429, Retry_After="1"), reply(body=b"papers"))
    assert request_page(url).body == b"papers"
    assert web.asked[1].at - web.asked[0].at >= 1


def test_a_long_wait_is_for_later(web: WebServer) -> None:
    wrong = refused_request(web.answer("/", reply(429, Retry_After="3600")))
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


def test_a_body_shorter_than_it_says(web: WebServer) -> None:
    short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npapers")
    assert refused_request(web.answer("/", short)).may_retry
    assert request_page(web.answer("/", short, reply(body=b"papers"))).body == b"papers"


def test_a_body_longer_than_it_says_is_cut_there(web: WebServer) -> None:
    long = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\npapers and more")
    assert request_page(web.answer("/", long)).body == b"papers"


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
    refused_request(web.answer("/", raw(data)))


def test_gzip_that_is_cut_off_or_broken(web: WebServer) -> None:
    whole = zipped(b"papers" * 999)
    refused_request(web.answer("/", reply(body=b"papers", Content_Encoding="gzip")))
    packed = gzip.compress(b"papers" * 999)
    assert "cut off" in str(
        refused_request(web.answer("/", reply(body=packed[:-4], Content_Encoding="gzip")))
    )
    assert request_page(web.answer("/", whole)).body == b"papers" * 999


def test_a_packing_that_was_not_asked_for(web: WebServer) -> None:
    assert "br" in str(refused_request(web.answer("/", reply(body=b"x", Content_Encoding="br"))))
