"""Forward index of one field: the words of each text in order, for finding adjacent words."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from sys import getsizeof

from digest.matching.text import Tokens
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .bits import Bits, bits_bytes, slots
from .vocabulary import SEPARATOR, Vocabulary

FREQUENT = 128  # papers: the postings of a pair are kept if more have both of its words


class ForwardIndex:
    """Slot -> the folded words of a text, and its joined spellings with their neighbours.

    A table of all adjacent pairs would be most of an index. Only pairs of words that more than
    FREQUENT papers share get postings (`index_frequent_pairs`); for other pairs the few papers
    with both words are searched.
    """

    def __init__(self, words: Vocabulary) -> None:
        self._vocabulary = words
        self._rows: dict[int, str] = {}
        self._joins: dict[int, str] = {}
        self._frequent: dict[int, Bits] | None = None

    def add(self, slot: int, tokens: Tokens) -> None:
        """Store the words of a text and add it to their postings."""
        self._frequent = None
        self._rows[slot] = row = self._vocabulary.encode(tokens.terms)
        bit = 1 << slot
        if tokens.alternatives:
            self._joins[slot] = joins = "".join(self._with_neighbours(row, tokens))
            row += joins[1::4]
        self._vocabulary.add(row, bit)

    def _with_neighbours(self, row: str, tokens: Tokens) -> Iterator[str]:
        """Four characters for each joined spelling: the word before it, itself, the word after it
        and a separator; and the same for each two adjacent joined spellings."""
        chars = self._vocabulary.encode(each.term for each in tokens.alternatives)
        starts: dict[int, list[str]] = {}
        for each, char in zip(tokens.alternatives, chars, strict=True):
            starts.setdefault(each.start, []).append(char)
        for each, char in zip(tokens.alternatives, chars, strict=True):
            before = row[each.start - 1] if each.start else SEPARATOR
            after = row[each.end] if each.end < len(row) else SEPARATOR
            yield f"{before}{char}{after}{SEPARATOR}"
            for other in starts.get(each.end, ()):
                yield f"{SEPARATOR}{char}{other}{SEPARATOR}"

    def remove(self, slot: int) -> None:
        """Undo `add`."""
        self._frequent = None
        row = self._rows.pop(slot, "") + self._joins.pop(slot, "")[1::4]
        self._vocabulary.remove(row, 1 << slot)

    def pair(self, pair: str, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Papers `among` those given with two adjacent words, joined spellings included."""
        left, _, right = pair.partition(" ")
        needle = self._vocabulary.encode_known((left, right))
        if needle is None:
            return 0
        both = self._vocabulary.get(left) & self._vocabulary.get(right)
        if (noted := self._pair_postings(needle, both)) is not None:
            return noted & among
        likely = both & among
        work.spend(2 * likely.bit_count())
        for slot in slots(likely):
            if not self.has_pair(slot, needle):
                likely ^= 1 << slot
        return likely

    def may_hold(self, pair: str) -> Bits:
        """Papers that may have two adjacent words, without searching texts: the postings of the
        pair if there are any, else the papers with both words."""
        left, _, right = pair.partition(" ")
        both = self._vocabulary.get(left) & self._vocabulary.get(right)
        needle = self._vocabulary.encode_known((left, right)) if both else None
        noted = self._pair_postings(needle, both) if needle else None
        return both if noted is None else noted

    def _pair_postings(self, needle: str, both: Bits) -> Bits | None:
        """The postings of a pair, given the papers with both words; None if they are not kept."""
        if self._frequent is None or both.bit_count() <= FREQUENT:
            return None
        return self._frequent.get(_key(needle), 0)

    def has_pair(self, slot: int, needle: str) -> bool:
        """Whether two words, encoded, are adjacent in a text, joined or not."""
        return needle in self._rows.get(slot, "") or needle in self._joins.get(slot, "")

    def may_hold_joined(self, slot: int, needle: str) -> bool:
        """Whether words, encoded, may be adjacent in a text with a joined spelling among them."""
        if slot not in self._joins or self.joined(slot).isdisjoint(needle):
            return False
        return all(self.has_pair(slot, one + two) for one, two in pairwise(needle))

    def index_frequent_pairs(self) -> None:
        """Build the postings of pairs of frequent words; valid until a text changes."""
        often = self._vocabulary.frequent(FREQUENT)
        found: dict[str, Bits] = {}
        for slot, row in self._rows.items():
            bit = 1 << slot
            text = row + SEPARATOR + self._joins.get(slot, "")
            for pair in {a + b for a, b in pairwise(text) if a in often and b in often}:
                known = found.get(pair)
                found[pair] = bit if known is None else known | bit
        held = {char: self._vocabulary.bits_of(char) for char in often}
        self._frequent = {
            _key(pair): bits
            for pair, bits in found.items()
            if (held[pair[0]] & held[pair[1]]).bit_count() > FREQUENT
        }

    def has_joins(self, slot: int) -> bool:
        """Whether a text has joined spellings."""
        return slot in self._joins

    def joined(self, slot: int) -> frozenset[str]:
        """The joined spellings of a text and the singulars of words in capitals, encoded."""
        return frozenset(self._joins.get(slot, "")[1::4])

    def sequence(self, slot: int) -> str:
        """The words of a text in order, encoded."""
        return self._rows.get(slot, "")

    def positions(self, slot: int, words: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Word -> its positions in a text, joined spellings left out."""
        row = self.sequence(slot)
        return {
            word: tuple([at for at, each in enumerate(row) if each == char])
            for word in words
            if (char := self._vocabulary.encode_known((word,)))
        }

    def all_words(self) -> Iterator[tuple[int, list[str]]]:
        """Each slot and the folded words of its text."""
        names = ["", *self._vocabulary]
        for slot, row in self._rows.items():
            yield slot, [*map(names.__getitem__, map(ord, row))]

    @property
    def nbytes(self) -> int:
        """Estimated memory without the vocabulary, in bytes."""
        noted = self._frequent or {}
        texts = sum(map(getsizeof, chain(self._rows.values(), self._joins.values())))
        return (
            texts
            + sum(map(getsizeof, (self._rows, self._joins, noted)))
            + sum(map(getsizeof, noted))
            + bits_bytes(noted.values())
        )


def _key(pair: str) -> int:
    return ord(pair[0]) << 21 | ord(pair[1])
