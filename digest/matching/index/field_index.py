"""The words of one field (title, abstract or organisation) of about a thousand papers."""

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache, partial, reduce
from itertools import pairwise, product
from operator import or_
from sys import getsizeof

from digest.matching.query.atoms import Cased, Exact, Near, Part, Phrase, TextAtom
from digest.matching.text import Tokens, possible_folds, tokenize
from digest.matching.work_budget import CHARACTERS, UNLIMITED, WorkBudget

from ..occurrences import (
    TokenPositions,
    has_near,
    has_phrase,
    known_positions,
    phrase_groups,
    token_positions,
)  # fmt: skip
from .bits import Bits, add_postings, remove_postings, slots, table_bytes
from .exact_texts import ExactTexts
from .forward_index import ForwardIndex
from .index_cache import BoundedCache
from .vocabulary import Vocabulary, joined_candidates

_SEARCH = 16  # steps of a binary search for a prefix among the words
_CANDIDATE = 3  # steps to check one paper, besides those for reading its text


@lru_cache(maxsize=256)
def _positions(text: str) -> TokenPositions:
    return token_positions(tokenize(text))


class FieldIndex:
    """Inverted index of one field: term -> the papers with it, one bit a slot.

    `vocabulary` has folded words and joined spellings, `raw_words` unfolded words, `raw_joins`
    unfolded joined spellings. Phrases are looked up as bits, then verified in the text.
    """

    def __init__(self, original: Callable[[int], str]) -> None:
        self.vocabulary = Vocabulary()
        self.forward = ForwardIndex(self.vocabulary)
        self.raw_words: dict[str, Bits] = {}
        self.raw_joins: dict[str, Bits] = {}
        self.original = original
        self._exact_texts = ExactTexts(original)
        self._sorted: tuple[int, list[str]] = 0, []
        self._starts: BoundedCache[str, Bits] = BoundedCache(256)

    def add(self, slot: int, text: str) -> None:
        """Index the text of the paper at `slot`, which must be free."""
        tokens = tokenize(text)
        if not tokens.terms:
            return
        self.forward.add(slot, tokens)
        for table, words in self._tables(tokens):
            add_postings(table, words, 1 << slot)
        self._starts.clear()

    def remove(self, slot: int, text: str) -> None:
        """Undo `add` of the same text."""
        self.forward.remove(slot)
        for table, words in self._tables(tokenize(text)):
            remove_postings(table, words, 1 << slot)
        self._exact_texts.forget(slot)
        self._sorted = 0, []
        self._starts.clear()

    def _tables(self, tokens: Tokens) -> list[tuple[dict[str, Bits], set[str]]]:
        joins = {each.raw for each in tokens.alternatives if each.raw}
        return [(self.raw_words, set(tokens.raw_terms)), (self.raw_joins, joins)]

    def compact(self) -> None:
        """Make look-ups of a full block faster and its tables smaller, until a text changes."""
        self.forward.index_frequent_pairs()
        for word, bits in self.raw_words.items():
            if (same := self.vocabulary.get(word)) == bits:
                self.raw_words[word] = same

    @property
    def nbytes(self) -> int:
        """Estimated memory, in bytes."""
        # A word and its folded form share one int where they are in the same papers.
        own = {w: b for w, b in self.raw_words.items() if self.vocabulary.get(w) is not b}
        raws = table_bytes(own) + getsizeof(self.raw_words) - getsizeof(own)
        return self.vocabulary.nbytes + self.forward.nbytes + raws + table_bytes(self.raw_joins)

    def pair(self, pair: str, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Papers `among` those given with two adjacent words, joined spellings included."""
        return self.forward.pair(pair, work, among)

    def phrase(self, phrase: Phrase, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Papers `among` those given with a tolerant phrase."""
        if phrase.short:
            work.spend(2)
            found = self.vocabulary.get(phrase.word) & among
            return found | self.pair(phrase.pair, work, among) if phrase.pair else found
        if phrase.pairs:
            return self._long_phrase(phrase, work, among)
        return self._special_phrase(phrase, work, among)

    def _long_phrase(self, phrase: Phrase, work: WorkBudget, among: Bits) -> Bits:
        """Papers with a phrase of three plain words or more."""
        known = self.vocabulary
        work.spend(len(phrase.pairs) + len(phrase.joins))
        likely = among
        for pair in phrase.pairs:
            likely &= self.forward.may_hold(pair)
        found = self._adjacent(likely, phrase, work) if likely else 0
        joins = known.known(set(phrase.joins))
        if joins:
            certain, likely = joined_candidates(
                phrase, known, partial(self.pair, work=work, among=among), work
            )
            found |= certain & among
            found |= self._with_joins(likely & among & ~found, phrase, joins, work)
        return found

    def _adjacent(self, likely: Bits, phrase: Phrase, work: WorkBudget) -> Bits:
        """Papers, of the likely ones, with the words of a phrase adjacent and written apart."""
        needle = self.vocabulary.encode_known(phrase.words)
        assert needle is not None, "each of the words is in a paper"
        forward, read = self.forward, 0
        work.spend(likely.bit_count() * _CANDIDATE)
        for slot in slots(likely):
            row = forward.sequence(slot)
            read += len(row)
            if needle in row:
                continue
            if not (forward.may_hold_joined(slot, needle) and self._reads(slot, phrase, work)):
                likely ^= 1 << slot
        work.spend(read // CHARACTERS)
        return likely

    def _with_joins(self, likely: Bits, phrase: Phrase, joins: set[str], work: WorkBudget) -> Bits:
        """Papers, of the likely ones, with a phrase some of whose words are written as one."""
        absent_from, forward = self.vocabulary.characters(joins).isdisjoint, self.forward
        for slot in slots(likely):
            work.spend(_CANDIDATE)
            absent = absent_from(forward.joined(slot)) and absent_from(forward.sequence(slot))
            if absent or not self._reads(slot, phrase, work):
                likely ^= 1 << slot
        return likely

    def _reads(self, slot: int, phrase: Phrase, work: WorkBudget) -> bool:
        """Whether a phrase occurs in a text, which is read word by word."""
        length, parts = self.length(slot), len(phrase.parts)
        # For a word that is not plain the whole text is searched.
        each = 2 if phrase.plain else 3 + parts * parts // 8
        work.spend(length * each + len(phrase.joins))
        text = self.original(slot)
        return has_phrase(_positions(text) if phrase.plain else tokenize(text), phrase)

    def _special_phrase(self, phrase: Phrase, work: WorkBudget, among: Bits) -> Bits:
        """Papers with a phrase that has a prefix (`net*`) or a name in capitals in it."""
        certain, found, separate = 0, [among] + [0] * len(phrase.parts), True
        for first, end, word, kind in phrase_groups(phrase):
            if found[first]:
                bits = found[first] & self._word(word, kind, work)
                found[end] |= bits
                if first == 0 and end == len(phrase.parts):
                    certain = bits
                elif bits and end > first + 1:
                    separate = False
        likely = found[-1] & ~certain
        if separate:
            likely = self._with_pairs(phrase, work, likely)
        for slot in slots(likely):
            if not self._reads(slot, phrase, work):
                likely ^= 1 << slot
        return certain | likely

    def _with_pairs(self, phrase: Phrase, work: WorkBudget, among: Bits) -> Bits:
        """Papers `among` those given with all adjacent pairs of a phrase that can be looked up."""
        found = among
        for left, right in pairwise(phrase.parts):
            if "*" in (left.kind, right.kind):
                continue
            both = left, right
            folded = product(*(possible_folds(p.word) if p.kind else (p.word,) for p in both))
            joins = (self.raw_joins.get(part.word, 0) for part in both if part.kind)
            work.spend(8)
            pairs = (self.pair(" ".join(words), work, found) for words in folded)
            found &= reduce(or_, (*pairs, *joins))
        return found

    def _word(self, word: str, kind: str, work: WorkBudget) -> Bits:
        if kind == "*":
            return self.prefix(word, work)
        work.spend(2)
        if kind == "=":
            return self.raw_words.get(word, 0) | self.raw_joins.get(word, 0)
        return self.vocabulary.get(word, 0)

    def prefix(self, start: str, work: WorkBudget = UNLIMITED) -> Bits:
        """Papers with a word (unfolded) that begins with `start`."""
        if (kept := self._starts.get(start)) is not None:
            work.spend(1)
            return kept
        known, found = self._sorted_words(), 0
        first, last = bisect_left(known, start), bisect_left(known, f"{start}\U0010ffff")
        work.spend(_SEARCH + (last - first) * 2)
        for word in known[first:last]:
            found |= self.raw_words.get(word, 0) | self.raw_joins.get(word, 0)
        return self._starts.keep(start, found)

    def _sorted_words(self) -> list[str]:
        """All unfolded words, sorted; sorted again when papers have added some."""
        size = len(self.raw_words) + len(self.raw_joins)
        if self._sorted[0] != size:
            self._sorted = size, sorted({*self.raw_words, *self.raw_joins})
        return self._sorted[1]

    def exact(self, exact: Exact, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Papers `among` those given with exactly these words."""
        found = among
        work.spend(len(exact.words))
        for word in exact.words:
            found &= self.raw_words.get(word, 0)
        if len(exact.words) == 1:
            return found
        for spellings in exact.pairs:
            work.spend(len(spellings))
            found = reduce(or_, [self.pair(pair, work, found) for pair in spellings])
        for slot in slots(found):
            if not self.contains_exact(slot, exact, work):
                found ^= 1 << slot
        return found

    def cased(self, cased: Cased, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Papers `among` those given with a phrase in these capitals."""
        return self._exact_texts.with_capitals(self.phrase(cased.phrase, work, among), cased, work)

    def contains_exact(self, slot: int, exact: Exact, work: WorkBudget = UNLIMITED) -> bool:
        """Whether the text of a slot contains exactly these words."""
        work.spend(_CANDIDATE + self.length(slot) * 8 // CHARACTERS)
        return self._exact_texts.contains(slot, exact, work)

    def plain_text(self, slot: int) -> str:
        """See `ExactTexts.plain`."""
        return self._exact_texts.plain(slot)

    def count(self, slot: int, atom: TextAtom, work: WorkBudget = UNLIMITED) -> int:
        """How often an atom occurs in the text of a slot; 1 or more if it hits."""
        work.spend(_CANDIDATE + self.length(slot) // CHARACTERS)
        if isinstance(atom, Phrase) and atom.plain:
            needle = self.vocabulary.encode_known(part.word for part in atom.parts)
            if needle and (found := self.forward.sequence(slot).count(needle)):
                return found
        return int(self._holds(slot, atom, work))

    def _holds(self, slot: int, atom: TextAtom, work: WorkBudget) -> bool:
        """Whether an atom hits one paper, without evaluating it for the others."""
        match atom:
            case Phrase((Part(word, "*"),)) if (kept := self._starts.get(word)) is not None:
                return kept >> slot & 1 == 1
            case Phrase() if any(part.kind == "*" for part in atom.parts):
                # The number of words with this prefix in all papers must not count here.
                return self._reads(slot, atom, work)
            case Phrase():
                return self.phrase(atom, work, 1 << slot) != 0
            case Exact():
                return self.exact(atom, work, 1 << slot) != 0
            case Cased():
                return self.cased(atom, work, 1 << slot) != 0
            case Near():
                return self.near(atom, work, 1 << slot) != 0

    def length(self, slot: int) -> int:
        """The number of words in the text of a slot."""
        return len(self.forward.sequence(slot))

    def terms(self, slot: int) -> list[str]:
        """The folded words of the text of a slot, in order."""
        return self.vocabulary.decode(self.forward.sequence(slot))

    def near(self, near: Near, work: WorkBudget = UNLIMITED, among: Bits = -1) -> Bits:
        """Papers `among` those given with these words near each other."""
        found, certain = among, 0
        work.spend(len(near.words))
        for word in near.words:
            found &= self.vocabulary.get(word, 0)
        if len(near.words) == 2:  # adjacent words are near each other
            left, right = near.words
            certain = self.pair(f"{left} {right}", work, found)
            certain |= self.pair(f"{right} {left}", work, found)
        for slot in slots(found & ~certain):
            if not self._near_at(slot, near, work):
                found ^= 1 << slot
        return found | certain

    def _near_at(self, slot: int, near: Near, work: WorkBudget) -> bool:
        work.spend(self.length(slot))
        if not self.vocabulary.characters(near.words).isdisjoint(self.forward.joined(slot)):
            return has_near(_positions(self.original(slot)), near)
        return has_near(known_positions(self.forward.positions(slot, near.words)), near)
