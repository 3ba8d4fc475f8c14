"""SQL helpers: the database's clock, which leases use instead of a machine's, and conditions with
very many ids."""

import json
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, models
from django.db.models.expressions import RawSQL

_NOTHING = timedelta()


def database_now(later: timedelta = _NOTHING) -> str:
    """SQL for the time of the statement plus `later`; for statements with parameters."""
    seconds = f"{later.total_seconds():+.3f} seconds"
    if connection.vendor == "postgresql":
        return f"STATEMENT_TIMESTAMP() + INTERVAL '{seconds}'"
    return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{seconds}')"


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
