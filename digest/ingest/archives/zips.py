"""The files of a ZIP archive (PKWARE's APPNOTE.TXT), its directory checked first."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from digest.ingest.formats import BadDump, Skipped
from digest.ingest.formats.validation import excerpt

from .member import GuardedStream, Member, name_rejection, posix_name
from .unpack_limits import UnpackLimits

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_ENCRYPTED = 1
_HEADER = struct.Struct("<4s5H3I2H")
_LINK = 0o120000


def members(file: IO[bytes], limits: UnpackLimits, is_bulk: Callable[[bytes], bool], head: int
            ) -> Iterator[Member | Skipped]:  # fmt: skip
    """Yield the files in their order, or why one is left out.

    `is_bulk` recognises a bulk file by its first `head` bytes. Raises BadDump if the archive is
    damaged, encrypted, no archive of listings, or over the limits.
    """
    archive = _opened(file)
    infos = _files(archive, limits)
    limits.check_ratio(sum(info.file_size for info in infos), file.seek(0, io.SEEK_END))
    if sum(info.file_size for info in infos) > limits.total:
        few = (each for each in infos if not is_bulk(_head(archive, each, head)))
        limits.check_total(sum(info.file_size for info in few))
    for info in infos:
        name = posix_name(info.filename)
        if reason := _fault(info):
            yield Skipped(excerpt(name), reason)
        else:
            yield Member(name, io.BufferedReader(_content(archive, info)))


def peek_content(head: bytes, most: int) -> bytes:
    """Return up to `most` bytes of the first file in an archive that begins with `head`."""
    if len(head) < _HEADER.size or not head.startswith(MAGIC[0]):
        return b""
    _, _, flags, method, _, _, _, _, _, name, extra = _HEADER.unpack_from(head)
    data = head[_HEADER.size + name + extra :]
    if flags & _ENCRYPTED or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return b""
    try:
        return data[:most] if not method else zlib.decompressobj(-15).decompress(data, most)
    except zlib.error:
        return b""


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    # The exceptions for a damaged directory are no closed list.
    except Exception as wrong:
        raise BadDump(
            f"The ZIP archive is damaged or cut off ({_message_of(wrong)}). Fetch it again."
        ) from wrong


def _files(archive: zipfile.ZipFile, limits: UnpackLimits) -> Sequence[zipfile.ZipInfo]:
    infos = archive.infolist()
    limits.check_files(len(infos))
    names = {info.filename for info in infos}
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise BadDump("This is an office document or an e-book. Save the listing as plain text.")
    infos = [info for info in infos if not info.is_dir()]
    if infos and all(info.flag_bits & _ENCRYPTED for info in infos):
        raise BadDump("The archive is protected with a password. Pack the files without one.")
    return infos


def _fault(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "it is protected with a password; pack it without one"
    if info.compress_type not in _METHODS:
        return f"its compression method ({info.compress_type}) is not supported"
    if info.external_attr >> 16 & 0o170000 == _LINK:
        return "it is a link, which could point anywhere"
    return name_rejection(info.filename)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> GuardedStream:
    try:
        return GuardedStream(archive.open(info), _damaged_file)
    # The directory points to something that is no entry.
    except Exception as wrong:
        return GuardedStream(_Broken(wrong), _damaged_file)


class _Broken(io.BytesIO):
    """A file that cannot be opened: reading it raises the reason."""

    def __init__(self, wrong: Exception) -> None:
        super().__init__()
        self._wrong = wrong

    def read(self, size: int | None = -1, /) -> bytes:
        raise self._wrong


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    try:
        return _content(archive, info).read(most) or b""
    except BadDump:
        return b""


def _damaged_file(wrong: Exception) -> BadDump:
    return BadDump(f"It is damaged in the archive ({_message_of(wrong)}). Fetch the archive again.")


def _message_of(wrong: Exception) -> str:
    return excerpt(" ".join(str(wrong).split())).rstrip(".") or type(wrong).__name__
