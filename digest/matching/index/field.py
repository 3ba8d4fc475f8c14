"""The words of one field (title, abstract or organisation) of about a thousand papers."""

from bisect import bisect_left
from collections.abc import Callable, Iterable

from ..keywords.atoms import Exact, Near, Phrase
from ..occurrences import has_phrase, marked, near_ranges
from ..text import Reading, place, read, show
from .rows import EDGES, rows, rows_across

Bits = int


class FieldIndex:
    """Term -> the papers that hold it, one bit a slot.

    `words` holds folded words and joined spellings, `pairs` neighbours ("deep learning"), `raws`
    unfolded words, `runs` unfolded joined spellings. Longer phrases are bits that are then
    verified in the text.
    """

    def __init__(self, original: Callable[[int], str]) -> None:
        self.words: dict[str, Bits] = {}
        self.pairs: dict[str, Bits] = {}
        self.raws: dict[str, Bits] = {}
        self.runs: dict[str, Bits] = {}
        self.original = original
        self._folded: dict[int, str] = {}
        self._joined: dict[int, frozenset[str]] = {}
        self._marked: dict[int, str] = {}
        self._plain: dict[int, str] = {}
        self._readings: dict[int, Reading] = {}
        self._sorted: tuple[int, list[str]] = 0, []
        self._lengths: dict[int, int] = {}

    def add(self, slot: int, text: str) -> None:
        """Puts the text of one paper at `slot`, which must be free."""
        reading = read(text)
        if not reading.keys:
            return
        for table, words in self._tables(reading):
            enter(table, words, 1 << slot)
        self._folded[slot] = f" {' '.join(reading.keys)} "
        self._lengths[slot] = len(reading.keys)
        if reading.edges:
            self._joined[slot] = frozenset(edge.key for edge in reading.edges)

    def remove(self, slot: int, text: str) -> None:
        """Undoes `add` of the same text."""
        reading = read(text)
        for table, words in self._tables(reading):
            for word in words:
                left = table[word] & ~(1 << slot)
                if left:
                    table[word] = left
                else:
                    del table[word]
        for kept in (self._folded, self._joined, self._marked, self._plain, self._readings):
            kept.pop(slot, None)
        self._lengths.pop(slot, None)
        self._sorted = 0, []

    def _tables(self, reading: Reading) -> list[tuple[dict[str, Bits], set[str]]]:
        runs = {edge.raw for edge in reading.edges if edge.raw}
        words = {*reading.keys, *(edge.key for edge in reading.edges)}
        return [
            (self.words, words),
            (self.pairs, {*rows(reading.keys, 2), *rows_across(reading, 2)}),
            (self.raws, set(reading.raws)),
            (self.runs, runs),
        ]

    def phrase(self, phrase: Phrase) -> Bits:
        """The papers with a tolerant phrase."""
        if phrase.short:
            return self.pairs.get(phrase.pair, 0) | self.words.get(phrase.word, 0)
        return self._long(phrase) if phrase.pairs else self._special(phrase)

    def _long(self, phrase: Phrase) -> Bits:
        """Three plain words or more."""
        known = self.words
        for word in phrase.joins:
            if word in known:
                certain, likely = self._grouped(phrase)
                return certain | self._verified(likely & ~certain, phrase)
        likely, pairs = -1, self.pairs
        for pair in phrase.pairs:
            likely &= pairs.get(pair, 0)
            if not likely:
                return 0
        return self._verified(likely, phrase)

    def _verified(self, likely: Bits, phrase: Phrase) -> Bits:
        """Those of the papers in which the whole phrase stands in a row."""
        needle, folded, left = phrase.needle, self._folded, likely
        while left:
            bit = left & -left
            left ^= bit
            slot = bit.bit_length() - 1
            if needle not in folded[slot] and not self._joined_hit(slot, phrase):
                likely ^= bit
        return likely

    def _joined_hit(self, slot: int, phrase: Phrase) -> bool:
        """Whether a joined spelling, of the text or in it, makes the hit its words do not."""
        joined = self._joined.get(slot, frozenset())
        folded = self._folded[slot]
        likely = any(f" {word} " in folded for word in phrase.joins) or not joined.isdisjoint(
            {*phrase.joins, *(part.word for part in phrase.parts)}
        )
        return likely and has_phrase(self._reading(slot), phrase)

    def _grouped(self, phrase: Phrase) -> tuple[Bits, Bits]:
        """The papers that certainly hold the phrase, written as one word or two, and those in
        which every two neighbours of some longer way to write it are neighbours."""
        ends: list[list[tuple[str, list[Bits]]]] = [[] for _ in range(len(phrase.parts) + 1)]
        for first, end, word, _ in phrase.groups():
            held = self.words.get(word, 0)
            if not held:
                continue
            counts = [held if first == 0 else 0, 0, 0]  # written as one word, as two, as more
            for last, (one, two, more) in ends[first]:
                pair = self.pairs.get(f"{last} {word}", 0)
                counts[1] |= one & pair
                counts[2] |= (two | more) & pair
            if any(counts):
                ends[end].append((word, counts))
        certain = likely = 0
        for _, (one, two, more) in ends[-1]:
            certain |= one | two
            likely |= more
        return certain, likely

    def _special(self, phrase: Phrase) -> Bits:
        """Phrases with a beginning (`net*`) or a name in capitals in them."""
        certain, found = 0, [-1] + [0] * len(phrase.parts)
        for first, end, word, kind in phrase.groups():
            if found[first]:
                bits = found[first] & self._word(word, kind)
                found[end] |= bits
                if first == 0 and end == len(phrase.parts):
                    certain = bits
        likely = found[-1] & ~certain
        for slot in slots(likely):
            if not has_phrase(self._reading(slot), phrase):
                likely ^= 1 << slot
        return certain | likely

    def _word(self, word: str, kind: str) -> Bits:
        if kind == "*":
            return self.beginning(word)
        if kind == "=":
            return self.raws.get(word, 0) | self.runs.get(word, 0)
        return self.words.get(word, 0)

    def beginning(self, start: str) -> Bits:
        """The papers with a word (as written) that begins so."""
        known = self._beginnings()
        found = 0
        first, last = bisect_left(known, start), bisect_left(known, f"{start}\U0010ffff")
        for word in known[first:last]:
            found |= self.raws.get(word, 0) | self.runs.get(word, 0)
        return found

    def _beginnings(self) -> list[str]:
        """Every unfolded word in order; made anew when papers have brought new ones."""
        size = len(self.raws) + len(self.runs)
        if self._sorted[0] != size:
            self._sorted = size, sorted({*self.raws, *self.runs})
        return self._sorted[1]

    def exact(self, exact: Exact) -> Bits:
        """The papers with exactly these words."""
        found = -1
        for word in exact.words:
            found &= self.raws.get(word, 0)
        if len(exact.words) == 1:
            return found
        for spellings in exact.pairs:
            near = 0
            for pair in spellings:
                near |= self.pairs.get(pair, 0)
            found &= near
        for slot in slots(found):
            if not self.says(slot, exact):
                found ^= 1 << slot
        return found

    def says(self, slot: int, exact: Exact) -> bool:
        """Whether the text of a slot holds exactly these words."""
        hit = self._plainly(slot, exact) if exact.plain else None
        return exact.needle in self._marked_text(slot) if hit is None else hit

    def _plainly(self, slot: int, exact: Exact) -> bool | None:
        """The quick answer for plain words in plain text; None where it takes a closer look."""
        text = self.plain_text(slot)
        if not text:
            return None
        wanted = " ".join(exact.words)
        doubtful: bool | None = False
        at = text.find(wanted)
        while at >= 0:
            before, after = text[at - 1], text[at + len(wanted)]
            if before in EDGES and after in EDGES:
                return True
            if not before.isalnum() and not after.isalnum():
                doubtful = None
            at = text.find(wanted, at + 1)
        return doubtful

    def plain_text(self, slot: int) -> str:
        """What a plain text shows, in lower case, with single spaces; "" for other texts."""
        if slot not in self._plain:
            shown = show(self.original(slot)).text
            simple = shown.isascii() and "'" not in shown
            self._plain[slot] = f" {' '.join(shown.lower().split())} " if simple else ""
        return self._plain[slot]

    def count(self, slot: int, atom: Phrase | Exact | Near) -> int:
        """How often an atom occurs in the text of a slot; at least 1 where it hits at all."""
        needle = atom.needle if isinstance(atom, Phrase) and atom.plain else ""
        if needle and (found := self.needle_text(slot).count(needle)):
            return found
        if isinstance(atom, Phrase):
            return self.phrase(atom) >> slot & 1
        return (self.exact(atom) if isinstance(atom, Exact) else self.near(atom)) >> slot & 1

    def length(self, slot: int) -> int:
        """The words of the text of a slot."""
        return self._lengths.get(slot, 0)

    def needle_text(self, slot: int) -> str:
        """The folded words of the text of a slot, each between spaces: `Phrase.needle` is sought
        in it."""
        return self._folded.get(slot, "")

    def folded(self, slot: int) -> list[str]:
        """The folded words of the text of a slot, in order."""
        return self.needle_text(slot).split()

    def has_joins(self, slot: int) -> bool:
        """Whether any words of the text of a slot may also be read as one."""
        return slot in self._joined

    def joined(self) -> set[str]:
        """Every joined spelling, and every singular of a word in capitals, of all texts."""
        return set().union(*self._joined.values())

    def near(self, near: Near) -> Bits:
        """The papers with these words near each other."""
        found = -1
        for word in near.words:
            found &= self.words.get(word, 0)
        for slot in slots(found):
            if not near_ranges(self._reading(slot), near):
                found ^= 1 << slot
        return found

    def _reading(self, slot: int) -> Reading:
        if slot not in self._readings:
            self._readings[slot] = read(self.original(slot))
        return self._readings[slot]

    def _marked_text(self, slot: int) -> str:
        if slot not in self._marked:
            self._marked[slot] = marked(place(self.original(slot)))
        return self._marked[slot]


def slots(bits: Bits) -> list[int]:
    """The places of the set bits, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def enter(table: dict[str, Bits], terms: Iterable[str], bits: Bits) -> None:
    """Adds the bits to those of each term; terms of one paper only share them."""
    for term in terms:
        known = table.setdefault(term, bits)
        if known is not bits:
            table[term] = known | bits
