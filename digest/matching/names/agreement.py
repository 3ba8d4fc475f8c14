"""Whether two names may be those of one person: the same family name, and given names of which none
contradicts the other."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .folding import joined
from .listed import ListedName, encoded, given_of, listed_name
from .name_words import Element, name_words
from .readings import Given, Reading, families, readings

_WORD = re.compile(r"[^\s/.~<!+#-]+")
_MOST_JOINED = 3  # words of a given name that may be written as one


class TypedName:
    """The name that somebody looks for; equal names have the same `canonical` text.

    `alone`: a family or a given name, or a letter, that is any word of the names found. `families`:
    of several words (`van der Berg`), which may be all of the name. `readings`: of a name with a
    given name. `words`: of a group, or if there are but initials or characters of scripts without
    blanks; all must be in the name, the latter (`unspaced`) in a row.
    """

    __slots__ = ("_searches", "alone", "canonical", "families", "readings", "unspaced", "words")

    def __init__(self, text: str) -> None:
        names = list(name_words(text))
        self.unspaced = names[0].unspaced
        self.alone: frozenset[str] = frozenset()
        self.families: frozenset[str] = frozenset()
        self.readings: frozenset[Reading] = frozenset()
        self.words = frozenset(self.unspaced)
        words = names[0].words
        if self.unspaced:
            pass
        elif len(words) > 1 and (names[0].is_group or all(word.is_short for word in words)):
            self.words = frozenset(_key(word.folded) for word in words if word.folded != "the")
        else:
            found = frozenset(_key(each) for name in names for each in families(name) if each)
            if len(words) < 2:
                self.alone = found
            else:
                self.families = found
            self.readings = frozenset(each for name in names for each in readings(name))
        self._searches = tuple(map(_search, sorted(self.readings)))
        self.canonical = self._canonical()

    def __bool__(self) -> bool:
        """Whether there is a word in it."""
        return bool(self.canonical)

    def _canonical(self) -> str:
        words = self.unspaced or " ".join(sorted(self.alone | self.families | self.words))
        return "; ".join(filter(None, [words, *sorted(map(encoded, self.readings))]))

    def lookups(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what to look up among the words of listed names: a word, and others of which one
        is needed too. This finds all names that agree with a reading or a family name."""
        for each in self.readings:
            yield each.family, tuple(_first_names(each.given))
        for family in self.families:
            yield family, (family,)

    @property
    def steps(self) -> int:
        """How many words are looked up, about."""
        return 2 * len(self.alone | self.families | self.words) + 6 * len(self.readings)

    def agrees(self, name: str) -> bool:
        """Whether a listed name may be that of this person."""
        return self.agrees_with(listed_name(name))

    def agrees_with(self, listed: ListedName) -> bool:
        """Whether a listed name may be that of this person."""
        if not self.alone.isdisjoint(listed.words):
            return True
        return self.agrees_in(listed.rows)

    def ranges(self, name: str) -> list[tuple[int, int]]:
        """The characters [start, end) of a listed name that agree: a word of it, or all of it."""
        words = [word for found in name_words(name) for word in found.words]
        alone = {(word.start, word.end) for word in words if not self.alone.isdisjoint(word.names)}
        if alone or not self.agrees(name):
            return sorted(alone)
        if not words:
            return [(0, len(name))]
        return [(min(word.start for word in words), max(word.end for word in words))]

    def agrees_in(self, rows: str) -> bool:
        """Whether one of these rows agrees (see `name_rows`); words that stand alone are not looked
        for."""
        if self.unspaced:
            return any(self.unspaced in row for row in rows.split("\n") if row[:1] == "#")
        if self.words:
            return any(_has_all(self.words, row) for row in rows.split("\n"))
        if any(f"\n{each}/ " in rows or f"\n+/ {each}." in rows for each in self.families):
            return True
        return any(each.agrees_in(rows) for each in self._searches)


def _first_names(given: Given) -> Iterator[str]:
    """What a listed name has for the first given name: that one or its beginning."""
    if given[0].is_short:
        yield f"{given[0].text[0]}*"
        return
    yield f"{given[0].text[0]}."
    for count in range(1, _MOST_JOINED + 1):
        if len(given) >= count and not given[count - 1].is_short:
            yield joined("".join(each.text for each in given[:count]))


def _key(word: str) -> str:
    """A word as those of listed names; a letter is the beginning of one."""
    return f"{word}*" if len(word) == 1 else word


def _has_all(wanted: Iterable[str], row: str) -> bool:
    words = _WORD.findall(row)
    return all(
        any(word.startswith(each[0]) for word in words) if each[-1] == "*" else each in words
        for each in wanted
    )


class _Search(NamedTuple):
    """A reading and how its rows are found: they begin with `start`, and most go on with a blank
    and the first `letter` of the given name. `is_beginning`: nothing behind it can contradict."""

    reading: Reading
    start: str
    letter: str
    is_beginning: bool

    def agrees_in(self, rows: str) -> bool:
        """Whether one of the rows agrees."""
        at = rows.find(self.start)
        while at >= 0:
            here = at + len(self.start)
            # Most people of one family name differ in the first letter of the given one.
            if rows[here] != " " or rows[here + 1] == self.letter:
                if self.is_beginning and rows[here] == " ":
                    return True
                end = rows.find("\n", here)
                row = rows[here : end if end >= 0 else len(rows)]
                if _agree(self.reading, given_of(self.reading.family, row)):
                    return True
            at = rows.find(self.start, here)
        return False


def _search(reading: Reading) -> _Search:
    first = reading.given[0]
    is_beginning = first == (first.text[0], True, False)
    is_beginning = is_beginning and reading == Reading(reading.family, (first,))
    return _Search(reading, f"\n{reading.family}/", first.text[0], is_beginning)


def _agree(one: Reading, other: Reading) -> bool:
    """Whether readings with one family name agree."""
    if one.is_bare or other.is_bare:
        first, second = one.given[0], other.given[0]
        if (one.is_bare and other.is_bare) or first.is_short or second.is_short:
            return False
    return _Comparison(one, other).agree()


class _Comparison:
    """The given names of two readings, compared from the first on. The rest of the longer ones
    counts as left out by the other."""

    def __init__(self, one: Reading, other: Reading) -> None:
        self._one, self._other = one, other
        self._failed: set[tuple[int, int]] = set()
        # Of two names that need not be turned, John Albert is not John Albert Quimby.
        self._are_turned = one.is_turned and other.is_turned

    def agree(self, left: int = 0, right: int = 0) -> bool:
        """Whether the given names agree from these places on."""
        if (left, right) in self._failed:
            return False
        found = any(self.agree(*places) for places in self._next(left, right))
        ours, others = self._one.given, self._other.given
        if not found and (left == len(ours) or right == len(others)):
            found = self._may_end(self._one, ours[left:], others[:right]) and self._may_end(
                self._other, others[right:], ours[:left]
            )
        if not found:
            self._failed.add((left, right))
        return found

    def _next(self, left: int, right: int) -> Iterator[tuple[int, int]]:
        """Yield the places up to which the given names may agree next."""
        ours, others = self._one.given[left:], self._other.given[right:]
        if not (ours and others):
            return
        if _fit(ours[0], others[0]):
            yield left + 1, right + 1
        for count in _together(ours, others[0]):
            yield left + count, right + 1
        for count in _together(others, ours[0]):
            yield left + 1, right + count

    def _may_end(self, reading: Reading, rest: Given, before: Given) -> bool:
        """Whether the rest of a reading may be left out by the other, of which `before` was all."""
        if not rest:
            return True
        is_half = rest[0].is_linked and not before[-1].is_short  # Jean is not Jean-Pierre
        return not (reading.is_complete or is_half or self._are_turned)


def _fit(one: Element, other: Element) -> bool:
    if one.is_short and other.text.startswith(one.text):
        return True
    return one.text.startswith(other.text) if other.is_short else one.text == other.text


def _together(elements: Given, whole: Element) -> Iterator[int]:
    """How many of the elements, more than one, may be written as one word: “Xiao Ming” and “X.-M.”
    as Xiaoming."""
    if whole.is_short:
        return
    for count in range(2, min(len(elements), _MOST_JOINED) + 1):
        some = elements[:count]
        if not any(each.is_short for each in some):
            if joined("".join(each.text for each in some)) == whole.text:
                yield count
        elif all(each.is_linked for each in some[1:]) and _begin_in(some, whole.text):
            yield count


def _begin_in(elements: Given, word: str) -> bool:
    """Whether the elements may begin in turn inside a word, the first with it."""
    if not word.startswith(elements[0].text):
        return False
    at = 1
    for each in elements[1:]:
        at = word.find(each.text, at + 1)
        if at < 0:
            return False
    return True
