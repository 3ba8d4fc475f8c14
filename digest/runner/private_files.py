"""DATA_DIR holds addresses, links and keys: nobody else on the machine is to read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

# Not the inbox: others may be meant to put dumps there.
_KEPT = (
    "secret_key", "suppression_key", "admin-password", "db.sqlite3", "db.sqlite3-wal",
    "db.sqlite3-shm", "outbox", "dumps", "replies", "broker",
)  # fmt: skip
_OTHERS = stat.S_IRWXO
_GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def restrict_umask(folder: Path) -> None:
    """Let files that this process makes be private."""
    os.umask(os.umask(0o077) | _unwanted(folder))


def restrict_files(folder: Path) -> Iterator[str]:
    """Take other users' rights to what lies in the data folder; a sentence for each file or
    folder of another owner, for which that cannot be done."""
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
                f"Other users of this machine can read {path}, and this cannot be changed "
                f"({wrong.strerror}): let its owner take their rights (chmod go= {path})."
            )


def _unwanted(folder: Path) -> int:
    """The rights that are taken. A folder with the set-group-ID bit is shared with its group on
    purpose: what is made in it belongs to that group."""
    try:
        shared = folder.stat().st_mode & stat.S_ISGID
    except OSError:
        shared = 0
    return _OTHERS if shared else _GROUP_AND_OTHERS
