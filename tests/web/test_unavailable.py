"""503 as a page, JSON or text while the database is unavailable or read-only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from digest.models import Source
from digest.models.sources import PushToken
from digest.views import papers
from digest.views.unavailable import SENTENCE
from subscriptions.suppression_key import WrongSuppressionKey
from tests.limits.test_url_limits import FORM, PATHS
from tests.support.databases import database_file, read_only

from .pages import Page


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def gone(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with database_file(tmp_path / "missing" / "db.sqlite3"), django_db_blocker.unblock():
        yield


@pytest.mark.usefixtures("gone")
def test_no_url_breaks_and_those_that_ask_the_database_say_so(visitor: Client) -> None:
    statuses = {path: visitor.get(path).status_code for path in PATHS}
    assert set(statuses.values()) <= {200, 302, 400, 401, 404, 405, 503}, statuses
    asked = {
        "/",
        "/day/2026-11-20/",
        "/archive/",
        "/archive/2026-11/",
        "/papers/1/",
        "/api/dumps/7/",
    }
    assert {path for path in asked if statuses[path] != 503} == set()


@pytest.mark.usefixtures("gone")
def test_a_page(visitor: Client) -> None:
    answer = visitor.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "no-store" in answer["Cache-Control"]
    assert SENTENCE in Page(answer).text
    part = visitor.post("/subscribe/", FORM, headers={"HX-Request": "true"})
    assert (part.status_code, "<html" in part.content.decode()) == (503, False)
    assert SENTENCE in part.content.decode()


@pytest.mark.usefixtures("gone")
def test_a_session_that_cannot_be_read(visitor: Client) -> None:
    """It is a middleware that fails here, not a view."""
    visitor.cookies["sessionid"] = "x" * 32
    assert visitor.get("/admin/").status_code == 503


@pytest.mark.usefixtures("gone")
def test_the_interface_for_programs(visitor: Client) -> None:
    headers = {"Authorization": "Bearer x"}
    for answer in (
        visitor.post("/api/dumps/", b"x", content_type="text/plain", headers=headers),
        visitor.get("/api/dumps/7/", headers=headers),
    ):
        assert (answer.status_code, answer.json()) == (503, {"error": SENTENCE})


@pytest.mark.django_db
def test_one_that_can_only_be_read(visitor: Client) -> None:
    with read_only():
        answer = visitor.post("/subscribe/", FORM)
    assert answer.status_code == 503
    assert SENTENCE in Page(answer).text


@pytest.mark.django_db
def test_a_dump_handed_in_to_one_that_can_only_be_read(
    visitor: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DUMPS_DIR = tmp_path
    source = Source.objects.create(name="lab", kind="push", enabled=True, enabled_at=timezone.now())
    _, token = PushToken.make("lab", source)
    headers = {"Authorization": f"Bearer {token}"}
    with read_only():
        answer = visitor.post("/api/dumps/", b"x", content_type="text/plain", headers=headers)
    assert (answer.status_code, answer.json()) == (503, {"error": SENTENCE})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "status"),
    [(OperationalError, 503), (InterfaceError, 503), (InternalError, 503), (DataError, 500),
     (WrongSuppressionKey, 503), (ImproperlyConfigured, 500),
     (IntegrityError, 500), (ZeroDivisionError, 500)],
)  # fmt: skip
def test_a_fault_of_the_program_is_none_of_the_database(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, wrong: type[Exception], status: int
) -> None:
    def fail(*_: object) -> None:
        raise wrong

    monkeypatch.setattr(papers, "render", fail)
    assert visitor.get("/").status_code == status
