"""Sets of papers as the bits of an int (bitsets), and the n-grams of words in texts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import getsizeof

from digest.matching.text import Tokens

Bits = int
_PIECE = 1024


def slots(bits: Bits) -> list[int]:
    """The positions of the set bits of a non-negative int, ascending."""
    length = bits.bit_length()
    if length <= _PIECE:
        return _places(bits, 0)
    # Taking the lowest bit of a long int copies all of it: pieces keep this linear.
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


def highest(bits: Bits, most: int) -> Bits:
    """The highest `most` of the set bits."""
    kept = 0
    while bits and most > 0:
        high = 1 << bits.bit_length() - 1
        kept |= high
        bits ^= high
        most -= 1
    return kept


def bits_at(places: Iterable[int]) -> Bits:
    """The int with the bits at these positions set."""
    found = bytearray()
    for place in places:
        if place // 8 >= len(found):
            found.extend(bytes(place // 8 + 1 - len(found)))
        found[place // 8] |= 1 << place % 8
    return int.from_bytes(found, "little")


def add_postings(table: dict[str, Bits], terms: Iterable[str], bits: Bits) -> None:
    """Add the bits to those of each term; terms of a single paper share one int."""
    for term in terms:
        known = table.setdefault(term, bits)
        if known is not bits:
            table[term] = known | bits


def remove_postings(table: dict[str, Bits], terms: Iterable[str], bits: Bits) -> None:
    """Undo `add_postings`; terms without any paper are dropped."""
    for term in terms:
        if left := table[term] & ~bits:
            table[term] = left
        else:
            del table[term]


_SHARED = 2  # mean number of blocks that share a word


def table_bytes(table: Mapping[str, Bits]) -> int:
    """Estimated memory of a table of words, in bytes."""
    words = sum(map(getsizeof, table)) // _SHARED
    return getsizeof(table) + words + bits_bytes(table.values())


def bits_bytes(found: Iterable[Bits]) -> int:
    """Memory of bitsets, in bytes, each object counted once."""
    return sum({id(bits): getsizeof(bits) for bits in found}.values())


BOUNDARIES = " ,;:()!?-"  # never part of the word next to them
_APART = str.maketrans(dict.fromkeys(BOUNDARIES.strip(), " | "))
_LAST = re.compile(r"[a-z0-9]+$")
_FIRST = re.compile(r"^[a-z0-9]+")


def ngrams(words: Sequence[str], size: int) -> Iterator[str]:
    """Every run of `size` adjacent words, joined by spaces."""
    return map(" ".join, zip(*(words[at:] for at in range(size)), strict=False))


def ngrams_with_joins(tokens: Tokens, size: int) -> Iterator[str]:
    """Every run of `size` adjacent terms of which at least one is an alternative."""
    terms = tokens.terms
    joins: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    for start, end, term, _ in tokens.alternatives:
        joins[start].append((end, term, True))
    paths = [("", start - back, False) for start in joins for back in range(size)]
    for _ in range(size):
        paths = [
            (f"{ngram} {term}", end, joined or is_join)
            for ngram, at, joined in paths
            if 0 <= at < len(terms)
            for end, term, is_join in ((at + 1, terms[at], False), *joins.get(at, ()))
        ]
    return (ngram[1:] for ngram, _, joined in paths if joined)


def exact_bigrams(text: str) -> tuple[Iterator[str], list[str]]:
    """The pairs of words with a single space between them in a plain lower-case text.

    Returns the certain ones, and those next to a sign that may be part of a word, as in
    `U.S. model`. Some of the certain ones contain signs; they equal no pair of plain words.
    """
    words = text.translate(_APART).split()
    strange = [at for at, word in enumerate(words) if not word.isalnum() and word != "|"]
    starts = {start for at in strange for start in (at - 1, at) if 0 <= start < len(words) - 1}
    beside = ((_LAST.search(words[at]), _FIRST.search(words[at + 1])) for at in starts)
    doubtful = [f"{first[0]} {last[0]}" for first, last in beside if first and last]
    return ngrams(words, 2), doubtful
