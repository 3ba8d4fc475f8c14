"""How much PostgreSQL has written to its log (WAL), and its process."""

from contextlib import suppress
from pathlib import Path

from django.db import Error, connection


def log_position() -> int:
    """Bytes that PostgreSQL has written to its log so far; 0 on SQLite."""
    if connection.vendor != "postgresql":
        return 0
    return int(str(_value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")))


def postmaster() -> int | None:
    """The process that all of PostgreSQL's are children of; None if it is not on this machine, or
    its folder may not be read."""
    if connection.vendor != "postgresql":
        return None
    with suppress(Error, OSError, ValueError):
        folder = Path(str(_value("SHOW data_directory")))
        pid = int((folder / "postmaster.pid").read_text().split()[0])
        if Path(f"/proc/{pid}/comm").read_text().strip() == "postgres":
            return pid
    return None


def _value(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None
