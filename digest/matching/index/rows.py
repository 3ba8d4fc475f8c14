"""Rows of words in a text: which stand one after the other."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..text import Reading

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
