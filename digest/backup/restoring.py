"""Restoring a backup, and with it a new epoch."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from digest.epochs import seen
from digest.epochs.checking import begin, check
from digest.epochs.seen import Progress
from subscriptions.suppression_key import clear_cached_key

from . import BackupError, postgresql_dump, sqlite_copy
from .making import copy_private, data_folders, database_engine, key_files, verify_backup
from .manifest import Manifest, hashed


def restore_backup(folder: Path, at: datetime, *, replace: bool = False) -> list[str]:
    """Restore a backup; return sentences about what operators should know.

    `replace`: also if the database has tables. What this machine has seen of the database is
    written first: were the restore cut off, its database would be held at the next start.
    Raises BackupError, with nothing changed, if the backup cannot be restored here.
    """
    manifest = verify_backup(folder)
    _check_fits(manifest, replace=replace)
    progress = manifest.progress
    later = Progress(progress.epoch, progress.drains + 1, progress.digest)
    try:
        seen.note(settings.DATA_DIR, manifest.database, later)
    except OSError as wrong:
        raise BackupError(f"{settings.DATA_DIR} cannot be written ({wrong.strerror}).") from wrong
    said = [_restore_database(folder.absolute() / manifest.database_file, manifest, at)]
    said += _restore_files(folder, manifest, at)
    clear_cached_key()
    call_command("migrate", verbosity=0, interactive=False)
    begin()
    said.append(check())
    return [sentence for sentence in said if sentence]


def _check_fits(manifest: Manifest, *, replace: bool) -> None:
    engine = database_engine()
    if manifest.engine != engine:
        raise BackupError(
            f"The backup is of {manifest.engine}, but DATABASE_URL names {engine}: set "
            "DATABASE_URL to a database of the same kind. The settings at the time are in the "
            "backup’s file env."
        )
    known = {".".join(each) for each in MigrationLoader(None).disk_migrations}
    if unknown := [name for name in manifest.migrations if name not in known]:
        raise BackupError(
            f"The backup was made by a newer release ({manifest.version}, {unknown[-1]}): install "
            "that one first."
        )
    if engine == "postgresql":
        postgresql_dump.check_programs()
    if not replace and connection.introspection.table_names():
        raise BackupError(
            "The database is not empty. Name an empty one with DATABASE_URL, or add --replace to "
            "replace what is in it."
        )


def _restore_database(path: Path, manifest: Manifest, at: datetime) -> str:
    if manifest.engine == "sqlite":
        return sqlite_copy.restore(path, at)
    postgresql_dump.restore(path)
    return ""


def _restore_files(folder: Path, manifest: Manifest, at: datetime) -> list[str]:
    """Copy what is missing into the data folder; a key that differs is put aside first."""
    said, keys, folders = [], key_files(), data_folders()
    for name, expected in manifest.files.items():
        first, _, inner = name.partition("/")
        if first == "keys" and inner in keys:
            place = keys[inner]
            if place.is_file() and hashed(place) != expected:
                former = place.with_name(f"{place.name}.before-{at:%Y%m%d-%H%M%S}")
                place.rename(former)
                said.append(f"{place} is the backup’s; the former one is kept as {former}.")
        elif first in folders:
            place = folders[first] / inner
        else:
            continue
        if not place.exists():
            copy_private(folder / name, place)
    if "env" in manifest.files:
        said.append(f"The settings at the time are in {folder / 'env'}; they were not applied.")
    return said
