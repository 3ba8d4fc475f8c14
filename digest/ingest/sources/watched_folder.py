"""The watched folder, and sources that are a folder: files are read and moved to done/ or failed/.

A writer gives a file a temporary name first (".name", "name.tmp", "name.part"), or leaves it
unchanged for 5 seconds. What cannot be read is moved to failed/, with the reason beside it.
"""

import logging
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings

from digest.ingest import failures
from digest.ingest.pipeline import TICK_SECONDS, TooLarge, Unreadable, read, receive
from digest.models import Dump, Source

from .errors import CannotFetch
from .fetch_schedule import intent_of
from .intake import StepResult, quarantine_message

log = logging.getLogger(__name__)

_SETTLED_SECONDS = 5
_UNFINISHED = (".tmp", ".part")
_OWN = frozenset({"done", "failed"})
_LONGEST_NAME = 240  # bytes, of the 255 that file systems take, before ".why.txt"
# Files that could be neither read nor moved away; logged once a process, not at each tick.
_stuck: set["FileStamp"] = set()

FileStamp = tuple[float, int, str]


def ingest_inbox(at: datetime) -> list[Dump]:
    """Read the files that have settled in the inbox, oldest first; return their dumps.

    `at` is when they count as received. A file is moved only after its dump is kept and read, so
    after a crash at any point it is read again, which changes nothing.
    """
    folder = Path(settings.INBOX_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        log.warning("The inbox %s cannot be made: %s", folder, wrong.strerror)
        return []
    return ingest_folder(folder, at)


def ingest_folder(
    folder: Path,
    at: datetime,
    *,
    until: float | None = None,
    source: Source | None = None,
) -> list[Dump]:
    """Read the files that have settled in any folder, of a source or not; return their dumps.

    No file is begun after `until` (monotonic seconds).
    """
    try:
        paths = [path for path in folder.iterdir() if _is_finished(path.name)]
    except OSError as wrong:
        log.warning("The folder %s cannot be read: %s", folder, wrong.strerror)
        return []
    stamps = [(stamp, path) for path in paths if (stamp := _stamp(path)) is not None]
    taken = []
    for stamp, path in sorted(stamps):
        if until is not None and time.monotonic() > until:
            break
        if _is_settled(stamp) and stamp not in _stuck:
            taken.append(_ingest_file(path, stamp, at, source))
    return [dump for dump in taken if dump is not None]


def open_regular_file(path: Path) -> IO[bytes]:
    """Return a regular file, open. Raises Unreadable, with a sentence, for anything else."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise Unreadable(
                "This is a link, which could point anywhere. Put the file itself here."
            )
        if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
            raise Unreadable("This is a folder or a device, not a file. Put its files here.")
        return path.open("rb")
    except FileNotFoundError:
        raise
    except OSError as wrong:
        raise Unreadable(f"It cannot be read: {wrong.strerror}.") from wrong


def _is_finished(name: str) -> bool:
    return not (name in _OWN or name.startswith(".") or name.endswith(_UNFINISHED))


def _stamp(path: Path) -> FileStamp | None:
    """Return the file's stamp; None if it is gone: files may be removed at any moment."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mtime, found.st_size, str(path)


def _is_settled(stamp: FileStamp) -> bool:
    # A time in the future counts as settled, like one long ago.
    return abs(time.time() - stamp[0]) >= _SETTLED_SECONDS


def _ingest_file(path: Path, stamp: FileStamp, at: datetime, source: Source | None) -> Dump | None:
    """Take one file; None where it is none, where the disk or the database has trouble just now,
    or where its taking fails. Never raises: the files behind it are to be taken too."""
    try:
        with open_regular_file(path) as file:
            if source is None:
                dump = receive(file, path.name, at=at)
            else:
                intent = intent_of(source, None, at.astimezone(UTC).date())
                dump = receive(
                    file, path.name, format=source.format, intent=intent, source=source, at=at
                )
        dump = read(dump, at=at, seconds=TICK_SECONDS)
    except FileNotFoundError:  # another worker was faster
        return None
    except (Unreadable, TooLarge) as wrong:
        _move(path, "failed", str(wrong))
        return None
    except Exception as wrong:
        failures.log_postponed(f"{path.name} stays in {path.parent} for now", wrong)
        return None
    if _stamp(path) == stamp:  # else it was written to meanwhile, or is gone
        if dump.state == Dump.State.QUARANTINED or dump.is_withdrawn:
            _move(path, "failed", dump.error)
        else:
            _move(path, "done")
    return dump


def _move(path: Path, folder: str, reason: str = "") -> None:
    """Move a file to `folder` beside it.

    Write the reason, if there is one, into a file next to it.
    """
    target = _free_place(path.parent / folder / path.name)
    try:
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
    except FileNotFoundError:  # another worker was faster
        return
    except OSError as wrong:
        if stamp := _stamp(path):
            _stuck.add(stamp)
        log.warning("%s cannot be moved out of %s: %s", path.name, path.parent, wrong.strerror)
        return
    if reason:
        log.warning("%s was not taken: %s", path.name, reason)
        _explain(target, reason)


def _explain(path: Path, reason: str) -> None:
    """Write the reason into a file beside it, whose name is cut if it gets too long."""
    name = path.name.encode(errors="surrogateescape")[:_LONGEST_NAME]
    place = path.with_name(f"{name.decode(errors='surrogateescape')}.why.txt")
    try:
        place.write_text(f"{reason}\n", encoding="utf-8", errors="replace")
    except OSError as wrong:
        log.warning("%s cannot be written: %s", place.name, wrong.strerror)


def _free_place(path: Path) -> Path:
    """Return the path, or a similar one that does not exist."""
    place, number = path, 0
    while os.path.lexists(place):
        number += 1
        place = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return place


def fetch_folder(source: Source, at: datetime, until: float) -> StepResult:
    """Read its files, oldest first. Raises CannotFetch if there is no such folder."""
    folder = Path(source.folder)
    if not folder.is_dir():
        raise CannotFetch(
            f"There is no folder {folder} on this machine. Create it, or correct the path."
        )
    dumps = ingest_folder(folder, at, until=until, source=source)
    messages = [sentence for dump in dumps if (sentence := quarantine_message(dump))]
    return StepResult(tuple(dumps), message=" ".join(messages))
