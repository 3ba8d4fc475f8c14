"""A page that never ends, comes too slowly or is too large."""

import tracemalloc
from typing import Any

import pytest

from .http_requests import refused_request, request_page
from .web_server import WebServer, endless, raw, reply, silent, trickle, zipped

pytestmark = pytest.mark.usefixtures("impatient")


def test_a_trickle_of_the_body_ends_in_time(web: WebServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"

    def say(connection: Any) -> None:
        connection.sendall(head)
        trickle(b"x", 3)(connection)

    # Read to its end, it would be said to be cut off.
    assert "took too long" in str(refused_request(web.answer("/", say), seconds=0.4))


def test_a_trickle_of_the_head_ends_in_time(web: WebServer) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"X-Header: value\r\n" * 500
    assert "took too long" in str(refused_request(web.answer("/", trickle(head, 3)), seconds=0.4))


def test_silence_ends_in_time(web: WebServer) -> None:
    assert "took too long" in str(refused_request(web.answer("/", silent(3)), seconds=0.3))


def test_a_body_without_end(web: WebServer) -> None:
    wrong = refused_request(web.answer("/", endless()), size=1_000_000)
    assert "the limit is 1,000,000 " in str(wrong)
    assert len(web.asked) == 1


def test_a_body_that_announces_too_much(web: WebServer) -> None:
    url = web.answer("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2000001\r\n\r\n"))
    assert "2,000,001 bytes" in str(refused_request(url, size=1_000_000))


def test_a_bomb_does_not_go_off_in_memory(web: WebServer) -> None:
    url = web.answer("/", zipped(bytes(200_000_000)))
    tracemalloc.start()
    try:
        wrong = refused_request(url, size=5_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert "the limit is 5,000,000 " in str(wrong)


@pytest.mark.parametrize("size", [999, 1000])
def test_the_limit_is_exact(web: WebServer, size: int) -> None:
    for say in (reply(body=b"x" * 1000), zipped(b"x" * 1000)):
        url = web.answer("/", say)
        if size < 1000:
            refused_request(url, size=size)
        else:
            assert len(request_page(url, size=size).body) == 1000
