"""Kinds of database errors: the database failed, or it refused values."""

from collections.abc import Iterator

from django.db import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from django.db.backends.base.base import BaseDatabaseWrapper

# Errors about values that it cannot store; all others are about the database itself.
REFUSED_VALUES = (DataError, IntegrityError)
# It is down, busy, full or read-only (an InternalError in PostgreSQL).
UNAVAILABLE = (InterfaceError, InternalError, OperationalError)


def is_database_failure(wrong: BaseException) -> bool:
    """Whether the database itself failed, so that a retry may succeed."""
    return isinstance(wrong, Error) and not isinstance(wrong, REFUSED_VALUES)


def is_read_only(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL is read-only: a standby, or default_transaction_read_only is on."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def unavailable_sentence(wrong: Error) -> str:
    """Return a sentence with the first line of the error's message, and the cure."""
    words = str(wrong).strip().partition("\n")[0]
    return f"The database cannot be used ({words}): check DATABASE_URL."


def database_problems() -> Iterator[str]:
    """Yield a sentence if the database cannot be used or is not migrated."""
    from django.db.migrations.executor import MigrationExecutor  # it loads every migration

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield "The database is not migrated to this program: run manage.py migrate."
    except DatabaseError as wrong:
        yield unavailable_sentence(wrong)
