"""A file of an archive, and the checks on its name."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Protocol

from digest.ingest.formats import BadDump

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_DRIVE = re.compile(r"[A-Za-z]:")
_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Member:
    """A file with its name in the archive; its stream is read once, before the next member's."""

    name: str
    stream: IO[bytes]


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class GuardedStream(io.RawIOBase):
    """A stream to be read once, whose exceptions are translated to BadDump."""

    def __init__(self, inner: Readable, translate: Callable[[Exception], BadDump]) -> None:
        super().__init__()
        self._inner, self._translate = inner, translate

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        try:
            read = self._inner.read(len(target))
        except BadDump:
            raise
        # The exceptions of archive readers for damaged data are no closed list.
        except Exception as wrong:
            raise self._translate(wrong) from wrong
        target[: len(read)] = read
        return len(read)


def name_rejection(name: str) -> str:
    """Return why a file of that name is left out; "" if it is taken.

    Nothing is written under such a name, but an archive with path traversal in it is an attack.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or _DRIVE.match(name) or ".." in path.parts:
        return "its name points outside the archive"
    if "__MACOSX" in path.parts or path.name.lower() in _JUNK:
        return "it is a metadata file of the operating system, not a listing"
    return ""


def posix_name(name: str) -> str:
    """Return the name with forward slashes."""
    return name.replace("\\", "/")
