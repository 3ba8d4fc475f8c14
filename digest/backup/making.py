"""Making a backup, while the service runs, and verifying one."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from digest.epochs.checking import current
from digest.models.database import database_bytes
from digest.process_facts.version import release

from . import BackupError, postgresql_dump, sqlite_copy
from .manifest import (
    BackupFile,
    Manifest,
    applied_migrations,
    damage,
    hashed,
    read_manifest,
)

_BLOCK = 1024 * 1024
_SPARE = 64 * 1024 * 1024  # bytes that a disk keeps free
_SKIPPED = frozenset({"done", "failed"})  # of the inbox: these files have been read


def make_backup(target: Path, at: datetime) -> Manifest:
    """Make a backup in the new folder `target`; return its manifest.

    The folder appears once all of it is written and verified. The database is copied first, so
    that what its rows name is in the folders that are copied after it. Raises BackupError.
    """
    target = target.absolute()
    if os.path.lexists(target):
        raise BackupError(f"{target} exists already: name a new folder.")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent} does not exist: create it first.")
    engine = database_engine()
    if engine == "postgresql":
        postgresql_dump.check_programs()
    sources = dict(_files())
    _check_space(target.parent, sources)
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as wrong:
        raise BackupError(f"{target.parent} cannot be written ({wrong.strerror}).") from wrong
    try:
        manifest = _fill(draft, engine, at)
        os.sync()
        verify_backup(draft)
        draft.rename(target)
    except OSError as wrong:
        raise BackupError(f"The backup was not written ({wrong.strerror}).") from wrong
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def verify_backup(folder: Path) -> Manifest:
    """Compare every file with the manifest and read the copy of the database through.

    Raises BackupError with all that is wrong.
    """
    manifest = read_manifest(folder)
    wrong = list(damage(folder, manifest))
    database = folder.absolute() / manifest.database_file
    if not wrong:
        read = sqlite_copy.damage if manifest.engine == "sqlite" else postgresql_dump.damage
        wrong += filter(None, [read(database)])
    if wrong:
        raise BackupError(f"{folder} is damaged: use another backup.\n" + "\n".join(wrong))
    return manifest


def database_engine() -> str:
    """Return "sqlite" or "postgresql"."""
    return connection.vendor


def key_files() -> dict[str, Path]:
    """Return the keys that are files, by name, whether they exist or not."""
    return {
        "secret_key": settings.DATA_DIR / "secret_key",
        "suppression_key": Path(settings.SUPPRESSION_KEY_FILE),
    }


def data_folders() -> dict[str, Path]:
    """Return the folders that a backup holds besides the database."""
    return {
        "dumps": Path(settings.DUMPS_DIR),
        "inbox": Path(settings.INBOX_DIR),
        "replies": Path(settings.JOURNAL_DIR),
    }


def _files() -> Iterator[tuple[str, Path]]:
    """Yield each file besides the database: its name in the backup, and where it is."""
    for name, path in key_files().items():
        if path.is_file():
            yield f"keys/{name}", path
    if (environment := settings.BASE_DIR / ".env").is_file():
        yield "env", environment
    for name, folder in data_folders().items():
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(folder)
            if path.is_file() and not path.is_symlink() and not _SKIPPED & set(inner.parts):
                yield f"{name}/{inner}", path


def _check_space(parent: Path, sources: dict[str, Path]) -> None:
    needed = database_bytes() + _SPARE
    for path in sources.values():
        try:
            needed += path.stat().st_size
        except FileNotFoundError:
            continue
    if (free := shutil.disk_usage(parent).free) < needed:
        raise BackupError(
            f"The backup may need {needed // 10**6:,} MB, and {parent} has {free // 10**6:,} MB "
            "free: name a folder on another disk."
        )


def _fill(draft: Path, engine: str, at: datetime) -> Manifest:
    name = "database.sqlite3" if engine == "sqlite" else "database.dump"
    (sqlite_copy if engine == "sqlite" else postgresql_dump).dump(draft / name)
    found = current()  # after the copy: a restore of it is behind this
    manifest = Manifest(
        made_at=at.isoformat(),
        version=release(),
        engine=engine,
        database=found.row.database,
        progress=found.progress,
        migrations=applied_migrations(),
    )
    manifest.files[name] = hashed(draft / name)
    for inner, path in _files():
        try:
            manifest.files[inner] = copy_private(path, draft / inner)
        except FileNotFoundError:
            continue  # a journal that is applied, a file that is read
    manifest.write(draft)
    return manifest


def copy_private(path: Path, to: Path) -> BackupFile:
    """Copy a file, mode 0600, in folders of mode 0700; return the hash of what was copied.

    A file that grows meanwhile is copied as far as it was read.
    """
    _make_folders(to.parent)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file, open(_private(to), "wb") as copy:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return BackupFile(digest.hexdigest(), size)


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)


def _make_folders(folder: Path) -> None:
    """Create the folder, and those above it that are missing; `mkdir` gives its mode to the last
    one alone."""
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
