"""What this machine has seen of a database, in a file outside it.

A restored database does not know that it was restored; this file shows that it is older than what
was sent from it. It is written before a worker sends.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = "epochs.json"
_KEPT = 8  # databases that the file names: those it was written for last


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a database has come: its epoch, how often workers began to send, and the highest id
    of a digest."""

    epoch: int
    drains: int
    digest: int

    def is_behind(self, seen: "Progress") -> bool:
        """Whether a database that has come this far is older than what was seen of it."""
        if self.epoch != seen.epoch:
            return self.epoch < seen.epoch
        return self.drains < seen.drains or self.digest < seen.digest

    def or_later(self, other: "Progress") -> "Progress":
        """The later of both."""
        if self.epoch != other.epoch:
            return max(self, other, key=lambda each: each.epoch)
        return Progress(self.epoch, max(self.drains, other.drains), max(self.digest, other.digest))


def note(folder: Path, database: int, found: Progress) -> None:
    """Record that the database has come this far; what is recorded never goes back.

    Raises OSError if the file cannot be written. A damaged file is replaced.
    """
    with _locked(folder):
        try:
            seen = read(folder)
        except ValueError:
            seen = {}
        before = seen.pop(database, None)
        seen[database] = found.or_later(before) if before else found
        _write(folder, dict(list(seen.items())[-_KEPT:]))


def read(folder: Path) -> dict[int, Progress]:
    """Return what was seen of each database, by its name.

    Raises OSError if the file cannot be read, ValueError if it is damaged.
    """
    try:
        text = (folder / NAME).read_text()
    except FileNotFoundError:
        return {}
    try:
        return {
            int(name, 16): Progress(*map(int, (row["epoch"], row["drains"], row["digest"])))
            for name, row in json.loads(text).items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise ValueError(f"{folder / NAME} is damaged") from wrong


def _write(folder: Path, seen: dict[int, Progress]) -> None:
    """Replace the file as a whole, so that a power cut leaves the old one or the new one."""
    draft = folder / f"{NAME}.new"
    rows = {
        f"{name:016x}": {"epoch": each.epoch, "drains": each.drains, "digest": each.digest}
        for name, each in seen.items()
    }
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(rows, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the file for the block; the kernel releases the lock with the process."""
    descriptor = os.open(folder / f"{NAME}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
