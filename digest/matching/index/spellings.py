"""A phrase with some of its words written as one."""

from collections.abc import Callable
from typing import NamedTuple

from ..keywords.atoms import Phrase
from ..occurrences import groups
from ..work import Work
from .bits import Bits
from .vocabulary import Vocabulary


class _Written(NamedTuple):
    """A beginning of a phrase: its last word, whether that is one of the phrase's own, and the
    papers that may hold it written as one word, as two, as more, with every word `apart`."""

    word: str
    single: bool
    one: Bits
    two: Bits
    more: Bits
    apart: Bits


def written(
    phrase: Phrase, words: Vocabulary, pair: Callable[[str], Bits], work: Work
) -> tuple[Bits, Bits]:
    """The papers that certainly hold the phrase, written as one word or two, and those in
    which every two neighbours of some longer way to write it are neighbours; every word by
    itself is no such way."""
    ends: list[list[_Written]] = [[] for _ in range(len(phrase.parts) + 1)]
    for first, end, word, _ in groups(phrase):
        if first and not ends[first]:  # no paper holds what comes before it
            continue
        work.spend(1 + len(ends[first]))
        held, single = words.get(word), end == first + 1
        if not held:
            continue
        if first == 0:
            ends[end].append(_Written(word, single, held, 0, 0, held if single else 0))
            continue
        two = more = apart = 0
        for last in ends[first]:
            beside = pair(f"{last.word} {word}")
            more |= (last.two | last.more) & beside
            if single and last.single:
                apart |= last.apart & beside
            else:
                two |= last.one & beside
                more |= last.apart & ~last.one & beside
        if two or more or apart:
            ends[end].append(_Written(word, single, 0, two, more, apart))
    certain = likely = 0
    for last in ends[-1]:
        certain |= last.one | last.two
        likely |= last.more
    return certain, likely
