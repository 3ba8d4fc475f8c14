"""The words of one field (title, abstract or organisation) of about a thousand papers."""

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache, partial, reduce
from itertools import pairwise, product
from operator import or_
from sys import getsizeof

from digest.matching.query.atoms import Exact, Near, Part, Phrase
from digest.matching.text import Reading, folds, read
from digest.matching.work_budget import CHARACTERS, UNCOUNTED, Work

from ..occurrences import Words, groups, has_near, has_phrase, words_at, words_of
from .bits import Bits, enter, slots, table_bytes
from .exact_texts import Originals
from .index_cache import Memo
from .token_positions import Texts
from .vocabulary import Vocabulary, written

_SEARCH = 16  # steps to find a beginning among the words
_CANDIDATE = 3  # steps for looking at one paper, besides those for reading its text


@lru_cache(maxsize=256)
def _words(text: str) -> Words:
    return words_of(read(text))


class FieldIndex:
    """Term -> the papers that hold it, one bit a slot.

    `words` holds folded words and joined spellings, `raws` unfolded words, `runs` unfolded joined
    spellings. Phrases are bits that are then verified in the text.
    """

    def __init__(self, original: Callable[[int], str]) -> None:
        self.words = Vocabulary()
        self.texts = Texts(self.words)
        self.raws: dict[str, Bits] = {}
        self.runs: dict[str, Bits] = {}
        self.original = original
        self._originals = Originals(original)
        self._sorted: tuple[int, list[str]] = 0, []
        self._starts: Memo[str, Bits] = Memo(256)

    def add(self, slot: int, text: str) -> None:
        """Puts the text of one paper at `slot`, which must be free."""
        reading = read(text)
        if not reading.keys:
            return
        self.texts.add(slot, reading)
        for table, words in self._tables(reading):
            enter(table, words, 1 << slot)
        self._starts.clear()

    def remove(self, slot: int, text: str) -> None:
        """Undoes `add` of the same text."""
        self.texts.remove(slot)
        for table, words in self._tables(read(text)):
            for word in words:
                left = table[word] & ~(1 << slot)
                if left:
                    table[word] = left
                else:
                    del table[word]
        self._originals.forget(slot)
        self._sorted = 0, []
        self._starts.clear()

    def _tables(self, reading: Reading) -> list[tuple[dict[str, Bits], set[str]]]:
        runs = {edge.raw for edge in reading.edges if edge.raw}
        return [(self.raws, set(reading.raws)), (self.runs, runs)]

    def compact(self) -> None:
        """Make look-ups faster and tables smaller in a full block, until a text changes."""
        self.texts.note_frequent()
        for word, bits in self.raws.items():
            if (same := self.words.get(word)) == bits:
                self.raws[word] = same

    @property
    def nbytes(self) -> int:
        """The memory it takes, in bytes; about."""
        # Where a word and what it is folded to are in the same papers they share the bits.
        own = {w: b for w, b in self.raws.items() if self.words.get(w) is not b}
        raws = table_bytes(own) + getsizeof(self.raws) - getsizeof(own)
        return self.words.nbytes + self.texts.nbytes + raws + table_bytes(self.runs)

    def pair(self, pair: str, work: Work = UNCOUNTED, among: Bits = -1) -> Bits:
        """Those `among` the papers that hold two neighbouring words, joined spellings included."""
        return self.texts.pair(pair, work, among)

    def phrase(self, phrase: Phrase, work: Work = UNCOUNTED, among: Bits = -1) -> Bits:
        """Those `among` the papers that hold a tolerant phrase."""
        if phrase.short:
            work.spend(2)
            found = self.words.get(phrase.word) & among
            return found | self.pair(phrase.pair, work, among) if phrase.pair else found
        if phrase.pairs:
            return self._long(phrase, work, among)
        return self._special(phrase, work, among)

    def _long(self, phrase: Phrase, work: Work, among: Bits) -> Bits:
        """Three plain words or more."""
        known = self.words
        work.spend(len(phrase.pairs) + len(phrase.joins))
        likely = among
        for pair in phrase.pairs:
            likely &= self.texts.likely(pair)
        found = self._in_a_row(likely, phrase, work) if likely else 0
        joins = known.among(set(phrase.joins))
        if joins:
            certain, likely = written(
                phrase, known, partial(self.pair, work=work, among=among), work
            )
            found |= certain & among
            found |= self._with_joins(likely & among & ~found, phrase, joins, work)
        return found

    def _in_a_row(self, likely: Bits, phrase: Phrase, work: Work) -> Bits:
        """Those of the papers in which the words of a phrase stand in a row, each by itself."""
        needle = self.words.sought(phrase.words)
        assert needle is not None, "a paper holds each of the words"
        texts = self.texts
        read = 0
        work.spend(likely.bit_count() * _CANDIDATE)
        for slot in slots(likely):
            row = texts.row(slot)
            read += len(row)
            if needle in row or (texts.may_join(slot, needle) and self._reads(slot, phrase, work)):
                continue
            likely ^= 1 << slot
        work.spend(read // CHARACTERS)
        return likely

    def _with_joins(self, likely: Bits, phrase: Phrase, joins: set[str], work: Work) -> Bits:
        """Those of the papers that hold a phrase with some of its words written as one."""
        known, texts = self.words.characters(joins), self.texts
        for slot in slots(likely):
            work.spend(_CANDIDATE)
            held = not known.isdisjoint(texts.joined(slot)) or not known.isdisjoint(texts.row(slot))
            if not held or not self._reads(slot, phrase, work):
                likely ^= 1 << slot
        return likely

    def _reads(self, slot: int, phrase: Phrase, work: Work) -> bool:
        """Whether a phrase occurs, read word by word."""
        length, parts = self.length(slot), len(phrase.parts)
        # Words that are not plain are each sought from end to end.
        each = 2 if phrase.plain else 3 + parts * parts // 8
        work.spend(length * each + len(phrase.joins))
        text = self.original(slot)
        return has_phrase(_words(text) if phrase.plain else read(text), phrase)

    def _special(self, phrase: Phrase, work: Work, among: Bits) -> Bits:
        """Phrases with a beginning (`net*`) or a name in capitals in them."""
        certain, found, apart = 0, [among] + [0] * len(phrase.parts), True
        for first, end, word, kind in groups(phrase):
            if found[first]:
                bits = found[first] & self._word(word, kind, work)
                found[end] |= bits
                if first == 0 and end == len(phrase.parts):
                    certain = bits
                elif bits and end > first + 1:
                    apart = False
        likely = found[-1] & ~certain
        if apart:
            likely = self._side_by_side(phrase, work, likely)
        for slot in slots(likely):
            if not self._reads(slot, phrase, work):
                likely ^= 1 << slot
        return certain | likely

    def _side_by_side(self, phrase: Phrase, work: Work, among: Bits) -> Bits:
        """Those `among` the papers with every two neighbours of a phrase, as far as that can be
        looked up."""
        found = among
        for left, right in pairwise(phrase.parts):
            if "*" in (left.kind, right.kind):
                continue
            rows = product(*(folds(p.word) if p.kind else (p.word,) for p in (left, right)))
            runs = (self.runs.get(part.word, 0) for part in (left, right) if part.kind)
            work.spend(8)
            pairs = (self.pair(" ".join(row), work, found) for row in rows)
            found &= reduce(or_, (*pairs, *runs))
        return found

    def _word(self, word: str, kind: str, work: Work) -> Bits:
        if kind == "*":
            return self.beginning(word, work)
        work.spend(2)
        if kind == "=":
            return self.raws.get(word, 0) | self.runs.get(word, 0)
        return self.words.get(word, 0)

    def beginning(self, start: str, work: Work = UNCOUNTED) -> Bits:
        """The papers with a word (as written) that begins so."""
        if (kept := self._starts.get(start)) is not None:
            work.spend(1)
            return kept
        known = self._beginnings()
        found = 0
        first, last = bisect_left(known, start), bisect_left(known, f"{start}\U0010ffff")
        work.spend(_SEARCH + (last - first) * 2)
        for word in known[first:last]:
            found |= self.raws.get(word, 0) | self.runs.get(word, 0)
        return self._starts.keep(start, found)

    def _beginnings(self) -> list[str]:
        """Every unfolded word in order; made anew when papers have brought new ones."""
        size = len(self.raws) + len(self.runs)
        if self._sorted[0] != size:
            self._sorted = size, sorted({*self.raws, *self.runs})
        return self._sorted[1]

    def exact(self, exact: Exact, work: Work = UNCOUNTED, among: Bits = -1) -> Bits:
        """Those `among` the papers that hold exactly these words."""
        found = among
        work.spend(len(exact.words))
        for word in exact.words:
            found &= self.raws.get(word, 0)
        if len(exact.words) == 1:
            return found
        for spellings in exact.pairs:
            near = 0
            work.spend(len(spellings))
            for pair in spellings:
                near |= self.pair(pair, work, found)
            found = near
        for slot in slots(found):
            if not self.says(slot, exact, work):
                found ^= 1 << slot
        return found

    def says(self, slot: int, exact: Exact, work: Work = UNCOUNTED) -> bool:
        """Whether the text of a slot holds exactly these words."""
        work.spend(_CANDIDATE + self.length(slot) * 8 // CHARACTERS)
        return self._originals.says(slot, exact, work)

    def plain_text(self, slot: int) -> str:
        """What a plain text shows, in lower case, with single spaces; "" for other texts."""
        return self._originals.plain(slot)

    def count(self, slot: int, atom: Phrase | Exact | Near, work: Work = UNCOUNTED) -> int:
        """How often an atom occurs in the text of a slot; at least 1 where it hits at all."""
        work.spend(_CANDIDATE + self.length(slot) // CHARACTERS)
        if isinstance(atom, Phrase) and atom.plain:
            needle = self.words.sought(part.word for part in atom.parts)
            if needle and (found := self.texts.row(slot).count(needle)):
                return found
        return int(self._holds(slot, atom, work))

    def _holds(self, slot: int, atom: Phrase | Exact | Near, work: Work) -> bool:
        """Whether one paper holds an atom, without a look at the others."""
        match atom:
            case Phrase((Part(word, "*"),)) if (kept := self._starts.get(word)) is not None:
                return kept >> slot & 1 == 1
            case Phrase() if any(part.kind == "*" for part in atom.parts):
                # How many words of all papers begin so is no matter of this one.
                return self._reads(slot, atom, work)
            case Phrase():
                return self.phrase(atom, work, 1 << slot) != 0
            case Exact():
                return self.exact(atom, work, 1 << slot) != 0
            case Near():
                return self.near(atom, work, 1 << slot) != 0

    def length(self, slot: int) -> int:
        """The words of the text of a slot."""
        return len(self.texts.row(slot))

    def folded(self, slot: int) -> list[str]:
        """The folded words of the text of a slot, in order."""
        return self.words.spelled(self.texts.row(slot))

    def near(self, near: Near, work: Work = UNCOUNTED, among: Bits = -1) -> Bits:
        """Those `among` the papers that hold these words near each other."""
        found = among
        work.spend(len(near.words))
        for word in near.words:
            found &= self.words.get(word, 0)
        certain = 0
        if len(near.words) == 2:  # neighbours need no look
            left, right = near.words
            certain = self.pair(f"{left} {right}", work, found)
            certain |= self.pair(f"{right} {left}", work, found)
        for slot in slots(found & ~certain):
            if not self._near_at(slot, near, work):
                found ^= 1 << slot
        return found | certain

    def _near_at(self, slot: int, near: Near, work: Work) -> bool:
        work.spend(self.length(slot))
        if not self.words.characters(near.words).isdisjoint(self.texts.joined(slot)):
            return has_near(_words(self.original(slot)), near)
        return has_near(words_at(self.texts.places(slot, near.words)), near)
