"""What is wrong with the database: it failed, it refused values, or it lacks migrations."""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from django.apps import apps
from django.db import (
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Errors about values that it cannot store; all others are about the database itself.
REFUSED_VALUES = (DataError, IntegrityError)
# It is down, busy, full or read-only (an InternalError in PostgreSQL).
UNAVAILABLE = (InterfaceError, InternalError, OperationalError)


def is_database_failure(wrong: BaseException) -> bool:
    """Whether the database itself failed, so that a retry may succeed."""
    return isinstance(wrong, Error) and not isinstance(wrong, REFUSED_VALUES)


def is_read_only(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL is read-only: a standby, or default_transaction_read_only is on."""
    return _postgresql_setting(connection, "transaction_read_only") == "on"


def keeps_dead_rows(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL removes no dead rows: autovacuum is off, or does not count them."""
    settings = ("autovacuum", "track_counts")
    return "off" in [_postgresql_setting(connection, name) for name in settings]


def _postgresql_setting(connection: BaseDatabaseWrapper, name: str) -> str:
    """The value of a server setting of PostgreSQL; empty on SQLite."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def unavailable_sentence(wrong: Error) -> str:
    """Return a sentence with the first line of the error's message, and the cure."""
    words = str(wrong).strip().partition("\n")[0]
    return f"The database cannot be used ({words}): check DATABASE_URL."


def database_problems() -> Iterator[str]:
    """Yield a sentence if the database cannot be used or is not migrated."""
    try:
        if missing_migrations():
            yield "The database is not migrated to this program: run manage.py migrate."
    except Error as wrong:
        yield unavailable_sentence(wrong)


def missing_migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of the migrations of this release that the database lacks.

    Those of a newer one do not matter: a release may run beside the next. Raises django.db.Error
    if the database does not answer.
    """
    return migrations_on_disk() - MigrationRecorder(connection).applied_migrations().keys()


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Return app and name of every migration of this release, by the names of their files: to
    import them all takes 15 MB in each process that asks."""
    found = set()
    for config in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(config.label)
        if module is None:
            continue
        try:
            paths = import_module(module).__path__
        except (ImportError, AttributeError):
            continue
        names = (each.name for each in pkgutil.iter_modules(paths) if not each.ispkg)
        found |= {(config.label, name) for name in names if name[0] not in "_~"}
    return frozenset(found)
