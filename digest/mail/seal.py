"""HMACs by the dozen: what a key costs is paid once."""

import hashlib
from functools import lru_cache

_BLOCK = 64  # bytes that SHA-256 works on at once


class Seal:
    """HMAC-SHA256 under one key (RFC 2104): a call gives the 32 bytes of a message."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def __call__(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=64)
def seal(key: bytes) -> Seal:
    """The seal of a key, kept."""
    return Seal(key)
