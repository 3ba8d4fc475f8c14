"""One address of the web, asked for once."""

import time
from typing import Any

import pytest

from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.http import Answer, Limits, get

GZIP = {"Accept-Encoding": "gzip"}


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
