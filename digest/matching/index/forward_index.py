"""The words of the texts of one field, in order, where neighbours are looked for."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from sys import getsizeof

from digest.matching.text import Tokens
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .bits import Bits, bits_bytes, slots
from .vocabulary import SEPARATOR, Vocabulary

FREQUENT = 128  # papers: what both words of a pair must exceed for its papers to be noted


class ForwardIndex:
    """Slot -> the folded words of a text, and its joined spellings with what stands beside them.

    A dictionary of all neighbours would be most of an index. Only which papers hold two words
    that more than FREQUENT papers share is noted (`note_frequent`); for others the few papers
    that hold both are searched.
    """

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        self._rows: dict[int, str] = {}
        self._joins: dict[int, str] = {}
        self._frequent: dict[int, Bits] | None = None

    def add(self, slot: int, reading: Tokens) -> None:
        """Keep the words of a text and enter them in the vocabulary."""
        self._frequent = None
        self._rows[slot] = row = self._words.encode(reading.terms)
        bit = 1 << slot
        if reading.alternatives:
            self._joins[slot] = joins = "".join(self._beside(row, reading))
            row += joins[1::4]
        self._words.add(row, bit)

    def _beside(self, row: str, reading: Tokens) -> Iterator[str]:
        """Four characters for each joined spelling: what is before it, itself, what is behind it
        and a separator; then the same for each two joined spellings that are neighbours."""
        keys = self._words.encode(edge.term for edge in reading.alternatives)
        starts: dict[int, list[str]] = {}
        for edge, key in zip(reading.alternatives, keys, strict=True):
            starts.setdefault(edge.start, []).append(key)
        for edge, key in zip(reading.alternatives, keys, strict=True):
            before = row[edge.start - 1] if edge.start else SEPARATOR
            behind = row[edge.end] if edge.end < len(row) else SEPARATOR
            yield f"{before}{key}{behind}{SEPARATOR}"
            for other in starts.get(edge.end, ()):
                yield f"{SEPARATOR}{key}{other}{SEPARATOR}"

    def remove(self, slot: int) -> None:
        """Undo `add`."""
        self._frequent = None
        row = self._rows.pop(slot, "") + self._joins.pop(slot, "")[1::4]
        self._words.remove(row, 1 << slot)

    def pair(self, pair: str, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Those `among` the papers that hold two neighbours, joined spellings included."""
        left, _, right = pair.partition(" ")
        needle = self._words.encode_known((left, right))
        if needle is None:
            return 0
        both = self._words.get(left) & self._words.get(right)
        if (noted := self._noted(needle, both)) is not None:
            return noted & among
        likely = both & among
        work.spend(2 * likely.bit_count())
        for slot in slots(likely):
            if not self.has_pair(slot, needle):
                likely ^= 1 << slot
        return likely

    def may_hold(self, pair: str) -> Bits:
        """The papers that may hold two neighbours, without a look at their texts: those that do
        where they are noted, else those that hold both words."""
        left, _, right = pair.partition(" ")
        both = self._words.get(left) & self._words.get(right)
        needle = self._words.encode_known((left, right)) if both else None
        noted = self._noted(needle, both) if needle else None
        return both if noted is None else noted

    def _noted(self, needle: str, both: Bits) -> Bits | None:
        """The papers that hold a pair, given those that hold both words; None if not noted."""
        if self._frequent is None or both.bit_count() <= FREQUENT:
            return None
        return self._frequent.get(_key(needle), 0)

    def has_pair(self, slot: int, needle: str) -> bool:
        """Whether two words, as characters, are neighbours in a text, joined or not."""
        return needle in self._rows.get(slot, "") or needle in self._joins.get(slot, "")

    def may_hold_joined(self, slot: int, needle: str) -> bool:
        """Whether words, as characters, may stand in a row where joined spellings of a text are
        among them."""
        if slot not in self._joins or self.joined(slot).isdisjoint(needle):
            return False
        return all(self.has_pair(slot, one + two) for one, two in pairwise(needle))

    def index_frequent_pairs(self) -> None:
        """Note which papers hold the pairs of frequent words; good until a text changes."""
        often = self._words.frequent(FREQUENT)
        found: dict[str, Bits] = {}
        for slot, row in self._rows.items():
            bit = 1 << slot
            text = row + SEPARATOR + self._joins.get(slot, "")
            for pair in {a + b for a, b in pairwise(text) if a in often and b in often}:
                known = found.get(pair)
                found[pair] = bit if known is None else known | bit
        held = {char: self._words.bits_of(char) for char in often}
        self._frequent = {
            _key(pair): bits
            for pair, bits in found.items()
            if (held[pair[0]] & held[pair[1]]).bit_count() > FREQUENT
        }

    def has_joins(self, slot: int) -> bool:
        """Whether any words of a text may also be read as one."""
        return slot in self._joins

    def joined(self, slot: int) -> frozenset[str]:
        """The joined spellings in a text, and singulars of words in capitals; as characters."""
        return frozenset(self._joins.get(slot, "")[1::4])

    def sequence(self, slot: int) -> str:
        """The words of a text, as characters of the vocabulary."""
        return self._rows.get(slot, "")

    def positions(self, slot: int, words: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Word -> where it stands in a text, joined spellings left out."""
        row = self.sequence(slot)
        return {
            word: tuple([at for at, each in enumerate(row) if each == char])
            for word in words
            if (char := self._words.encode_known((word,)))
        }

    def all_words(self) -> Iterator[tuple[int, list[str]]]:
        """Each slot, and the folded words of its text."""
        names = ["", *self._words]
        for slot, row in self._rows.items():
            yield slot, [*map(names.__getitem__, map(ord, row))]

    @property
    def nbytes(self) -> int:
        """The memory it takes besides the vocabulary, in bytes; about."""
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
