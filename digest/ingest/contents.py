"""What a kept file holds once it is unpacked: one stream of bytes, or the members of an archive."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from .bulk import HEAD, bulk_format
from .formats import BadDump, Skipped
from .unpack import Limits, Member, beginning, is_archive, members, unpacked

# The files of an archive have this many times the room of a single one.
_TOGETHER = 10
NESTED = "It is an archive within an archive: hand it in by itself."


@dataclass(frozen=True, slots=True)
class Contents:
    """Bytes to be read from their start; `members`, to be read in turn, where it is an archive."""

    stream: IO[bytes]
    members: Iterator[Member | Skipped] | None = None


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
    most = settings.MAX_DUMP_BYTES
    limits = Limits(one=most, total=_TOGETHER * most)
    stream = unpacked(file, limits)
    head = stream.read(HEAD)
    stream.seek(0)
    if is_archive(head):
        return Contents(stream, members(stream, limits, is_bulk, HEAD))
    if stream is file or is_bulk(head):
        return Contents(stream)
    return Contents(io.BytesIO(_whole(stream, limits)))


def is_bulk(head: bytes) -> bool:
    """Whether a file that begins so has a paper a line, itself or packed, and so may be of any
    size. The first MB of a packed one suffices to tell."""
    return bool(bulk_format(beginning(head, HEAD)))


def none_taken(left_out: Sequence[Skipped]) -> str:
    """The sentence for an archive that brought nothing."""
    if not left_out:
        return "There is no file in this archive."
    first = left_out[0]
    return f"None of its {len(left_out):,} files was taken; “{first.entry}”: {first.reason}"


def _whole(stream: IO[bytes], limits: Limits) -> bytes:
    data = stream.read(limits.one + 1)
    limits.check_one(len(data))
    return data
