"""Sets of papers as the bits of an int, and runs of adjacent words in texts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import getsizeof

from digest.matching.text import Reading

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


EDGES = " ,;:()!?-"  # beside a word these are never part of it
_APART = str.maketrans(dict.fromkeys(EDGES.strip(), " | "))
_LAST = re.compile(r"[a-z0-9]+$")
_FIRST = re.compile(r"^[a-z0-9]+")


def rows(words: Sequence[str], size: int) -> Iterator[str]:
    """Every `size` neighbouring words."""
    return map(" ".join, zip(*(words[at:] for at in range(size)), strict=False))


def rows_across(reading: Reading, size: int) -> Iterator[str]:
    """Every `size` neighbours of which at least one is a joined spelling."""
    keys = reading.keys
    joins: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    for start, end, key, _ in reading.edges:
        joins[start].append((end, key, True))
    paths = [("", start - back, False) for start in joins for back in range(size)]
    for _ in range(size):
        paths = [
            (f"{row} {key}", end, joined or is_join)
            for row, at, joined in paths
            if 0 <= at < len(keys)
            for end, key, is_join in ((at + 1, keys[at], False), *joins.get(at, ()))
        ]
    return (row[1:] for row, _, joined in paths if joined)


def tight(text: str) -> tuple[Iterator[str], list[str]]:
    """Every two words with a single space between them in a plain lower-case text: those that
    stand by themselves, and those beside a sign that may be part of a word, as in `U.S. model`.

    Among the first are some with signs in them, which no plain words equal.
    """
    words = text.translate(_APART).split()
    strange = [at for at, word in enumerate(words) if not word.isalnum() and word != "|"]
    starts = {start for at in strange for start in (at - 1, at) if 0 <= start < len(words) - 1}
    beside = ((_LAST.search(words[at]), _FIRST.search(words[at + 1])) for at in starts)
    doubtful = [f"{first[0]} {last[0]}" for first, last in beside if first and last]
    return rows(words, 2), doubtful
