"""What Django logs of a request names the URL's pattern and never the path: it may hold a token."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from digest.logs import LOGGING, WithoutPath
from subscriptions.links import Purpose, token
from tests import make


class Lines(logging.Handler):
    """Keeps what its filter lets through, as lines."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(WithoutPath())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler, logger = Lines(), logging.getLogger("django.request")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    yield handler.lines
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.django_db
def test_an_error_is_logged_without_the_token(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = token(Purpose.UNSUBSCRIBE, make.subscriber("ada@example.org", "robot").pk)
    monkeypatch.setattr("subscriptions.signup.unsubscribe", lambda _: 1 / 0)
    client = Client(raise_request_exception=False)
    assert client.post(reverse("unsubscribe", args=[link])).status_code == 500
    assert client.get(f"/confirm/{link}/").status_code == 404
    assert client.get(f"/nowhere/{link}/").status_code == 404
    assert len(lines) == 3
    assert "Internal Server Error: /unsubscribe/<token>/" in lines
    assert "Not Found: /confirm/<token>/" in lines
    assert not [line for line in lines if link in line]


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s of %d", ("one", 2), None)
    assert WithoutPath().filter(record)
    assert record.getMessage() == "one of 2"


def test_the_filter_is_on_every_handler() -> None:
    handlers: dict[str, Any] = LOGGING["handlers"]
    assert all("without_path" in each["filters"] for each in handlers.values())
