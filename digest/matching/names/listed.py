"""Listed names as the index has them: words to look up, and rows to compare with.

A row is a reading of a name, such as `quimby/ john a.`: the family name and, after the slash, marks
and given names, each behind a blank or a hyphen, with a full stop behind an initial. Rows that
begin with `#` have the characters of a script without blanks, those with `+` the words of a group.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .folding import joined
from .name_words import SPECIAL, Element, NameWords, name_words
from .readings import Reading, families, readings

_BARE, _TURNED, _COMPLETE = "~<!"
_TWO_WORDS = re.compile(r"([A-Z][a-z]+) ([A-Z][a-z]+)")
_ELEMENT = re.compile(r"([ -])([^ .-]+)(\.?)")


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of an author. `words`: what a single word of a keyword may be, an initial as `j*`; and
    `j.` for an initial that is written as such. `rows`: each after a line end."""

    words: frozenset[str]
    rows: str


@lru_cache(8192)
def listed_name(name: str) -> ListedName:
    """Read a listed name."""
    return _of_two_words(name) or _read(name)


def _of_two_words(name: str) -> ListedName | None:
    """Read a name such as “Ada Lamp”, as most are; None for any other."""
    found = _TWO_WORDS.fullmatch(name)
    if not found or not SPECIAL.isdisjoint(name.lower().split()):
        return None
    first, last = (joined(word.lower()) for word in found.groups())
    rows = f"\n{last}/ {first}\n{first}/{_TURNED} {last}"
    return ListedName(frozenset((first, last, f"{first[0]}*", f"{last[0]}*")), rows)


def _read(name: str) -> ListedName:
    words: set[str] = set()
    rows: dict[str, None] = {}
    for found in name_words(name):
        rows.update(dict.fromkeys(_rows(found)))
        words.update(_words(found))
    beginnings = {f"{word[0]}*" for word in words}
    return ListedName(frozenset(words | beginnings), "".join(f"\n{row}" for row in rows))


def name_rows(names: Iterable[str]) -> str:
    """Return the rows of several names."""
    return "".join(listed_name(name).rows for name in names)


def _rows(name: NameWords) -> Iterator[str]:
    if name.unspaced:
        yield f"#{name.unspaced}"
    if not name.is_group:
        yield from map(encoded, readings(name))
        if len(name.words) > 1:
            yield from (f"+/ {family}." for family in families(name))
    elif len(name.words) > 1:
        yield f"+/ {' '.join(sorted({word.folded for word in name.words}))}"


def _words(name: NameWords) -> Iterator[str]:
    """The words of a name, their parts, and those that may be written as one."""
    yield from name.unspaced
    for word in name.words:
        yield word.folded
        yield from (part.text for part in word.parts)
    if name.is_group:
        return
    yield from families(name)
    for reading in readings(name):
        yield reading.family
        yield from (f"{each.text[0]}." for each in reading.given if each.is_short)
    if len(name.words) > 2:
        for left, right in pairwise(name.words):
            if not (left.is_short or right.is_short):
                yield joined(left.folded + right.folded)


def encoded(reading: Reading) -> str:
    """Return a reading as a row."""
    marks = _BARE * reading.is_bare + _TURNED * reading.is_turned
    marks += _COMPLETE * reading.is_complete
    given = (f"{'-' if e.is_linked else ' '}{e.text}{'.' * e.is_short}" for e in reading.given)
    return f"{reading.family}/{marks}{''.join(given)}"


@lru_cache(8192)
def given_of(family: str, row: str) -> Reading:
    """Return the reading of a row, given what stands before and after its slash."""
    given = (Element(text, bool(dot), sign == "-") for sign, text, dot in _ELEMENT.findall(row))
    marks = row.partition(" ")[0]
    return Reading(family, tuple(given), *(mark in marks for mark in (_BARE, _TURNED, _COMPLETE)))
