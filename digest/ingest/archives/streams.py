"""One compressed file: recognised by its first bytes, unpacked block by block, never held whole.

gzip is RFC 1952, xz https://tukaani.org/xz/xz-file-format.txt, Zstandard RFC 8878.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

import zstandard

from digest.ingest.formats import BadDump

from .unpack_limits import UnpackLimits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 18
_ENOUGH = 10  # bytes to know a compression by
_SKIPPABLE = b"\x2a\x4d\x18"  # skippable frames (RFC 8878, 3.1.2), such as an index
# The tools write dictionaries of up to 128 MB by default.
_MOST_MEMORY = 160 << 20
_BROKEN = (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError)


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, most: int, /) -> bytes: ...


class _Gzip:
    """zlib's decoder with the interface of the others: it keeps input that it has not used yet."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)


class _Zstd:
    """Zstandard's decoder, which has no limit on its output, so it is fed 1 kB at a time: a block
    of 128 kB may have 4 bytes.
    """

    needs_input = True

    def __init__(self) -> None:
        window = 1 << 27
        self._inner = zstandard.ZstdDecompressor(max_window_size=window).decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inner.decompress(data) if data else b""


@dataclass(frozen=True, slots=True)
class Compression:
    """A compression: its name, first bytes, decoder, and how many bytes that is fed at once."""

    name: str
    magic: bytes
    decoder: Callable[[], _Decoder]
    step: int = _BLOCK


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b\x08", _Gzip),
    Compression("bzip2", b"BZh", bz2.BZ2Decompressor),
    Compression(
        "xz",
        b"\xfd7zXZ\x00",
        lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MOST_MEMORY),
    ),
    Compression("Zstandard", b"\x28\xb5\x2f\xfd", _Zstd, 1 << 10),
)


def detect_compression(head: bytes) -> Compression | None:
    """Return how a file that begins with `head` is compressed; None if it is not."""
    if head[1:4] == _SKIPPABLE and head[0] >> 4 == 5:
        return COMPRESSIONS[-1]
    found = next((each for each in COMPRESSIONS if head.startswith(each.magic)), None)
    if found and found.name == "bzip2" and head[4:10] not in (b"1AY&SY", b"\x17rE8P\x90"):
        return None  # a text may begin with these three letters
    return found


def peek_content(head: bytes, most: int) -> bytes:
    """Return up to `most` bytes of what a compressed file that begins with `head` holds."""
    found = detect_compression(head)
    given = b""
    try:
        for block in _blocks(io.BytesIO(head), found) if found else ():
            given += block
            if len(given) >= most:
                break
    except BadDump:
        pass  # it is only the beginning
    return given[:most]


class DecompressedStream(io.RawIOBase):
    """The content of a compressed file, as a file; seeking backwards unpacks it anew.

    Reading raises BadDump if it is damaged or cut off, or unpacks beyond `limits.ratio`, or beyond
    `limits.one` if the content `is_bounded`.
    """

    def __init__(
        self, packed: IO[bytes], how: Compression, limits: UnpackLimits, *, is_bounded: bool = False
    ) -> None:
        super().__init__()
        self._packed, self._how, self._limits = packed, how, limits
        self._is_bounded = is_bounded
        self._rewind()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence == io.SEEK_END:
            raise io.UnsupportedOperation("its end is unknown until it is unpacked")
        if offset < self._at:
            self._rewind()
        while self._at < offset and self._fill():
            self._take(offset - self._at)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        if not self._fill():
            return 0
        target = memoryview(buffer).cast("B")
        taken = self._take(len(target))
        target[: len(taken)] = taken
        return len(taken)

    def _rewind(self) -> None:
        self._packed.seek(0)
        self._blocks = _blocks(self._packed, self._how)
        self._block = memoryview(b"")
        self._at = 0

    def _fill(self) -> bool:
        """Have some bytes at hand; return whether there are any."""
        if not self._block:
            self._block = memoryview(next(self._blocks, b""))
            unpacked = self._at + len(self._block)
            self._limits.check_ratio(unpacked, self._packed.tell())
            if self._is_bounded:
                self._limits.check_one(unpacked)
        return bool(self._block)

    def _take(self, most: int) -> memoryview:
        taken, self._block = self._block[:most], self._block[most:]
        self._at += len(taken)
        return taken


def _blocks(packed: IO[bytes], how: Compression) -> Iterator[bytes]:
    """Yield the content block by block.

    Raises BadDump if the bytes are damaged or end too early.
    """
    decoder, data, is_begun = how.decoder(), b"", False
    while True:
        if not data and (decoder.needs_input or not is_begun):
            data = packed.read(how.step)
        if not (data or is_begun):
            return
        is_at_end, is_begun = not data, True
        block = _decoded(decoder, data, how)
        data = b""
        if block:
            yield block
        elif is_at_end and not decoder.eof and decoder.needs_input:
            raise BadDump(f"The {how.name} file is cut off. Fetch it again.")
        if decoder.eof:
            data = _next_stream(packed, decoder.unused_data, how)
            decoder, is_begun = how.decoder(), False


def _decoded(decoder: _Decoder, data: bytes, how: Compression) -> bytes:
    try:
        return decoder.decompress(data, _BLOCK)
    except _BROKEN as wrong:
        if "memory" in str(wrong).lower():
            raise BadDump(
                f"The {how.name} file needs more memory to unpack than any listing should. "
                "Compress it again with the usual settings."
            ) from wrong
        raise BadDump(
            f"The {how.name} file is damaged ({str(wrong).strip('.')}). Fetch it again."
        ) from wrong


def _next_stream(packed: IO[bytes], data: bytes, how: Compression) -> bytes:
    """Return the beginning of the stream that follows one that has ended, zeros between them
    skipped.
    """
    data = data.lstrip(b"\x00")
    while len(data) < _ENOUGH and (more := packed.read(how.step)):
        data = (data + more).lstrip(b"\x00")
    if data and detect_compression(data) is not how:
        raise BadDump(f"There is something else after the {how.name} data. Fetch the file again.")
    return data
