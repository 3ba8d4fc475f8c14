"""No log names a token or a person: not in requests, referrers or errors."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

import subscriptions.urls
from digest.celery import redact_logs
from digest.logs import LOGGING, REDACTING, HidePath, redact
from digest.web.private_pages import TOKEN_PAGES
from subscriptions.links import Purpose, token
from tests.support import factories


class Lines(logging.Handler):
    """Keeps what its filter lets through, as lines."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(HidePath())
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
    link = token(Purpose.UNSUBSCRIBE, factories.subscriber("ada@example.org", "robot").pk)
    monkeypatch.setattr("subscriptions.unsubscribing.unsubscribe", lambda _: 1 / 0)
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
    assert HidePath().filter(record)
    assert record.getMessage() == "one of 2"


def test_the_filter_is_on_every_handler() -> None:
    handlers: dict[str, Any] = LOGGING["handlers"]
    assert all(each["filters"] == ["without_path", "redacting"] for each in handlers.values())


LINK = token(Purpose.CONFIRM, 7)
KEPT = [
    "Task digest.tasks.plan[1b2c3d4e-0000-4000-8000-1234567890ab] succeeded in 0.1s: None",
    'File "/srv/app/digest/delivery/deliver.py", line 7, in drain',
    "GET /papers/12/ 200, /digest/, /day/2026-11-20/, @lru_cache, 3 @ 5",
    "redis://localhost:6379/0 cannot be reached",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_is_neither_token_nor_address_stays(text: str) -> None:
    assert redact(text) == text


def test_tokens_are_redacted_wherever_they_stand() -> None:
    undo = token(Purpose.UNDO_CHANGE, "widen-7-8-1")
    for each in (LINK, undo, *(LINK.replace(".", dot) for dot in ("%2E", "%2e", "%252E", "%3a"))):
        for text in (f"x={each}&y", f"%2Fwhy%2F{each}%2F3", f"({each})", f"{each}."):
            assert LINK[-9:] not in redact(text).replace(undo[-9:], LINK[-9:])
    for page in TOKEN_PAGES:
        assert redact(f'"GET /{page}/{LINK}/3/ HTTP/1.1"') == f'"GET /{page}/<token>/3/ HTTP/1.1"'
        cut = f"http://localhost/{page}/{LINK[:-9]}"
        assert redact(f"{cut}, 1") == f"http://localhost/{page}/<token>, 1"
        encoded = cut.replace(".", "%2E").replace("/", "%2F")
        assert redact(f"?next={encoded}").endswith(f"/{page}/<token>")


def test_what_is_searched_for_is_redacted() -> None:
    line = redact(
        '"GET /search/?q=rare%20disease&page=2 HTTP/1.1" 200 "https://x/search/?from=1&q=rare"'
    )
    assert line == (
        '"GET /search/?q=<query>&page=2 HTTP/1.1" 200 "https://x/search/?from=1&q=<query>"'
    )
    assert redact("next=%2Fsearch%2F%3Fq%3Drare%2520disease") == "next=%2Fsearch%2F%3Fq%3D<query>"


def test_long_words_are_read_once() -> None:
    """What read them from each of their characters on would not come to an end here."""
    for text in ("a" * 300_000, "a." * 150_000, "a%2E" * 75_000, "%25" * 100_000, "?q" * 9_999):
        assert redact(text) == text


def test_every_page_behind_a_token_is_known() -> None:
    patterns = [str(each.pattern) for each in get_resolver().url_patterns]
    patterns += [str(each.pattern) for each in subscriptions.urls.urlpatterns]
    assert {each.split("/")[0] for each in patterns if "<token>" in each} == set(TOKEN_PAGES)


@pytest.mark.parametrize(
    "address",
    ["ada@example.org", "Ada.L+x@mail.example.org", "ada%40example.org", '"ada"@example.org',
     "ada@[127.0.0.1]", "ädä@bücher.example", "bounces+d2s-6k3v@example.org"],
)  # fmt: skip
def test_addresses_are_redacted(address: str) -> None:
    text = f"key (email_key)=({address}) exists; <{address}>, ?next={address}&x"
    assert "example" not in redact(text)
    assert "127" not in redact(text)
    assert redact(text).startswith("key (email_key)=(<address>) exists; <")
    assert "secret" not in redact("smtp://me:secret@mail.example.org:25")


def test_messages_tracebacks_and_what_is_malformed_are_redacted() -> None:
    try:
        raise ValueError(f"ada@example.org by /less/{LINK}/")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord(
        "x", logging.INFO, "f", 1, "%s", (f"/why/{LINK}/",), info, sinfo=LINK
    )
    bad = logging.LogRecord("x", logging.INFO, "f", 1, f"%d {LINK}", ("ada@example.org",), None)
    for each in (record, bad):
        assert REDACTING.filter(each)
        line = logging.Formatter().format(each)
        assert LINK not in line
        assert "ada@" not in line
    assert "ValueError: <address> by /less/<token>/" in logging.Formatter().format(record)


def test_handlers_that_celery_makes_redact() -> None:
    made, other = logging.Logger("made"), logging.getLogger("multiprocessing")
    handlers = logging.StreamHandler(), logging.StreamHandler()
    made.addHandler(handlers[0])
    other.addHandler(handlers[1])
    try:
        redact_logs(logger=made)
    finally:
        other.removeHandler(handlers[1])
    assert [handler.filters for handler in handlers] == [[REDACTING], [REDACTING]]
