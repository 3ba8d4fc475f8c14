"""Storage of the raw bytes of dumps, named by their SHA-256: in a folder with SQLite, in the
database with PostgreSQL, which all machines of a site share.

store    called in the transaction that records the dump
open     a file to read; raises MissingBytes if they are gone
exists   whether they are there
delete   for retention
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings
from django.db import transaction

from digest.models import RawChunk

from .spool import BLOCK, Spooled, disk_errors_explained, drafts_folder


class MissingBytes(Exception):
    """The bytes of a dump are not where they were stored."""

    def __init__(self, place: str) -> None:
        super().__init__(f"Its bytes are missing from {place}")


def store(spooled: Spooled) -> None:
    """Keep the bytes, complete or not at all. Raises CannotKeep if the disk takes no more.

    Call it in the transaction that records the dump, so that no row is without its bytes.
    """
    if spooled.draft:
        _storage().store(spooled, spooled.draft)


def open(sha256: str) -> IO[bytes]:
    """Return the bytes as a file at its start, to be closed by the caller; never all in memory.

    Raises MissingBytes if they are gone, OSError if the disk fails.
    """
    return _storage().open(sha256)


def exists(sha256: str, size: int | None = None) -> bool:
    """Return whether the bytes are there, and as many as `size` says."""
    return _storage().exists(sha256, size)


def delete(sha256: str) -> bool:
    """Delete the bytes; return whether there were any."""
    return _storage().delete(sha256)


def is_stored(spooled: Spooled) -> bool:
    """Return whether these bytes are there already."""
    return exists(spooled.sha256, spooled.size)


class Storage(Protocol):
    def store(self, spooled: Spooled, draft: Path) -> None: ...
    def open(self, sha256: str) -> IO[bytes]: ...
    def exists(self, sha256: str, size: int | None) -> bool: ...
    def delete(self, sha256: str) -> bool: ...


class FolderStorage:
    """A file for each dump under DUMPS_DIR, in folders named by the first two digits."""

    def store(self, spooled: Spooled, draft: Path) -> None:
        """Move the draft into place: a rename is atomic, and syncing both folders survives a power
        cut.
        """
        path = self.path(spooled.sha256)
        with disk_errors_explained():
            path.parent.mkdir(exist_ok=True)
            draft.replace(path)
            for folder in (path.parent, path.parent.parent):
                _sync(folder)

    def open(self, sha256: str) -> IO[bytes]:
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as wrong:
            raise MissingBytes(str(Path(settings.DUMPS_DIR))) from wrong

    def exists(self, sha256: str, size: int | None) -> bool:
        path = self.path(sha256)
        return path.is_file() and size in (None, path.stat().st_size)

    def delete(self, sha256: str) -> bool:
        try:
            self.path(sha256).unlink()
        except FileNotFoundError:
            return False
        return True

    def path(self, sha256: str) -> Path:
        return Path(settings.DUMPS_DIR) / sha256[:2] / sha256


class DatabaseStorage:
    """Rows of 1 MB. Reading copies them to an unnamed temporary file, which ends with the process.

    Files that a site kept in a folder before are read from there, and then moved to the database.
    """

    _folder = FolderStorage()

    def store(self, spooled: Spooled, draft: Path) -> None:
        with draft.open("rb") as file, transaction.atomic():
            self._insert(spooled.sha256, file)

    def open(self, sha256: str) -> IO[bytes]:
        self._move(sha256)
        with contextlib.ExitStack() as stack:
            with disk_errors_explained():
                file = stack.enter_context(tempfile.TemporaryFile(dir=drafts_folder()))
            found = hashlib.sha256()
            for chunk in self._chunks(sha256):
                found.update(chunk)
                with disk_errors_explained():
                    file.write(chunk)
            if found.hexdigest() != sha256 or not self.exists(sha256, None):
                raise MissingBytes("the database")
            file.seek(0)
            stack.pop_all()  # the caller closes it
        return file

    def exists(self, sha256: str, size: int | None) -> bool:
        # All chunks are written and deleted in one transaction: if the first is there, all are.
        return RawChunk.objects.filter(sha256=sha256, position=0).exists()

    def delete(self, sha256: str) -> bool:
        in_folder = self._folder.delete(sha256)
        deleted, _ = RawChunk.objects.filter(sha256=sha256).delete()
        return in_folder or bool(deleted)

    def _insert(self, sha256: str, file: IO[bytes]) -> None:
        """Write the chunks one by one; existing ones, written by another machine just now, stay."""
        for position, block in enumerate(_blocks(file)):
            chunk = RawChunk(sha256=sha256, position=position, data=block)
            RawChunk.objects.bulk_create([chunk], ignore_conflicts=True)

    def _chunks(self, sha256: str) -> Iterator[bytes]:
        """Yield the chunks with a query each: a database library may hold all rows of one query."""
        rows, position = RawChunk.objects.filter(sha256=sha256), 0
        while (row := rows.filter(position=position).values_list("data").first()) is not None:
            yield bytes(row[0])
            position += 1

    def _move(self, sha256: str) -> None:
        """Move what was kept in the folder to the database, unless it is there."""
        path = self._folder.path(sha256)
        if not path.is_file() or self.exists(sha256, None):
            return
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                return  # cut off or damaged
            file.seek(0)
            with transaction.atomic():
                self._insert(sha256, file)
                transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _storage() -> Storage:
    return DatabaseStorage() if settings.RAW_BYTES_IN_DATABASE else FolderStorage()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file in blocks of 1 MB, an empty file as one empty block."""
    yield file.read(BLOCK)
    while block := file.read(BLOCK):
        yield block


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
