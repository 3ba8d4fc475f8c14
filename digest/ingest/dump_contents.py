"""What a kept file holds once it is unpacked: one stream of bytes, or the members of an archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from django.conf import settings

from .archives import Member, UnpackLimits, is_archive, members, peek_content, unpacked
from .bulk_files import HEAD_BYTES, bulk_format
from .formats import Skipped
from .sanity_checks import NO_LIMITS, DumpLimits

# The files of an archive have this many times the room of a single one.
_TOGETHER = 10
NESTED_ARCHIVE = "It is an archive within an archive. Submit it separately."


@dataclass(frozen=True, slots=True)
class Contents:
    """A stream at its start.

    `members`, to be read one after the other, if the file is an archive.
    """

    stream: IO[bytes]
    members: Iterator[Member | Skipped] | None = None


def open_contents(file: IO[bytes], dump_limits: DumpLimits = NO_LIMITS) -> Contents:
    """Return what a seekable file holds, within `limits`; nothing is loaded whole.

    Raises BadDump if it cannot be unpacked, which may show only when the stream is read, OSError if
    the disk fails.
    """
    most = settings.MAX_DUMP_BYTES
    total = (
        _TOGETHER * most if dump_limits.size is None else min(_TOGETHER * most, dump_limits.size)
    )
    limits = UnpackLimits(one=most, total=total)
    stream = unpacked(file, limits)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if is_archive(head):
        # Where there is a cap, a file of a paper a line counts towards the total like any other.
        is_exempt = is_bulk if dump_limits.size is None else lambda head: False
        return Contents(stream, members(stream, limits, is_exempt, HEAD_BYTES))
    if stream is file or is_bulk(head):
        return Contents(stream)
    return Contents(unpacked(file, limits, is_bounded=True))


def is_bulk(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a bulk file, compressed or not, of any size.

    The first MB of a compressed one suffices. Never raises, for it is called before the bytes are
    kept: what fails here fails again, and is explained, when the dump is read.
    """
    try:
        return bool(bulk_format(peek_content(head, HEAD_BYTES)))
    except Exception:
        return False


def nothing_taken(left_out: Sequence[Skipped]) -> str:
    """Return the sentence for an archive of which no file was taken."""
    if not left_out:
        return "This archive is empty."
    first = left_out[0]
    return f"None of its {len(left_out):,} files was accepted; “{first.entry}”: {first.reason}"
