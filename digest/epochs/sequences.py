"""The sequences that number the rows of all tables, on both databases."""

import logging
from typing import NamedTuple

from django.db import connection

log = logging.getLogger(__name__)

GAP = 10_000_000  # ids that a new epoch leaves out


class _Sequence(NamedTuple):
    """A sequence of PostgreSQL by its quoted name, and the largest value that it may have."""

    name: str
    last: int
    largest: int


def jump(gap: int) -> None:
    """Leave out the next `gap` ids of every table.

    A table with 32-bit ids (Django's own: log-ins, permissions, the admin's log) that has no room
    for the jump is left as it is, and named in the log.
    """
    if connection.vendor == "postgresql":
        _jump_postgresql(gap)
    else:
        _jump_sqlite(gap)


def last_value_sql(table: str) -> str:
    """SQL for the highest id that the table ever had, of rows deleted since too; NULL: none."""
    if connection.vendor == "postgresql":
        # A sequence that was never used says 1, and that it was not called.
        name = f"{table}_id_seq"
        return f'(SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM "{name}")'  # noqa: S608 - a table of the program
    return f"(SELECT seq FROM sqlite_sequence WHERE name = '{table}')"  # noqa: S608


def _jump_sqlite(gap: int) -> None:
    """A table that is empty, and ever was, has no row in sqlite_sequence yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
        tables = [(name,) for (name,) in cursor.fetchall()]
        cursor.executemany(
            "INSERT INTO sqlite_sequence (name, seq) SELECT column1, 0 FROM (VALUES (%s)) "
            "WHERE column1 NOT IN (SELECT name FROM sqlite_sequence)",
            tables,
        )
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [gap])


def _jump_postgresql(gap: int) -> None:
    with connection.cursor() as cursor:
        # pg_sequences says nothing of a sequence that was never used.
        cursor.execute(
            "SELECT FORMAT('%I.%I', schemaname, sequencename), COALESCE(last_value, 0), "
            "max_value "
            "FROM pg_sequences WHERE schemaname = CURRENT_SCHEMA() ORDER BY sequencename"
        )
        for found in map(_Sequence._make, cursor.fetchall()):
            if found.last + gap >= found.largest:
                log.error("The ids of %s have no room for a new epoch", found.name)
                continue
            cursor.execute("SELECT SETVAL(%s::regclass, %s)", [found.name, found.last + gap])


_before_migrations: dict[str, int] = {}


def remember_sequences(**_: object) -> None:
    """Remember the sequences of SQLite (a receiver of pre_migrate).

    A migration that rebuilds a table starts its sequence at the highest id that is still there, so
    that the ids of deleted rows, and those that an epoch left out, would be given again.
    """
    _before_migrations.update(_sqlite_sequences())


def restore_sequences(**_: object) -> None:
    """Raise the sequences of SQLite to what they were (a receiver of post_migrate)."""
    now = _sqlite_sequences()
    with connection.cursor() as cursor:
        for name, value in _before_migrations.items():
            if now.get(name, value) < value:
                cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [value, name])
    _before_migrations.clear()


def _sqlite_sequences() -> dict[str, int]:
    if connection.vendor != "sqlite":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")
        if cursor.fetchone() is None:
            return {}
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        return dict(cursor.fetchall())
