"""Databases that are taken back to an earlier state."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from django.db import connection

from subscriptions.suppression_key import KeyCheck, clear_cached_key
from tests.support.restorable import Restorable, migrated_database, postgres_template, sqlite_file

BOTH = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.slow, pytest.mark.postgres]),
]


_numbers = count()
MIGRATED = "epochs_migrated"


@pytest.fixture(scope="session")
def migrated_server(postgres: str) -> str:
    migrated_database(postgres, MIGRATED)
    return postgres


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path, db: None) -> Iterator[Restorable]:
    """The default database for a test."""
    if request.param == "postgresql":
        server = request.getfixturevalue("migrated_server")
        with postgres_template(server, MIGRATED, f"epochs_{next(_numbers)}") as found:
            KeyCheck.objects.all().delete()  # of the process that made the template
            clear_cached_key()
            yield found
        return
    if connection.vendor != "sqlite":
        pytest.skip("the tests run on PostgreSQL")
    with sqlite_file(tmp_path / "site.sqlite3") as file:
        yield file
