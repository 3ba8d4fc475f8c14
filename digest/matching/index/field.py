"""The words of one field (title, abstract or organisation) of about a thousand papers."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise

from ..keywords.atoms import Exact, Near, Phrase
from ..occurrences import has_phrase, marked, near_ranges
from ..text import Edge, Reading, place, read

Bits = int


class FieldIndex:
    """Term -> the papers that hold it, one bit a slot.

    `terms` holds folded words, joined spellings and pairs of neighbours ("deep learning");
    `raws` unfolded words. Longer phrases are bits that are then verified in the text.
    """

    def __init__(self, original: Callable[[int], str]) -> None:
        self.terms: dict[str, Bits] = {}
        self.raws: dict[str, Bits] = {}
        self._original = original
        self._folded: dict[int, str] = {}
        self._joined: dict[int, frozenset[str]] = {}
        self._marked: dict[int, str] = {}
        self._readings: dict[int, Reading] = {}
        self._sorted: list[str] | None = None

    def add(self, slot: int, text: str) -> None:
        """Puts the text of one paper at `slot`, which must be free."""
        reading = read(text)
        if not reading.keys:
            return
        bit = 1 << slot
        for table, words in ((self.terms, _terms(reading)), (self.raws, _raws(reading))):
            for word in words:
                table[word] = table.get(word, 0) | bit
        self._folded[slot] = f" {' '.join(reading.keys)} "
        if reading.edges:
            self._joined[slot] = frozenset(edge.key for edge in reading.edges)
        self._sorted = None

    def remove(self, slot: int, text: str) -> None:
        """Undoes `add` of the same text."""
        reading = read(text)
        for table, words in ((self.terms, _terms(reading)), (self.raws, _raws(reading))):
            for word in words:
                left = table[word] & ~(1 << slot)
                if left:
                    table[word] = left
                else:
                    del table[word]
        for kept in (self._folded, self._joined, self._marked, self._readings):
            kept.pop(slot, None)
        self._sorted = None

    def phrase(self, phrase: Phrase) -> Bits:
        """The papers with a tolerant phrase."""
        if phrase.keys:
            found = 0
            for key in phrase.keys:
                found |= self.terms.get(key, 0)
            return found
        if phrase.plain:
            return self._long(phrase)
        return self._special(phrase)

    def _long(self, phrase: Phrase) -> Bits:
        """Three plain words or more."""
        certain, likely = self._grouped(phrase)
        likely &= ~certain
        if likely:
            needle = f" {' '.join(part.word for part in phrase.parts)} "
            words = frozenset(word for _, _, word, _ in phrase.groups())
            for slot in slots(likely):
                if needle in self._folded[slot]:
                    continue
                # Only a joined spelling could still make it a hit.
                if words.isdisjoint(self._joined.get(slot, ())) or not has_phrase(
                    self._reading(slot), phrase
                ):
                    likely ^= 1 << slot
        return certain | likely

    def _grouped(self, phrase: Phrase) -> tuple[Bits, Bits]:
        """The papers that certainly hold the phrase, written as one word or two, and those in
        which every two neighbours of some longer way to write it are neighbours."""
        get = self.terms.get
        ends: list[list[tuple[str, list[Bits]]]] = [[] for _ in range(len(phrase.parts) + 1)]
        for first, end, word, _ in phrase.groups():
            held = get(word, 0)
            if not held:
                continue
            counts = [held if first == 0 else 0, 0, 0]  # written as one word, as two, as more
            for last, (one, two, more) in ends[first]:
                pair = get(f"{last} {word}", 0)
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
        return (self.raws if kind == "=" else self.terms).get(word, 0)

    def beginning(self, start: str) -> Bits:
        """The papers with a word (as written) that begins so."""
        if self._sorted is None:
            self._sorted = sorted(self.raws)
        found = 0
        for at in range(bisect_left(self._sorted, start), len(self._sorted)):
            word = self._sorted[at]
            if not word.startswith(start):
                break
            found |= self.raws[word]
        return found

    def exact(self, exact: Exact) -> Bits:
        """The papers with exactly these words."""
        found = -1
        for word in exact.words:
            found &= self.raws.get(word, 0)
        if len(exact.words) == 1:
            return found
        for left, right in pairwise(exact.words):
            if not left.endswith("s") and not right.endswith("s"):  # folding left them alone
                found &= self.terms.get(f"{left} {right}", 0)
        for slot in slots(found):
            if exact.needle not in self._marked_text(slot):
                found ^= 1 << slot
        return found

    def near(self, near: Near) -> Bits:
        """The papers with these words near each other."""
        found = -1
        for word in near.words:
            found &= self.terms.get(word, 0)
        for slot in slots(found):
            if not near_ranges(self._reading(slot), near):
                found ^= 1 << slot
        return found

    def _reading(self, slot: int) -> Reading:
        if slot not in self._readings:
            self._readings[slot] = read(self._original(slot))
        return self._readings[slot]

    def _marked_text(self, slot: int) -> str:
        if slot not in self._marked:
            self._marked[slot] = marked(place(self._original(slot)))
        return self._marked[slot]


def slots(bits: Bits) -> list[int]:
    """The places of the set bits, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def _terms(reading: Reading) -> set[str]:
    """Every word, joined spelling and pair of neighbours of a text."""
    keys, edges = reading.keys, reading.edges
    terms = set(keys)
    terms.update(map(" ".join, pairwise(keys)))
    if edges:
        terms.update(edge.key for edge in edges)
        terms.update(_pairs_across(keys, edges))
    return terms


def _pairs_across(keys: list[str], edges: list[Edge]) -> set[str]:
    """Neighbours of which at least one is a joined spelling."""
    pairs = set()
    starting: dict[int, list[str]] = {}
    for edge in edges:
        starting.setdefault(edge.start, []).append(edge.key)
    for edge in edges:
        if edge.start:
            pairs.add(f"{keys[edge.start - 1]} {edge.key}")
        if edge.end < len(keys):
            pairs.add(f"{edge.key} {keys[edge.end]}")
            pairs.update(f"{edge.key} {after}" for after in starting.get(edge.end, ()))
    return pairs


def _raws(reading: Reading) -> set[str]:
    """Every word as written, hyphenated runs also as one word."""
    raws = set(reading.raws)
    raws.update(edge.raw for edge in reading.edges if edge.raw)
    return raws
