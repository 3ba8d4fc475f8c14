"""What an error of the database means: it failed, or it refused the values it was given."""

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

# What the database says of values that it cannot hold; all else it says of itself.
REFUSED_VALUES = (DataError, IntegrityError)
# It is gone, busy, full, or may only be read (which is an InternalError of PostgreSQL).
UNAVAILABLE = (InterfaceError, InternalError, OperationalError)


def is_database_failure(wrong: BaseException) -> bool:
    """Whether the database itself failed, so that the same may succeed later."""
    return isinstance(wrong, Error) and not isinstance(wrong, REFUSED_VALUES)


def is_read_only(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL takes nothing: a standby, or default_transaction_read_only is on."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


def unavailable_sentence(wrong: Error) -> str:
    """The database's own words, as far as they stand on one line, in a sentence with the cure."""
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
