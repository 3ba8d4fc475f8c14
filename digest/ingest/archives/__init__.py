"""Compressed files and archives, recognised by content, with limits on what comes out of them.

Nothing is ever written under a name in an archive. An archive may be compressed, and so may be the
files in it; nothing deeper is opened.
"""

import io
from collections.abc import Callable, Iterator
from typing import IO

from digest.ingest.formats import BadDump, Skipped

from . import streams, tars, zips
from .member import Member
from .unpack_limits import UnpackLimits

__all__ = ["Member", "UnpackLimits", "is_archive", "members", "peek_content", "unpacked"]


def unpacked(file: IO[bytes], limits: UnpackLimits, *, is_bounded: bool = False) -> IO[bytes]:
    """Return the file, or if it is compressed a file of what is in it, not held in memory.

    Reading raises BadDump if it is damaged or cut off, or unpacks beyond the limits; `limits.one`
    counts only if the content `is_bounded`.
    """
    how = streams.detect_compression(_head(file))
    if how is None:
        return file
    stream = streams.DecompressedStream(file, how, limits, is_bounded=is_bounded)
    inner = io.BufferedReader(stream, 1 << 16)
    head = _head(inner)
    if streams.detect_compression(head) or head.startswith(zips.MAGIC):
        raise BadDump("It is compressed twice. Decompress it once and submit the result.")
    return inner


def is_archive(head: bytes) -> bool:
    """Return whether a file that begins with `head`, after unpacked(), is an archive of files."""
    return head.startswith(zips.MAGIC) or tars.is_tar(head)


def members(
    archive: IO[bytes], limits: UnpackLimits, is_bulk: Callable[[bytes], bool], head: int
) -> Iterator[Member | Skipped]:
    """Yield the files of an archive one after the other, each with its stream, or why one is left
    out.

    `is_bulk` recognises a bulk file by its first `head` bytes. Raises BadDump, before any file is
    yielded, if the archive is damaged, encrypted or over the limits.
    """
    if _head(archive).startswith(zips.MAGIC):
        return zips.members(archive, limits, is_bulk, head)
    return tars.members(archive, limits, is_bulk, head)


def peek_content(head: bytes, most: int) -> bytes:
    """Return up to `most` bytes of the (first) file within one that begins with `head`."""
    if streams.detect_compression(head):
        head = streams.peek_content(head, most + (1 << 14))
    if head.startswith(zips.MAGIC):
        return zips.peek_content(head, most)
    return tars.peek_content(head, most) if tars.is_tar(head) else head[:most]


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    return head
