"""Permissions of DATA_DIR, which holds addresses, links and keys: other users cannot read it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

# Not the inbox: other users may be meant to put dumps there.
_KEPT = (
    "secret_key", "suppression_key", "admin-password", "db.sqlite3", "db.sqlite3-wal",
    "db.sqlite3-shm", "epochs.json", "outbox", "dumps", "replies", "broker",
)  # fmt: skip
_OTHERS = stat.S_IRWXO
_GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def restrict_umask(folder: Path) -> None:
    """Set the umask so that files of this process are private."""
    os.umask(os.umask(0o077) | _unwanted(folder))


def restrict_files(folder: Path) -> Iterator[str]:
    """Remove other users' permissions in the data folder.

    Yields a sentence for each file or folder of another owner, whose mode cannot be changed.
    """
    unwanted = _unwanted(folder)
    for path in (folder / name for name in _KEPT):
        try:
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & unwanted:
                path.chmod(stat.S_IMODE(mode) & ~unwanted)
        except FileNotFoundError:
            continue
        except OSError as wrong:
            yield (
                f"Other users of this machine can read {path}, and this could not be changed "
                f"({wrong.strerror}): as its owner, run chmod go= {path}."
            )


def _unwanted(folder: Path) -> int:
    """Return the mode bits to remove. A folder with the set-group-ID bit is shared with its group
    on purpose, so its group keeps its permissions."""
    try:
        shared = folder.stat().st_mode & stat.S_ISGID
    except OSError:
        shared = 0
    return _OTHERS if shared else _GROUP_AND_OTHERS
