"""The body of an answer: unpacked, and never more of it in memory than is allowed."""

import json
import zlib

import httpx

from .errors import CannotFetch
from .http_connection import FAILURES

# What a service says of an error is short.
_LONGEST_ERROR, _LONGEST_SAYING = 65_536, 300


class _Plain:
    """Passes the bytes on unchanged."""

    def feed(self, raw: bytes, most: int) -> bytes:
        return raw

    def end(self) -> None:
        """Do nothing: the connection checks the length."""


class _Gzip:
    """Unpacks no more than is asked for, so that a decompression bomb fills no memory."""

    def __init__(self) -> None:
        self._packed = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def feed(self, raw: bytes, most: int) -> bytes:
        try:
            return self._packed.decompress(raw, most)
        except zlib.error as wrong:
            raise CannotFetch(
                "It cannot be unpacked: its gzip data is broken.", may_retry=True
            ) from wrong

    def end(self) -> None:
        if not self._packed.eof:
            raise CannotFetch("It ends too early: its gzip data is cut off.", may_retry=True)


_PACKED: dict[str, type[_Plain | _Gzip]] = {
    "": _Plain,
    "identity": _Plain,
    "gzip": _Gzip,
    "x-gzip": _Gzip,
}


def read_body(response: httpx.Response, size: int) -> bytes:
    """Return the whole body, unpacked; never more than `size` bytes of it are held.

    Raises CannotFetch if it is larger, or packed in a way that was not asked for.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpack = _PACKED.get(encoding)
    if unpack is None:
        raise CannotFetch(f"It is compressed as {encoding}, which was not requested.", refused=True)
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > size:
        raise _too_large(int(announced), size)
    unpacker, blocks, total, received = unpack(), [], 0, 0
    for raw in response.iter_raw():
        received += len(raw)
        blocks.append(unpacker.feed(raw, size + 1 - total))
        total += len(blocks[-1])
        if max(total, received) > size:
            raise _too_large(max(total, received), size)
    unpacker.end()
    return b"".join(blocks)


def stated_error(response: httpx.Response) -> str:
    """Return what a service says of an error in its JSON, in one line; "" if it says nothing."""
    if "json" not in response.headers.get("Content-Type", "").lower():
        return ""
    try:
        found: object = json.loads(read_body(response, _LONGEST_ERROR))
    except (CannotFetch, ValueError, RecursionError, *FAILURES):
        return ""
    for _ in range(4):  # Crossref: {"message": [{"message": "…"}]}
        if isinstance(found, list):
            found = found[0] if found else ""
        if isinstance(found, dict):
            found = found.get("message") or found.get("error") or found.get("detail") or ""
    return " ".join(found.split())[:_LONGEST_SAYING] if isinstance(found, str) else ""


def _too_large(found: int, size: int) -> CannotFetch:
    return CannotFetch(
        f"It has at least {found:,} bytes; the limit is {size:,} (setting MAX_DUMP_BYTES).",
        refused=True,
    )
