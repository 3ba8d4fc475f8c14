"""The database's own clock, for statements in SQL: leases must not depend on a machine's."""

from datetime import timedelta

from django.db import connection

_NOTHING = timedelta()


def database_now(later: timedelta = _NOTHING) -> str:
    """SQL for the instant of the statement, or one later than that; for statements with
    parameters."""
    seconds = f"{later.total_seconds():+.3f} seconds"
    if connection.vendor == "postgresql":
        return f"STATEMENT_TIMESTAMP() + INTERVAL '{seconds}'"
    return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{seconds}')"
