"""The watched folder: files that land in it are taken and moved to done/ or failed/.

Whoever writes a file here gives it a temporary name first (".name", "name.tmp", "name.part"), or
leaves it unchanged for 5 seconds. What cannot be taken lies in failed/, with the reason beside it.
"""

import logging
import os
import stat
import time
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import OperationalError

from digest.models import Dump

from .dump import TICK_SECONDS, CannotKeep, TooLarge, Unreadable, read, receive

log = logging.getLogger(__name__)

_SETTLED_SECONDS = 5
_UNFINISHED = (".tmp", ".part")
_OWN = frozenset({"done", "failed"})
# What could neither be taken nor moved away; said once a process rather than at each tick.
_stuck: set["Mark"] = set()

Mark = tuple[float, int, str]


def take_inbox(at: datetime) -> list[Dump]:
    """Read the files that have settled in the inbox, oldest first; the dumps they became.

    `at` is when they count as received. A file is moved only once its dump is kept and read, so
    after a crash at any point it is taken again, which changes nothing.
    """
    folder = Path(settings.INBOX_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        log.warning("The inbox %s cannot be made: %s", folder, wrong.strerror)
        return []
    return take_folder(folder, at)


def take_folder(
    folder: Path, at: datetime, *, until: float | None = None, **asked: Any
) -> list[Dump]:
    """The same with any folder; `asked` goes to receive(): format, intent and source.

    No file is begun after `until` (monotonic seconds).
    """
    try:
        marks = {path: _mark(path) for path in folder.iterdir() if _is_finished(path.name)}
    except OSError as wrong:
        log.warning("The folder %s cannot be read: %s", folder, wrong.strerror)
        return []
    settled = [path for path, mark in marks.items() if _is_settled(mark) and mark not in _stuck]
    settled.sort(key=lambda path: (marks[path], path.name))
    taken = []
    for path in settled:
        if until is not None and time.monotonic() > until:
            break
        taken.append(_take(path, at, asked))
    return [dump for dump in taken if dump is not None]


def open_file(path: Path) -> IO[bytes]:
    """A plain file, open; Unreadable, with a sentence, for anything else."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise Unreadable("This is a link, which could lead anywhere: put the file itself here.")
        if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
            raise Unreadable("This is a folder or a device, not a file: put its files here.")
        return path.open("rb")
    except FileNotFoundError:
        raise
    except OSError as wrong:
        raise Unreadable(f"It cannot be read: {wrong.strerror}.") from wrong


def _is_finished(name: str) -> bool:
    return not (name in _OWN or name.startswith(".") or name.endswith(_UNFINISHED))


def _mark(path: Path) -> Mark:
    """When it was last changed, and what tells this content of this name from others."""
    found = path.lstat()
    return found.st_mtime, found.st_size, str(path)


def _is_settled(mark: Mark) -> bool:
    # A time in the future says as little as one long ago.
    return abs(time.time() - mark[0]) >= _SETTLED_SECONDS


def _take(path: Path, at: datetime, asked: dict[str, Any]) -> Dump | None:
    """Take one file; None: it is no file, or the disk or the database has trouble just now."""
    try:
        mark = _mark(path)
        with open_file(path) as file:
            dump = receive(file, path.name, at=at, **asked)
        dump = read(dump, at=at, seconds=TICK_SECONDS)
    except FileNotFoundError:  # another worker was faster
        return None
    except (Unreadable, TooLarge) as wrong:
        _move(path, "failed", str(wrong))
        return None
    except (CannotKeep, OperationalError) as wrong:
        log.warning("%s stays in the inbox for now: %s", path.name, wrong)
        return None
    if path.exists() and _mark(path) == mark:  # else it was written to meanwhile
        if dump.state == Dump.State.QUARANTINED:
            _move(path, "failed", dump.error)
        else:
            _move(path, "done")
    return dump


def _move(path: Path, folder: str, reason: str = "") -> None:
    """Put a file away, with the reason in a file beside it if there is one."""
    target = _free_place(path.parent / folder / path.name)
    try:
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        if reason:
            target.with_name(f"{target.name}.why.txt").write_text(f"{reason}\n")
            log.warning("%s was not taken: %s", path.name, reason)
    except FileNotFoundError:  # another worker was faster
        return
    except OSError as wrong:
        _stuck.add(_mark(path))
        log.warning("%s cannot be moved out of the inbox: %s", path.name, wrong.strerror)


def _free_place(path: Path) -> Path:
    """The path, or one beside it that is not taken."""
    place, number = path, 0
    while os.path.lexists(place):
        number += 1
        place = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return place
