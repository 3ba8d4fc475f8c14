"""Raw bytes on their way in: copied to a draft file and hashed, block by block."""

import contextlib
import errno
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from .dump_contents import is_bulk

BLOCK = 1 << 20
_DRAFT = ".draft-"
_DRAFTS_LAST_SECONDS = 24 * 3600


class CannotKeep(Exception):
    """The bytes could not be written to disk; the message says why and what to do."""


class TooLarge(CannotKeep):
    """There are more bytes than are accepted at once; the message gives the limit."""


class Unreadable(Exception):
    """The input is no file that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes that were read to their end: SHA-256, size in bytes, and the draft file that holds
    them.

    The draft is synced to disk; it is None for bytes that are stored already.
    """

    sha256: str
    size: int
    draft: Path | None = None


@contextlib.contextmanager
def spooled(
    source: bytes | IO[bytes], is_stored: Callable[[Spooled], bool], most: int | None = None
) -> Iterator[Spooled]:
    """Copy the source to a draft file for the block, without holding more than 1 MB of it.

    Raises Unreadable if the source fails, CannotKeep if the disk takes no more, and TooLarge over
    MAX_DUMP_BYTES. A bulk file, compressed or not, may have up to `most` bytes instead (None: any
    number).
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    with disk_errors_explained():
        folder = drafts_folder()
        _sweep(folder)
        known = _known(stream, is_stored, most)
    if known:
        yield known
        return
    with disk_errors_explained():
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=_DRAFT)
    draft = Path(name)
    try:
        with disk_errors_explained(), os.fdopen(descriptor, "wb") as file:
            copied = _copied(stream, file, most)
            file.flush()
            os.fsync(file.fileno())
        yield Spooled(copied.sha256, copied.size, draft)
    finally:
        draft.unlink(missing_ok=True)


def too_large_message(size: int) -> str:
    """Return the sentence for a file over the limit."""
    return (
        f"It has at least {size:,} bytes; the limit is {settings.MAX_DUMP_BYTES:,}. Split it, or "
        "raise MAX_DUMP_BYTES."
    )


def drafts_folder() -> Path:
    """Return the folder for drafts and temporary copies, on the disk that has room for dumps."""
    folder = Path(settings.DUMPS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """Open a file without a name, which ends with the block or the process, whichever ends first.

    Raises CannotKeep if there can be none.
    """
    with contextlib.ExitStack() as stack:
        with disk_errors_explained():
            file = stack.enter_context(tempfile.TemporaryFile(dir=drafts_folder()))
        yield file


@contextlib.contextmanager
def disk_errors_explained() -> Iterator[None]:
    """Turn OSError into CannotKeep with a sentence."""
    try:
        yield
    except OSError as wrong:
        raise CannotKeep(_sentence(wrong, Path(settings.DUMPS_DIR))) from wrong


def _known(
    stream: IO[bytes], is_stored: Callable[[Spooled], bool], most: int | None
) -> Spooled | None:
    """Return what the stream holds if that is stored already; nothing is written."""
    if not stream.seekable():
        return None
    start = stream.tell()
    found = _copied(stream, None, most)
    stream.seek(start)
    return found if is_stored(found) else None


def _copied(stream: IO[bytes], file: IO[bytes] | None, most: int | None) -> Spooled:
    """Hash the stream, and write it to the file if there is one."""
    digest, size, endless = hashlib.sha256(), 0, False
    while block := _block(stream):
        if not size:
            endless = is_bulk(block)
        size += len(block)
        if size > settings.MAX_DUMP_BYTES and not endless:
            raise TooLarge(too_large_message(size))
        if most is not None and size > most:
            raise TooLarge(
                f"It has at least {size:,} bytes; the limit is {most:,} (MAX_UNPACKED_BYTES). "
                "Split it, or use “manage.py ingest”, which has no such limit."
            )
        digest.update(block)
        if file:
            file.write(block)
    return Spooled(digest.hexdigest(), size)


def _block(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(BLOCK)
    except OSError as wrong:
        raise Unreadable(f"It cannot be read: {wrong.strerror}.") from wrong


def _sweep(folder: Path) -> None:
    """Remove drafts that a crash left: they may be as large as any dump."""
    for draft in folder.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):  # another worker was faster, or it is another's
            if time.time() - draft.stat().st_mtime > _DRAFTS_LAST_SECONDS:
                draft.unlink()


def _sentence(wrong: OSError, folder: Path) -> str:
    if wrong.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"There is no space left in {folder}. Free some, then ingest the file again."
    return f"The file cannot be kept in {folder} ({wrong.strerror}): make that folder writable."
