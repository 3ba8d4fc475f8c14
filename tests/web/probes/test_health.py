"""Probes: whether the process answers, and whether it can serve."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from digest.web.probes import health
from tests.support.databases import database_file


@pytest.fixture(autouse=True)
def nothing_is_held(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"
    health.forget()


def ready() -> tuple[int, str]:
    answer = Client().get("/readyz")
    assert "sessionid" not in answer.cookies
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.text.strip()


@pytest.mark.django_db
def test_ready() -> None:
    assert ready() == (200, "ok")


def test_alive_asks_nothing_of_the_database() -> None:
    assert Client().get("/healthz").text == "ok\n"  # pytest-django would refuse a query


@pytest.mark.django_db
def test_a_missing_broker_is_named_and_no_reason_to_take_the_site_away(
    settings: Any, tmp_path: Path
) -> None:
    settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path}/none.sock"
    status, sentence = ready()
    assert status == 200
    assert sentence.startswith("degraded: The broker cannot be reached (")
    settings.CELERY_BROKER_URL = "memory://"
    assert ready()[1].startswith("degraded")  # looked for once in a while
    health.forget()
    assert ready() == (200, "ok")


@pytest.mark.django_db
def test_a_migration_that_is_not_applied() -> None:
    MigrationRecorder(connection).record_unapplied("digest", "0040_database_epoch")
    status, sentence = ready()
    assert status == 503
    assert sentence == "1 migration is not applied: run manage.py migrate."


@pytest.mark.django_db
def test_a_database_of_the_next_release_is_as_good() -> None:
    MigrationRecorder(connection).record_applied("digest", "9999_of_the_next_release")
    assert ready() == (200, "ok")


def test_without_a_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with database_file(tmp_path / "missing" / "db.sqlite3"), django_db_blocker.unblock():
        assert ready() == (503, "The database cannot be used.")
        assert Client().get("/healthz").status_code == 200


@pytest.mark.django_db
def test_it_takes_few_queries_and_then_none() -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connections["default"]) as queries:
            assert ready() == (200, "ok")
        counts.append(len(queries))
    assert counts == [2 if connection.vendor == "sqlite" else 3, 0]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_read_only(path: str) -> None:
    assert Client().post(path).status_code in (404, 405)
