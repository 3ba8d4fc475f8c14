"""What a kept file holds once it is unpacked: one stream of bytes, or the members of an archive."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .formats import BadDump, Skipped


@dataclass(frozen=True, slots=True)
class Contents:
    """Bytes to be read from their start; `members`, by name, where the file is an archive."""

    stream: IO[bytes]
    members: tuple[tuple[str, bytes], ...] | None = None
    skipped: tuple[Skipped, ...] = ()


@contextlib.contextmanager
def contents(path: Path) -> Iterator[Contents]:
    """What the kept file holds. A file of a paper a line is never loaded whole.

    Raises BadDump where it cannot be opened or unpacked.
    """
    try:
        file = path.open("rb")
    except OSError as wrong:
        raise BadDump(
            f"Its kept bytes cannot be read ({wrong.strerror}): ingest the file again."
        ) from wrong
    with file:
        yield inside(file)


def inside(file: IO[bytes]) -> Contents:
    """The same for an open file that can be wound back."""
    return Contents(file)
