"""Databases that fail, in place of the tests' own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from django.db.utils import load_backend


@contextmanager
def database_file(path: Path) -> Iterator[None]:
    """The SQLite file, whether it can be opened or not, is the database for the block."""
    own = connections["default"]
    output = {**own.settings_dict, "OPTIONS": {}, "NAME": path}
    connections["default"] = load_backend("django.db.backends.sqlite3").DatabaseWrapper(
        output, "default"
    )
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = own


@contextmanager
def read_only() -> Iterator[None]:
    """Nothing can be written to the tests' own database, as on a standby or a full disk."""
    connection = connections["default"]
    is_sqlite = connection.vendor == "sqlite"
    # PostgreSQL checks now what it put off: it could not lock the rows for that later.
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=ON" if is_sqlite else "SET TRANSACTION READ ONLY")
    try:
        yield
    finally:
        if is_sqlite:  # PostgreSQL's ends with the transaction, which the test rolls back
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA query_only=OFF")
