"""The files of a tar archive (POSIX pax and its predecessors), checked once before any is read.

It is read forwards only: an archive whose headers lead back would otherwise never end.
"""

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import IO

from digest.ingest.formats import BadDump, Skipped
from digest.ingest.formats.validation import excerpt

from .member import GuardedStream, Member, name_rejection
from .unpack_limits import UnpackLimits

_BLOCK = tarfile.BLOCKSIZE
# Headers before a file hold a long name and times; real ones have a few hundred bytes.
_LONGEST_HEADER = 1 << 14


def is_tar(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a tar archive: its first header has the
    right sum.
    """
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(file: IO[bytes], limits: UnpackLimits, is_bulk: Callable[[bytes], bool], head: int
            ) -> Iterator[Member | Skipped]:  # fmt: skip
    """Yield the files in their order, or why one is left out; see zips.members()."""
    _survey(file, limits, is_bulk, head)
    stream = _Forward(file)
    for info in _infos(stream, limits):
        if info.isdir():
            continue
        name = info.name.encode(errors="surrogateescape").decode(errors="replace")
        if reason := _fault(info):
            yield Skipped(excerpt(name), reason)
        else:
            yield Member(name, io.BufferedReader(GuardedStream(_Part(stream, info), _damaged)))


def peek_content(head: bytes, most: int) -> bytes:
    """Return up to `most` bytes of the first file in an archive that begins with `head`."""
    stream = _Forward(io.BytesIO(head))
    try:
        for info in _infos(stream, UnpackLimits(one=0, total=0)):
            if not _fault(info) and not info.isdir():
                return _Part(stream, info).read(most)
    except BadDump:
        pass  # it is only the beginning
    return b""


def _survey(
    file: IO[bytes], limits: UnpackLimits, is_bulk: Callable[[bytes], bool], head: int
) -> None:
    """Raise BadDump if the archive is damaged, cut off or over the limits, anywhere in it."""
    stream, total = _Forward(file), 0
    for info in _infos(stream, limits):
        if info.isfile() and not _fault(info) and not is_bulk(_Part(stream, info).read(head)):
            total += info.size
            limits.check_total(total)


def _infos(stream: "_Forward", limits: UnpackLimits) -> Iterator[tarfile.TarInfo]:
    """Yield the headers up to the end-of-archive mark. Raises BadDump if there is none."""
    count = 0
    try:
        archive = tarfile.open(fileobj=stream, mode="r:", errorlevel=2)  # noqa: SIM115
        while info := archive.next():
            count += 1
            limits.check_files(count)
            archive.members.clear()  # type: ignore[attr-defined]
            yield info
            if info.isreg() and not info.issparse():
                stream.pass_over(info.offset_data + info.size)
        end = archive.offset
    except BadDump:
        raise
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError) as wrong:
        raise _damaged(wrong) from wrong
    if not stream.ends_at(end):
        raise BadDump(
            "The tar archive is damaged or cut off. Fetch it again, or pack its files again."
        )


def _fault(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "it is a link, which could point anywhere"
    if info.issparse():
        return "it is a sparse file, which no listing is"
    if not info.isreg() and not info.isdir():
        return "it is a device or a pipe, not a file"
    return name_rejection(info.name)


def _damaged(wrong: Exception) -> BadDump:
    said = excerpt(" ".join(str(wrong).split())).rstrip(".") or type(wrong).__name__
    return BadDump(f"The tar archive is damaged or cut off ({said}). Fetch it again.")


class _Forward(io.RawIOBase):
    """A file read forwards from its start, for a reader that may go back by one block at most."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        file.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset < self.tell() - _BLOCK:
            raise BadDump("The tar archive contains itself: it is damaged or malicious.")
        return self._file.seek(offset)

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _LONGEST_HEADER:
            raise BadDump(
                f"The tar archive has a header of {size:,} bytes, over {_LONGEST_HEADER:,}: it "
                "is damaged or malicious."
            )
        return self._file.read(size)

    def content(self, size: int) -> bytes:
        """Read bytes of a file rather than of a header."""
        return self._file.read(size)

    def pass_over(self, end: int) -> None:
        """Seek to the end of a file. Raises BadDump if it is not all there."""
        self.seek(max(end - 1, self.tell()))
        if self.tell() < end and not self._file.read(1):
            raise BadDump("The tar archive is cut off in the middle of a file. Fetch it again.")

    def ends_at(self, end: int) -> bool:
        """Return whether the end-of-archive mark stands there: a block of zeros."""
        self.seek(end)
        return self._file.read(_BLOCK) == bytes(_BLOCK)


class _Part(io.RawIOBase):
    """The bytes of one file in the archive."""

    def __init__(self, stream: _Forward, info: tarfile.TarInfo) -> None:
        super().__init__()
        self._stream, self._left = stream, info.size
        stream.seek(info.offset_data)

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._stream.content(wanted)
        self._left -= len(data)
        if len(data) < wanted:
            raise BadDump("The tar archive is cut off in the middle of a file. Fetch it again.")
        return data
