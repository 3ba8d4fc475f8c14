"""The journal of replies: what servers answered, on disk before it is in the database.

A process may die between reading a reply and committing it, and the row would end as UNKNOWN though
the reply had come. So each drain appends the replies it has read to a file of its own before their
transaction begins; `digest.sending.journal_replay` applies the file of a dead drain to the rows.

A line names no address: a checksum, then a JSON list of the journal's epoch, the kind and id of the
row, its fence, the time, and the reply with every address removed. The epoch is a random number
that the send permit writes to the row: no other database, and no row that was claimed again, has
it together with that id and fence.

A drain holds a lock on its journal (flock(2)), which the kernel drops with the process, however it
ends; over NFS this holds for other machines too.
"""

import contextlib
import fcntl
import json
import logging
import os
import re
import secrets
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from digest.mail.transport import Outcome, Result

log = logging.getLogger(__name__)

SUFFIX, BEING_MADE = ".replies", ".new"
LONGEST = 256 * 1024  # bytes after which a journal without open replies begins anew
MOST_READ = 64 * LONGEST  # bytes of a journal that are read at most
KEPT = 7 * 86_400.0  # seconds after which a line counts for nothing
_TEXT = 300  # characters of a reply that are kept
_WORD = re.compile(r"\S+")
_HIDDEN = "(address)"


@dataclass(frozen=True, slots=True)
class Reply:
    """The definite reply to a mail that had its permit: the row of `kind` ("digest" or "letter")
    with the id `row`, claimed under `fence`; read at `at`, in seconds since 1970."""

    kind: str
    row: int
    fence: int
    at: float
    outcome: Outcome


class JournalContents(NamedTuple):
    """The replies of a journal by epoch, and the number of lines that could not be read."""

    replies: dict[int, list[Reply]]
    unreadable: int


class Journal:
    """The journal of one drain; its file is created with the first reply.

    What was written survives a kill, what was synced a power cut. The fsync of a group runs in a
    thread beside its transaction, and ends before the next group is written: waiting for it before
    the transaction would leave the same gap between reply and fsync, and slow sending down.

    Never raises OSError. If the file cannot be written, sending continues: a reply is then only as
    safe as its transaction. `wrong` is a sentence that says so, "" while the journal works.
    """

    def __init__(self, folder: Path) -> None:
        self.epoch = secrets.randbits(62)
        self.wrong = ""
        self._folder, self._path = folder, folder / f"{self.epoch:016x}{SUFFIX}"
        self._file = -1
        self._size = self._open = 0  # bytes; `_open` of them not yet in the database
        self._syncing: Future[None] | None = None
        self._disk = ThreadPoolExecutor(1, "journal")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, replies: Sequence[Reply]) -> None:
        """Append the replies, and begin one fsync for all of them."""
        if not replies:
            return
        # A line end first: the line before may have been cut short.
        data = b"\n" + b"".join(_line(self.epoch, reply) for reply in replies)
        self._synced()
        try:
            if self._file < 0:
                self._create()
            _write_all(self._file, data)
            self._syncing = self._disk.submit(os.fdatasync, self._file)
        except OSError as wrong:
            self._failed(wrong)
        else:
            self._size += len(data)
            self._open += len(data)

    def _synced(self) -> None:
        """Wait for the fsync that runs, if one does."""
        syncing, self._syncing = self._syncing, None
        try:
            if syncing:
                syncing.result()
        except OSError as wrong:
            self._failed(wrong)

    def mark_committed(self) -> None:
        """Mark everything written so far as committed to the database."""
        self._open = 0
        if self._size > LONGEST:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
                self._size = 0

    def close(self) -> None:
        """Release the lock and delete the file, unless replies in it have yet to be replayed."""
        self._synced()
        self._disk.shutdown()
        if self._file < 0:
            return
        if not self._open:
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._file)
        self._file = -1

    def _create(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Until the lock is held, under a name that no replay reads.
        hidden = self._path.with_suffix(BEING_MADE)
        file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hidden.rename(self._path)
            _sync_folder(self._folder)
        except OSError:
            os.close(file)
            for path in (hidden, self._path):
                path.unlink(missing_ok=True)
            raise
        self._file = file

    def _failed(self, wrong: OSError) -> None:
        reason = wrong.strerror or type(wrong).__name__
        if not self.wrong:
            log.error("The journal of replies in %s cannot be written: %s", self._folder, reason)
        self.wrong = (
            f"The journal of replies in {self._folder} cannot be written ({reason}): sending "
            "continues, but a reply that is read just before a crash would be lost."
        )
        if self._file >= 0:
            with contextlib.suppress(OSError):  # otherwise the checksum shows what was cut short
                os.ftruncate(self._file, self._size)


def scrubbed(text: str, address: str) -> str:
    """The text of a reply, at most _TEXT characters, without this address, its local part, and
    anything else that looks like an address."""
    local, _, _ = address.rpartition("@")
    names = {address, local, re.split(r"[+=-]", local)[0]} - {""}
    text = text[: 4 * _TEXT]
    plain = text.lower()  # most replies name nobody, and a pattern for each address is costly
    for name in sorted((name for name in names if name.lower() in plain), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _HIDDEN, text, flags=re.IGNORECASE)
    if "@" in text:
        text = _WORD.sub(lambda word: _HIDDEN if "@" in word[0] else word[0], text)
    return text[:_TEXT]


@contextlib.contextmanager
def lock_journal(path: Path) -> Iterator[bool]:
    """Lock the journal at `path` for the block; yields False if it is gone or another process
    locks it. Raises OSError if it cannot be opened or locked for another reason."""
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield os.fstat(file).st_nlink > 0  # else another replay was quicker
    finally:
        os.close(file)


def read(path: Path, now: float) -> JournalContents:
    """Read the replies of a journal that are less than a week old at `now`, in seconds since 1970.

    Damaged lines are left out and counted.
    """
    replies: dict[int, list[Reply]] = {}
    unreadable = 0
    with path.open("rb") as file:
        for line in file.read(MOST_READ).split(b"\n"):
            if not line:
                continue
            try:
                epoch, reply = _parsed(line)
            except (ValueError, TypeError):
                unreadable += 1
                continue
            if now - reply.at < KEPT:
                replies.setdefault(epoch, []).append(reply)
    return JournalContents(replies, unreadable)


def journals(folder: Path, now: float) -> list[Path]:
    """The journals in the folder, oldest first; none if it does not exist.

    Deletes files that a crash left half created a week ago.
    """
    found = []
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):  # another replay was quicker
            modified = path.stat().st_mtime
            if path.suffix == SUFFIX:
                found.append((modified, path))
            elif path.suffix == BEING_MADE and now - modified > KEPT:
                path.unlink()
    return [path for _, path in sorted(found)]


def _line(epoch: int, reply: Reply) -> bytes:
    outcome = reply.outcome
    body = json.dumps(
        [epoch, reply.kind, reply.row, reply.fence, round(reply.at, 3),
         outcome.result.value, outcome.phase, outcome.code, outcome.text],
        separators=(",", ":"),
    ).encode()  # fmt: skip
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _parsed(line: bytes) -> tuple[int, Reply]:
    """The epoch and the reply of a line. Raises ValueError or TypeError if the line is damaged."""
    checksum, _, body = line.partition(b" ")
    if int(checksum, 16) != zlib.crc32(body):
        raise ValueError("the checksum differs")
    epoch, kind, row, fence, at, result, phase, code, text = json.loads(body)
    outcome = Outcome(Result(result), str(phase), None if code is None else int(code), str(text))
    return int(epoch), Reply(str(kind), int(row), int(fence), float(at), outcome)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that the name of a new file survives a power cut as its bytes do."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def reply_of(kind: str, row: int, fence: int, outcome: Outcome, address: str) -> Reply:
    """The reply to write to a journal: `outcome` without addresses, at the current time."""
    text = scrubbed(outcome.text, address)
    return Reply(
        kind, row, fence, time.time(), Outcome(outcome.result, outcome.phase, outcome.code, text)
    )
