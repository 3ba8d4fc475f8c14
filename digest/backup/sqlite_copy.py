"""SQLite: a copy made while the database is in use, and putting one in place of the database."""

import contextlib
import os
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from digest.runner import CannotStart
from digest.runner.data_folder import lock_data_folder

from . import BackupError


def dump(path: Path) -> None:
    """Copy the database to `path` as of one moment, by SQLite's online backup.

    Readers and writers go on. The copy is one file, without a log beside it.
    """
    path.touch(mode=0o600)
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def damage(path: Path) -> str:
    """Return what SQLite finds wrong with a copy, "" if nothing is."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as copy:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
    except sqlite3.DatabaseError as wrong:
        return str(wrong)
    return "" if found == ["ok"] else str(found[0])


def restore(path: Path, at: datetime) -> str:
    """Put a copy in place of the database; return a sentence about the former one, or "".

    The former file is kept beside it. Raises BackupError if the site is running.
    """
    place = Path(connection.settings_dict["NAME"])
    draft = place.with_name(f"{place.name}.restoring")
    try:
        with lock_data_folder(settings.DATA_DIR, "manage.py restore"):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                with path.open("rb") as copy:
                    shutil.copyfileobj(copy, file)
                file.flush()
                os.fsync(file.fileno())
            kept = _put_aside(place, at)
            draft.replace(place)
    except CannotStart as running:
        raise BackupError(str(running)) from running
    except OSError as wrong:
        draft.unlink(missing_ok=True)
        raise BackupError(f"{place} cannot be written ({wrong.strerror}).") from wrong
    return kept


def _put_aside(place: Path, at: datetime) -> str:
    """Rename the former database; its log is written into it first, for it would be taken for that
    of the next one."""
    if not place.exists():
        return ""
    if not connection.introspection.table_names():
        connection.close()
        former = None
        place.unlink()
    else:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        former = place.with_name(f"{place.name}.before-{at:%Y%m%d-%H%M%S}")
        place.rename(former)
    for end in ("-wal", "-shm"):
        place.with_name(place.name + end).unlink(missing_ok=True)
    return f"The former database is kept as {former}: delete it in time." if former else ""
