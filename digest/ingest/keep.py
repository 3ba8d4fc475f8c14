"""The raw bytes of dumps on disk, named by what they are, written before anything reads them."""

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from digest.models import Dump

from .contents import is_bulk

_BLOCK = 1 << 20
_DRAFT = ".draft-"
_DRAFTS_LAST_SECONDS = 24 * 3600


class CannotKeep(Exception):
    """The bytes could not be put on disk; the message says why and what to do."""


class TooLarge(CannotKeep):
    """There are more bytes than are taken at once; the message says how many may be."""


class Unreadable(Exception):
    """What was handed in is no file that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are safe on disk: their SHA-256 and how many there are."""

    sha256: str
    size: int


def keep(source: bytes | IO[bytes], most: int | None = None) -> Kept:
    """Put the bytes on disk, complete or not at all, without holding more than a block of them.

    Raises Unreadable; TooLarge over MAX_DUMP_BYTES, or over `most` bytes (None: any number) where
    it is a file of a paper a line, packed or not; CannotKeep where the disk takes no more.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    folder = Path(settings.DUMPS_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        return _known(stream, most) or _kept(stream, folder, most)
    except OSError as wrong:
        raise CannotKeep(_sentence(wrong, folder)) from wrong


def too_large(size: int) -> str:
    """The sentence for a file over the limit."""
    return (
        f"It has {size:,} bytes or more, over the {settings.MAX_DUMP_BYTES:,} allowed: "
        "split it, or raise MAX_DUMP_BYTES."
    )


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Whether this process alone reads the kept file while the block runs.

    The lock dies with its process, so that whatever a crash left is free for the next tick.
    """
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _known(stream: IO[bytes], most: int | None) -> Kept | None:
    """What the stream holds where that is kept already, found out without writing anything."""
    if not stream.seekable():
        return None
    start = stream.tell()
    kept = _copied(stream, None, most)
    stream.seek(start)
    return kept if _is_there(kept) else None


def _is_there(kept: Kept) -> bool:
    path = Dump(sha256=kept.sha256).raw_path
    return path.is_file() and path.stat().st_size == kept.size


def _kept(stream: IO[bytes], folder: Path, most: int | None) -> Kept:
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=_DRAFT)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            kept = _copied(stream, file, most)
            if not _is_there(kept):
                file.flush()
                os.fsync(file.fileno())
                _put(draft, Dump(sha256=kept.sha256).raw_path)
    finally:
        draft.unlink(missing_ok=True)
    return kept


def _copied(stream: IO[bytes], file: IO[bytes] | None, most: int | None) -> Kept:
    """Write the stream to the file, if there is one to write to."""
    digest, size, endless = hashlib.sha256(), 0, False
    while block := _block(stream):
        if not size:
            endless = is_bulk(block)
        size += len(block)
        if size > settings.MAX_DUMP_BYTES and not endless:
            raise TooLarge(too_large(size))
        if most is not None and size > most:
            raise TooLarge(
                f"It has {size:,} bytes or more, over the {most:,} allowed (MAX_UNPACKED_BYTES): "
                "split it, or hand it in with “manage.py ingest”, which has no such limit."
            )
        digest.update(block)
        if file:
            file.write(block)
    return Kept(digest.hexdigest(), size)


def _block(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_BLOCK)
    except OSError as wrong:
        raise Unreadable(f"It cannot be read: {wrong.strerror}.") from wrong


def _put(draft: Path, path: Path) -> None:
    """A rename makes it appear at once; syncing both folders makes that survive a power cut."""
    path.parent.mkdir(exist_ok=True)
    draft.replace(path)
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove the drafts that a crash left: they may be as large as any dump."""
    for draft in folder.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):  # another worker was faster, or it is another's
            if time.time() - draft.stat().st_mtime > _DRAFTS_LAST_SECONDS:
                draft.unlink()


def _sentence(wrong: OSError, folder: Path) -> str:
    if wrong.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"There is no room left in {folder}: free some space, then ingest the file again."
    return f"The file cannot be kept in {folder} ({wrong.strerror}): make that folder writable."
