"""Sets of papers as the bits of an int."""

from collections.abc import Iterable, Mapping
from sys import getsizeof

Bits = int
_PIECE = 1024


def slots(bits: Bits) -> list[int]:
    """The places of the set bits (of a number that is not negative), ascending."""
    length = bits.bit_length()
    if length <= _PIECE:
        return _places(bits, 0)
    # Taking the lowest bit of a long number copies all of it: pieces keep it linear.
    whole = bits.to_bytes((length + 7) // 8, "little")
    step = _PIECE // 8
    found: list[int] = []
    for start in range(0, len(whole), step):
        found += _places(int.from_bytes(whole[start : start + step], "little"), start * 8)
    return found


def _places(bits: Bits, base: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(base + low.bit_length() - 1)
        bits ^= low
    return found


def last(bits: Bits, most: int) -> Bits:
    """The highest `most` of the set bits."""
    kept = 0
    while bits and most > 0:
        high = 1 << bits.bit_length() - 1
        kept |= high
        bits ^= high
        most -= 1
    return kept


def bits_at(places: Iterable[int]) -> Bits:
    """The bits at these places."""
    found = bytearray()
    for place in places:
        if place // 8 >= len(found):
            found.extend(bytes(place // 8 + 1 - len(found)))
        found[place // 8] |= 1 << place % 8
    return int.from_bytes(found, "little")


def enter(table: dict[str, Bits], terms: Iterable[str], bits: Bits) -> None:
    """Adds the bits to those of each term; terms of one paper only share them."""
    for term in terms:
        known = table.setdefault(term, bits)
        if known is not bits:
            table[term] = known | bits


_SHARED = 2  # blocks that have a word in common, on average


def table_bytes(table: Mapping[str, Bits]) -> int:
    """The memory that a table of words takes, in bytes; about."""
    words = sum(map(getsizeof, table)) // _SHARED
    return getsizeof(table) + words + bits_bytes(table.values())


def bits_bytes(found: Iterable[Bits]) -> int:
    """The memory that sets of papers take, in bytes, each object counted once."""
    return sum({id(bits): getsizeof(bits) for bits in found}.values())
