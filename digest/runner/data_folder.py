"""The data folder: a lock for one runner, and a private folder for the broker's socket."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from . import CannotStart


@contextlib.contextmanager
def lock_data_folder(folder: Path, note: str) -> Iterator[None]:
    """Hold a lock on `folder` while the block runs; `note` says who holds it.

    The kernel releases the lock when the process ends, so it is never stale. Raises CannotStart if
    another process holds it, or if the folder cannot be written.
    """
    path = folder / "up.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as wrong:
        raise CannotStart(
            f"The data folder {folder} cannot be used ({wrong.strerror}): "
            "set DATA_DIR to a writable folder."
        ) from wrong
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Paper Digest is already running on {folder}: "
                f"{file.read().strip() or 'it just started'}. Stop that one first, or set "
                "DATA_DIR to another folder."
            ) from None
        file.truncate(0)
        file.write(note)
        file.flush()
        yield


def make_private_folder(folder: Path) -> None:
    """Create `folder` with mode 0700, or accept it if only its owner, this user, can enter it.

    The socket's folder may lie in the shared /tmp, where another user could have created it first.
    Raises CannotStart otherwise.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError as wrong:
        raise CannotStart(f"The folder {folder} cannot be created: {wrong.strerror}.") from wrong
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise CannotStart(
            f"{folder} does not belong to you, so the broker's socket would not be private: "
            "remove it, or set DATA_DIR to another folder."
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise CannotStart(
            f"Other people can enter {folder}, where the broker listens: chmod 700 {folder}"
        )
