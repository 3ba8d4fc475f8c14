"""What is wrong with the database, without loading what only migrations need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, Error, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from digest.database_errors import database_problems, migrations_on_disk, missing_migrations
from tests.support.site import ROOT

_LOADED = """
import sys
import django
django.setup()
from digest.database_errors import missing_migrations
assert missing_migrations()
print([name for name in sys.modules if ".migrations.0" in name or name == "psycopg"])
"""


def test_the_files_of_migrations_are_the_migrations() -> None:
    assert migrations_on_disk() == set(MigrationLoader(None).disk_migrations)


@pytest.mark.django_db
def test_a_migration_that_the_database_lacks() -> None:
    assert [*database_problems()] == []
    MigrationRecorder(connection).record_unapplied("digest", "0040_database_epoch")
    assert missing_migrations() == {("digest", "0040_database_epoch")}
    assert [*database_problems()] == [
        "The database is not migrated to this program: run manage.py migrate."
    ]


@pytest.mark.django_db
def test_a_migration_of_the_next_release() -> None:
    MigrationRecorder(connection).record_applied("digest", "9999_of_the_next_release")
    assert missing_migrations() == set()


@pytest.mark.parametrize("kind", [DatabaseError, InterfaceError])
def test_a_database_that_does_not_answer(
    kind: type[Error], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise kind("connection already closed")

    monkeypatch.setattr("digest.database_errors.MigrationRecorder", refuse)
    assert [*database_problems()] == [
        "The database cannot be used (connection already closed): check DATABASE_URL."
    ]


def test_no_migration_is_loaded(tmp_path: Path) -> None:
    # The daily report looks for them in the scheduler, which would keep 15 MB of them.
    settings = {"DJANGO_SETTINGS_MODULE": "digest.settings", "DATA_DIR": str(tmp_path)}
    environment = {**os.environ, **settings, "DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
