"""Single requests with test limits."""

import time
from typing import Any

import pytest

from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.http import HttpAnswer, RequestLimits, http_get

GZIP = {"Accept-Encoding": "gzip"}


def request_page(
    url: str, headers: dict[str, str] | None = None, seconds: float = 5, **limits: Any
) -> HttpAnswer:
    until = time.monotonic() + seconds
    values = {"allowed": frozenset({"127.0.0.1"})} | limits
    return http_get(url, headers or GZIP, RequestLimits(until, **values))


def refused_request(url: str, **limits: Any) -> CannotFetch:
    with pytest.raises(CannotFetch) as caught:
        request_page(url, **limits)
    assert str(caught.value).endswith(".")
    return caught.value
