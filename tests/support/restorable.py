"""Databases that go back to an earlier state, as by a restored backup: a SQLite file that is copied
back, and a database of PostgreSQL that is created from a template."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from django.db import connection, connections
from django.db.utils import load_backend

from digest.environment import database_config

from . import servers
from .caches import forget_papers
from .databases import database_file

ROOT = Path(__file__).resolve().parents[2]


class Restorable(Protocol):
    """The default database of the tests, which can be saved once and taken back."""

    def save(self) -> None: ...
    def take_back(self) -> None: ...


class SqliteFile:
    def __init__(self, path: Path) -> None:
        self._path, self._saved = path, path.with_suffix(".saved")

    def save(self) -> None:
        connection.close()
        shutil.copyfile(self._path, self._saved)

    def take_back(self) -> None:
        connection.close()
        shutil.copyfile(self._saved, self._path)
        forget_papers()


class PostgresTemplate:
    def __init__(self, server: str, name: str) -> None:
        self._server, self._name = server, name

    def save(self) -> None:
        self._execute(f'CREATE DATABASE "{self._name}_saved" TEMPLATE "{self._name}"')

    def take_back(self) -> None:
        self._execute(f'DROP DATABASE "{self._name}"')
        self._execute(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._name}_saved"')
        forget_papers()

    def _execute(self, sql: str) -> None:
        connection.close()
        with psycopg.connect(self._server, autocommit=True) as own:
            own.execute(sql.encode())


@contextmanager
def sqlite_file(path: Path) -> Iterator[SqliteFile]:
    """A file with the tables of the tests' database is the database for the block."""
    connection.ensure_connection()
    path.write_bytes(connection.connection.serialize())  # `backup` waits for the transaction to end
    with database_file(path):
        yield SqliteFile(path)


@contextmanager
def postgres_template(server: str, migrated: str, name: str) -> Iterator[PostgresTemplate]:
    """A new database like the migrated one is the database for the block."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"'.encode())
    url = f"{server.rpartition('/')[0]}/{name}"
    own = connections["default"]
    settings = {**own.settings_dict, **database_config(url), "OPTIONS": {}}
    connections["default"] = load_backend("django.db.backends.postgresql").DatabaseWrapper(
        settings, "default"
    )
    try:
        yield PostgresTemplate(server, name)
    finally:
        connections["default"].close()
        connections["default"] = own


def migrated_database(server: str, name: str) -> None:
    """Create a database and apply the migrations, in a process of its own."""
    url = servers.new_database(server, name)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", "--settings=tests.settings"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )
