"""A request is passed to a thread once it is received, in whatever pieces its bytes arrive."""

import pytest
from gunicorn.config import Config
from hypothesis import given
from hypothesis import strategies as st

from digest.web_server.incoming_request import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    IncomingRequest,
    Readiness,
)

PEER = ("192.0.2.1", 4711)
GET = b"GET /day/2026-11-20/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"POST /subscribe/ HTTP/1.1\r\nHost: localhost\r\n"
FORM = HEAD + b"Content-Length: 11\r\n\r\nemail=a%40b"
ASKING = HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"


def arrival() -> IncomingRequest:
    config = Config()
    config.set("limit_request_line", 0)
    return IncomingRequest(config, PEER)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = [*sorted({cut % len(data) for cut in cuts} - {0}), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(st.sampled_from([GET, FORM, b"\r\n" + GET]), st.lists(st.integers(0, 10_000), max_size=8))
def test_it_is_complete_with_its_last_byte_and_not_before(data: bytes, cuts: list[int]) -> None:
    request, *rest = arrival(), *pieces(data, cuts)
    states = [request.add(piece) for piece in rest]
    assert states == [Readiness.INCOMPLETE] * (len(rest) - 1) + [Readiness.COMPLETE]
    assert request.take() == data
    assert len(request) == 0


@pytest.mark.parametrize(
    "field", [b"Content-Length: %d" % (MAX_BODY_BYTES + 1), b"Transfer-Encoding: chunked"]
)
def test_a_body_that_is_long_or_of_unknown_length_is_left_to_the_application(field: bytes) -> None:
    request = arrival()
    assert request.add(HEAD + field + b"\r\n") is Readiness.INCOMPLETE
    assert request.add(b"\r\n") is Readiness.STREAMING


def test_a_head_without_end_is_not_kept_for_long() -> None:
    request = arrival()
    assert request.add(HEAD + b"X: " + b"x" * (MAX_HEAD_BYTES - 100)) is Readiness.INCOMPLETE
    assert request.add(b"x" * 100) is Readiness.TOO_LARGE


def test_a_long_head_with_an_end_is_refused_too() -> None:
    assert arrival().add(HEAD + b"X: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n") is Readiness.TOO_LARGE


@given(st.binary(max_size=200))
def test_what_is_no_http_is_left_to_the_parser_that_says_so(data: bytes) -> None:
    assert arrival().add(data + b"\r\n\r\n") in (Readiness.COMPLETE, Readiness.INCOMPLETE)


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"5, 6", "٣".encode()])
def test_a_length_that_is_none_waits_for_nothing(length: bytes) -> None:
    request = arrival()
    assert request.add(HEAD + b"Content-Length: " + length + b"\r\n\r\n") is Readiness.COMPLETE


def test_a_client_that_waits_to_be_asked_for_its_body_is_noticed() -> None:
    request = arrival()
    assert request.add(ASKING) is Readiness.INCOMPLETE
    assert request.wants_continue
