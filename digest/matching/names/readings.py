"""The readings of a name: which of its words are the family name and which the given names.

“Given Family”, “Family, Given”, “Family GI” and “Family Given” are all in use, and family names of
several words too. A name without a comma has several readings.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .name_words import Element, NameWord, NameWords, initial_readings

Given = tuple[Element, ...]


class Reading(NamedTuple):
    """One way to read a name; the family name is folded and written as one word.

    `is_bare`: its particles are left out. `is_turned`: the family name is first and nothing shows
    that it is one. `is_complete`: a word was read as initials although nothing shows that; another
    name must have all of them.
    """

    family: str
    given: Given
    is_bare: bool = False
    is_turned: bool = False
    is_complete: bool = False


def readings(name: NameWords) -> Iterator[Reading]:
    """Yield the readings of a person's name that has a given name."""
    yield from _of_words(name.words, name.family, is_complete=False)
    if len(name.words) > 1:
        for words, are_sure in initial_readings(name):
            yield from _of_words(words, name.family, is_complete=not are_sure)


def families(name: NameWords) -> Iterator[str]:
    """Yield what a name without a given name may be: a family name, with its particles."""
    words = name.words
    are_particles = not name.family and all(word.particle for word in words[:-1])
    if len(words) == 1 or (words and are_particles and not words[-1].is_short):
        yield _family(words)


def _of_words(words: Sequence[NameWord], family: int, *, is_complete: bool) -> Iterator[Reading]:
    if family:
        last, given = list(words[:family]), list(words[family:])
        while len(given) > 1 and given[-1].particle and not given[-1].is_short:
            last.insert(0, given.pop())  # Beethoven, Ludwig van
        yield from _readings(last, given, is_complete=is_complete)
        return
    for at in range(1, len(words)):
        before, behind = words[:at], words[at:]
        if before[-1].particle < 2 and _may_be_family(behind, most=2):
            yield from _readings(behind, before, is_complete=is_complete)
        are_initials = all(word.is_short for word in behind)
        if _may_be_family(before, most=2 if are_initials else 1) and not any(
            word.particle == 2 for word in behind
        ):
            yield from _readings(before, behind, not are_initials, is_complete=is_complete)


def _may_be_family(words: Sequence[NameWord], most: int) -> bool:
    """Whether words are at most so many names, each perhaps behind particles."""
    if any(word.is_short and not word.particle for word in words):
        return False
    return sum(not word.particle for word in words[:-1]) < most


def _readings(
    family: Sequence[NameWord],
    given: Sequence[NameWord],
    is_turned: bool = False,
    *,
    is_complete: bool,
) -> Iterator[Reading]:
    if any(word.are_initials for word in given):
        return
    elements = tuple(part for word in given for part in word.parts)
    names = [_family(family)]
    bare = list(family)
    while len(bare) > 1 and bare[0].particle:
        del bare[0]
    if len(bare) < len(family):
        names.append(_family(bare))
    elif len(bare) == 1 and bare[0].without_particle:
        names.append(bare[0].without_particle)
    for place, name in enumerate(names):
        yield Reading(name, elements, place > 0, is_turned, is_complete)


def _family(words: Sequence[NameWord]) -> str:
    return "".join(word.folded for word in words)
