"""The folded words of one field of a block: numbered, so that a text is kept as numbers; and which
phrases of the block are spellings of one word."""

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
    """The one int object of this value: each block has a number for each of its words."""
    while number >= len(_INTEGERS):
        _INTEGERS.append(len(_INTEGERS))
    return _INTEGERS[number]


class _Numbers(dict[str, int]):
    """Word -> its number, given when it is first asked for; the first is 1."""

    def __missing__(self, word: str) -> int:
        self[word] = number = _shared(len(self) + 1)
        return number


class Vocabulary:
    """Word -> the papers that hold it, one bit a slot; as a dict gives it by `get`.

    A sequence of words is written as a string, each word the character of its number: two bytes
    a word, and a row of words is found by searching the string.
    """

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._bits: list[Bits] = [0]
        self._names = [""]  # by number, as far as they were asked for

    def get(self, word: str, default: Bits = 0) -> Bits:
        """The papers that hold a word."""
        number = self._numbers.get(word)
        return default if number is None else self._bits[number]

    def __contains__(self, word: str) -> bool:
        return self.get(word) != 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        """Every word seen, in the order of their numbers, which begin with 1."""
        return iter(self._numbers)

    def items(self) -> Iterator[tuple[str, Bits]]:
        """Every word and the papers that hold it, as far as any do."""
        pairs = zip(self._numbers, self._bits[1:], strict=True)
        return ((word, bits) for word, bits in pairs if bits)

    def encode(self, words: Iterable[str]) -> str:
        """The words as characters; words not seen before are numbered."""
        found = "".join(map(chr, map(self._numbers.__getitem__, words)))
        self._bits.extend([0] * (len(self._numbers) + 1 - len(self._bits)))
        return found

    def decode(self, text: str) -> list[str]:
        """The words of a text that `written` made; undoes it."""
        names = self._names
        if len(names) <= len(self._numbers):
            names = self._names = ["", *self._numbers]
        return [*map(names.__getitem__, map(ord, text))]

    def known(self, words: Set[str]) -> set[str]:
        """Those of the words that a paper holds."""
        return {word for word in words & self._numbers.keys() if word in self}

    def encode_known(self, words: Iterable[str]) -> str | None:
        """The words as characters, to be searched for; None if one of them was never seen."""
        numbers = [*map(self._numbers.get, words)]
        return None if None in numbers else "".join(map(chr, numbers))  # type: ignore[arg-type]

    def characters(self, words: Iterable[str]) -> frozenset[str]:
        """The characters of those of the words that were seen."""
        return frozenset(chr(n) for n in map(self._numbers.get, words) if n is not None)

    def add(self, text: str, bit: Bits) -> None:
        """Enter the words of a text for the slot of `bit`."""
        known = self._bits
        for char in set(text):
            number = ord(char)
            # The words that a text is the first to hold share one int object.
            known[number] = known[number] | bit if known[number] else bit

    def remove(self, text: str, bit: Bits) -> None:
        """Undo `enter` of the same text."""
        for char in set(text):
            self._bits[ord(char)] &= ~bit

    def bits_of(self, char: str) -> Bits:
        """The papers that hold the word of a character."""
        return self._bits[ord(char)]

    def frequent(self, most: int) -> frozenset[str]:
        """The characters of the words that more than `most` papers hold."""
        return frozenset(
            chr(number) for number, bits in enumerate(self._bits) if bits.bit_count() > most
        )

    @property
    def nbytes(self) -> int:
        """The memory it takes, in bytes; about."""
        words = table_bytes(dict.fromkeys(self._numbers, 0)) - getsizeof(0)
        return words + getsizeof(self._bits) + bits_bytes(self._bits)


pass


class _Prefix(NamedTuple):
    """A beginning of a phrase: its last word, whether that is one of the phrase's own, and the
    papers that may hold it written as one word, as two, as more, with every word `apart`."""

    word: str
    single: bool
    one: Bits
    two: Bits
    more: Bits
    apart: Bits


def joined_candidates(
    phrase: Phrase, words: Vocabulary, pair: Callable[[str], Bits], work: WorkBudget
) -> tuple[Bits, Bits]:
    """The papers that certainly hold the phrase, written as one word or two, and those in
    which every two neighbours of some longer way to write it are neighbours; every word by
    itself is no such way."""
    ends: list[list[_Prefix]] = [[] for _ in range(len(phrase.parts) + 1)]
    for first, end, word, _ in phrase_groups(phrase):
        if first and not ends[first]:  # no paper holds what comes before it
            continue
        work.spend(1 + len(ends[first]))
        held, single = words.get(word), end == first + 1
        if not held:
            continue
        if first == 0:
            ends[end].append(_Prefix(word, single, held, 0, 0, held if single else 0))
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
            ends[end].append(_Prefix(word, single, 0, two, more, apart))
    certain = likely = 0
    for last in ends[-1]:
        certain |= last.one | last.two
        likely |= last.more
    return certain, likely
