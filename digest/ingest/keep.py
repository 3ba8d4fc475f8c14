"""The raw bytes of dumps on disk, named by what they are, written before anything reads them."""

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from digest.models import Dump


class CannotKeep(Exception):
    """The bytes could not be put on disk; the message says why and what to do."""


def keep(data: bytes) -> str:
    """Put the bytes on disk, complete or not at all, and return their SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = Dump(sha256=sha256).raw_path
    try:
        if not path.is_file() or path.stat().st_size != len(data):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
    except OSError as wrong:
        raise CannotKeep(_sentence(wrong, path.parent)) from wrong
    return sha256


def _write(path: Path, data: bytes) -> None:
    """A rename makes it appear at once; both syncs make that survive a power cut."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sentence(wrong: OSError, folder: Path) -> str:
    if wrong.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"There is no room left in {folder}: free some space, then ingest the file again."
    return f"The file cannot be kept in {folder} ({wrong.strerror}): make that folder writable."
