"""The vocabulary of one field of a block: numbered words with their postings, and the search for
phrases some of whose words are written as one."""

from collections.abc import Callable, Iterable, Iterator, Set
from sys import getsizeof
from typing import NamedTuple

from digest.matching.occurrences import phrase_groups
from digest.matching.query.atoms import Phrase
from digest.matching.work_budget import WorkBudget

from .bits import Bits, bits_bytes, table_bytes

SEPARATOR = "\0"  # the number of no word

_INTEGERS = list(range(1 << 10))


def _shared(number: int) -> int:
    """One int object for each value: all blocks number their words from 1."""
    while number >= len(_INTEGERS):
        _INTEGERS.append(len(_INTEGERS))
    return _INTEGERS[number]


class _Numbers(dict[str, int]):
    """Word -> its number, assigned at the first look-up; the first is 1."""

    def __missing__(self, word: str) -> int:
        self[word] = number = _shared(len(self) + 1)
        return number


class Vocabulary:
    """Word -> the papers with it (its postings), one bit a slot.

    A sequence of words is encoded as a string, each word as the character of its number: two
    bytes a word, and adjacent words are found by a search for a substring.
    """

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._bits: list[Bits] = [0]
        self._names = [""]  # by number; extended when needed

    def get(self, word: str, default: Bits = 0) -> Bits:
        """The papers with a word."""
        number = self._numbers.get(word)
        return default if number is None else self._bits[number]

    def __contains__(self, word: str) -> bool:
        return self.get(word) != 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        """All words ever added, in the order of their numbers, from 1."""
        return iter(self._numbers)

    def items(self) -> Iterator[tuple[str, Bits]]:
        """Each word that a paper has, and these papers."""
        pairs = zip(self._numbers, self._bits[1:], strict=True)
        return ((word, bits) for word, bits in pairs if bits)

    def encode(self, words: Iterable[str]) -> str:
        """Encode words, numbering new ones."""
        found = "".join(map(chr, map(self._numbers.__getitem__, words)))
        self._bits.extend([0] * (len(self._numbers) + 1 - len(self._bits)))
        return found

    def decode(self, text: str) -> list[str]:
        """Undo `encode`."""
        names = self._names
        if len(names) <= len(self._numbers):
            names = self._names = ["", *self._numbers]
        return [*map(names.__getitem__, map(ord, text))]

    def known(self, words: Set[str]) -> set[str]:
        """The subset of the words that a paper has."""
        return {word for word in words & self._numbers.keys() if word in self}

    def encode_known(self, words: Iterable[str]) -> str | None:
        """Encode words to search for; None if one of them was never added."""
        numbers = [*map(self._numbers.get, words)]
        return None if None in numbers else "".join(map(chr, numbers))  # type: ignore[arg-type]

    def characters(self, words: Iterable[str]) -> frozenset[str]:
        """The characters of these words, except those never added."""
        return frozenset(chr(n) for n in map(self._numbers.get, words) if n is not None)

    def add(self, text: str, bit: Bits) -> None:
        """Add `bit` to the postings of the words of an encoded text."""
        known = self._bits
        for char in set(text):
            number = ord(char)
            # Words that only this text has share one int object.
            known[number] = known[number] | bit if known[number] else bit

    def remove(self, text: str, bit: Bits) -> None:
        """Undo `enter` of the same text."""
        for char in set(text):
            self._bits[ord(char)] &= ~bit

    def bits_of(self, char: str) -> Bits:
        """The papers with the word of a character."""
        return self._bits[ord(char)]

    def frequent(self, most: int) -> frozenset[str]:
        """The characters of the words that more than `most` papers have."""
        return frozenset(
            chr(number) for number, bits in enumerate(self._bits) if bits.bit_count() > most
        )

    @property
    def nbytes(self) -> int:
        """Estimated memory, in bytes."""
        words = table_bytes(dict.fromkeys(self._numbers, 0)) - getsizeof(0)
        return words + getsizeof(self._bits) + bits_bytes(self._bits)


class _Prefix(NamedTuple):
    """The first words of a phrase, written in some way that ends with `word`.

    `single`: whether that is a single word of the phrase. The others are the papers that may
    contain them written as one word, as two, as more, and with each word on its own.
    """

    word: str
    single: bool
    one: Bits
    two: Bits
    more: Bits
    separate: Bits


def joined_candidates(
    phrase: Phrase, words: Vocabulary, pair: Callable[[str], Bits], work: WorkBudget
) -> tuple[Bits, Bits]:
    """Papers with a phrase some of whose words are joined, as (certain, likely).

    Certain: those with the phrase as one word or two. Likely: those in which all adjacent words
    of some longer spelling are adjacent; all words on their own is not such a spelling.
    `pair` returns the papers with two adjacent words.
    """
    ends: list[list[_Prefix]] = [[] for _ in range(len(phrase.parts) + 1)]
    for first, end, word, _ in phrase_groups(phrase):
        if first and not ends[first]:  # no paper has the words before it
            continue
        work.spend(1 + len(ends[first]))
        held, single = words.get(word), end == first + 1
        if not held:
            continue
        if first == 0:
            ends[end].append(_Prefix(word, single, held, 0, 0, held if single else 0))
            continue
        two = more = separate = 0
        for last in ends[first]:
            beside = pair(f"{last.word} {word}")
            more |= (last.two | last.more) & beside
            if single and last.single:
                separate |= last.separate & beside
            else:
                two |= last.one & beside
                more |= last.separate & ~last.one & beside
        if two or more or separate:
            ends[end].append(_Prefix(word, single, 0, two, more, separate))
    certain = likely = 0
    for last in ends[-1]:
        certain |= last.one | last.two
        likely |= last.more
    return certain, likely
