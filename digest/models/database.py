"""SQL helpers: the database's clock, which leases use instead of a machine's, and conditions with
very many ids."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection, models
from django.db.models.expressions import RawSQL

_NOTHING = timedelta()


def database_now(later: timedelta = _NOTHING) -> str:
    """SQL for the time of the statement plus `later`; for statements with parameters."""
    seconds = f"{later.total_seconds():+.3f} seconds"
    if connection.vendor == "postgresql":
        return f"STATEMENT_TIMESTAMP() + INTERVAL '{seconds}'"
    return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{seconds}')"


def database_clock() -> datetime:
    """Return the time of PostgreSQL's clock, in UTC. NOW() would be the transaction's start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CLOCK_TIMESTAMP()")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)


def database_bytes() -> int:
    """Return the size of the database with its indexes; of SQLite with what waits in its log."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT PG_DATABASE_SIZE(CURRENT_DATABASE())")
            return int(cursor.fetchone()[0])
    path, size = str(connection.settings_dict["NAME"]), 0
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            size += Path(path + suffix).stat().st_size
    return size


_TRUTH = models.BooleanField()


def among(column: str, ids: Iterable[int]) -> RawSQL:
    """The condition that a column has one of these values, as a single parameter.

    Each value of an IN list would be quoted, parsed and counted (SQLite: 32,766 values).
    """
    values = list(ids)
    if connection.vendor == "postgresql":
        return RawSQL(f"{column} = ANY(%s::bigint[])", [values], _TRUTH)  # noqa: S611 - no text of others
    some = "(SELECT value FROM json_each(%s))"
    return RawSQL(f"{column} IN {some}", [json.dumps(values)], _TRUTH)  # noqa: S611 - no text of others


def has_state(*states: str) -> RawSQL:
    """The condition that a row's column `state` has one of these values, without parameters.

    SQLite uses a partial index on several states only for a condition of the same text, and reads
    the whole table otherwise. For queries without joins.
    """
    names = ", ".join(f"'{state}'" for state in map(str, states))
    return RawSQL(f"state IN ({names})", [], _TRUTH)  # noqa: S611 - no text of others
