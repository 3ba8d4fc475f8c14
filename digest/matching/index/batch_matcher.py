"""Batch matching: one block of papers prepared for very many keywords at once."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import chain
from operator import and_, invert, or_

from digest.matching.query.atoms import Exact, Phrase
from digest.matching.query.syntax_tree import And, Not, Or, Tree
from digest.matching.text import tokenize

from .bits import Bits, add_postings, exact_bigrams, ngrams, ngrams_with_joins, slots
from .block import Block
from .compiled_keywords import CompiledKeywords, Group, Shape, Terms, looked_up
from .field_index import FieldIndex

Table = dict[str, Bits]
_SIZES = {
    Shape.WORD: 1,
    Shape.PHRASE_2: 2,
    Shape.PHRASE_3: 3,
    Shape.EXACT_3: 3,
    Shape.PHRASE_4: 4,
    Shape.EXACT_4: 4,
}


class BatchMatcher:
    """Tables of the n-grams (1 to 4 words) of title and abstract, in which most keywords are a few
    look-ups.

    Gives the same answers as the block, and is valid until the block changes. Building it takes
    about half a second and 150 MB, which pays off from about a hundred thousand keywords.
    """

    def __init__(self, block: Block) -> None:
        self._block = block
        title, abstract = block.title, block.abstract
        self._fields: tuple[FieldIndex, FieldIndex] = title, abstract
        words = _merged(dict(title.vocabulary.items()), dict(abstract.vocabulary.items()))
        self._ngrams: dict[int, Table] = {1: words} | self._ngrams_of(2, 3, 4)
        self._exact_pairs = self._exact_pair_tables()
        # The line end keeps phrases from matching across the fields.
        self._texts = [
            "\n".join([field.plain_text(slot) for field in self._fields])
            for slot in range(len(block.papers))
        ]
        self._sorted_words = _sorted_words(self._fields)

    def evaluate_all(self, compiled: CompiledKeywords) -> Iterator[Bits]:
        """The papers that each keyword matches, as bits, in the order of `compiled.keywords`."""
        words = self._ngrams[1]
        if compiled.unions:
            words = words | {
                name: reduce(or_, map(self._phrase, wordings))
                for name, wordings in compiled.unions.items()
            }
        return chain.from_iterable(self._answers(group, words) for group in compiled.groups)

    def _answers(self, group: Group, words: Table) -> Iterable[Bits]:
        """The papers of each keyword; `words` has the unions of the compiled keywords too."""
        columns = group.columns
        match group.shape:
            case Shape.WORD | Shape.PHRASE_2 | Shape.PHRASE_3 | Shape.PHRASE_4:
                return self._neighbours(self._ngrams[_SIZES[group.shape]], group)
            case Shape.OR:
                return map(or_, *_two_words(words, columns))
            case Shape.AND:
                return map(and_, *_two_words(words, columns))
            case Shape.AND_NOT:
                wanted, unwanted = _two_words(words, columns)
                return map(and_, wanted, map(invert, unwanted))
            case Shape.EXACT_2:
                return self._exact_two(group)
            case Shape.EXACT_3 | Shape.EXACT_4:
                return self._exact_phrases(self._ngrams[_SIZES[group.shape]], group)
            case Shape.OTHER:
                return (self.evaluate(keyword.tree) for keyword in group.keywords)

    def _neighbours(self, table: Table, group: Group) -> Iterable[Bits]:
        found = list(looked_up(table, group.columns[0]))
        for size, wanted in group.wanted.items():
            # Few wanted n-grams occur at all: intersect them with those of the papers.
            known = self._ngrams[size]
            for ngram in wanted.keys() & known.keys():
                for place in wanted[ngram]:
                    found[place] |= known[ngram]
        for phrase, places in group.longer.items():
            if self._may_occur(phrase) and (bits := self._phrase(phrase)):
                for place in places:
                    found[place] |= bits
        return found

    def _may_occur(self, phrase: Phrase) -> bool:
        """Whether a phrase longer than an n-gram begins like one, or a joined spelling occurs."""
        words, beginnings = self._ngrams[1], self._ngrams[4]
        if " ".join(phrase.words[:4]) in beginnings:
            return True
        return any(join in words for join in phrase.joins)

    def _exact_two(self, group: Group) -> Iterable[Bits]:
        sure, unsure = (looked_up(table, group.columns[0]) for table in self._exact_pairs)
        return [
            yes | self._checked(perhaps & ~yes, keyword.tree) if perhaps else yes
            for yes, perhaps, keyword in zip(sure, unsure, group.keywords, strict=True)
        ]

    def _checked(self, bits: Bits, tree: Tree) -> Bits:
        assert isinstance(tree, Exact)
        for slot in slots(bits):
            if not any(field.contains_exact(slot, tree) for field in self._fields):
                bits ^= 1 << slot
        return bits

    def _exact_phrases(self, table: Table, group: Group) -> Iterator[Bits]:
        likely, needles, texts = self._neighbours(table, group), group.columns[1], self._texts
        for bits, needle, keyword in zip(likely, needles, group.keywords, strict=True):
            unsaid = 0
            for slot in slots(bits):
                if needle not in texts[slot]:
                    unsaid |= 1 << slot
            yield bits ^ unsaid | self._checked(unsaid, keyword.tree) if unsaid else bits

    def evaluate(self, tree: Tree) -> Bits:
        """The papers that a tree matches, as bits."""
        kind = type(tree)
        if kind is Phrase:
            if not tree.field:  # type: ignore[union-attr]
                return self._phrase(tree)  # type: ignore[arg-type]
        elif kind is And or kind is Or:
            how = and_ if kind is And else or_
            return reduce(how, map(self.evaluate, tree.parts))  # type: ignore[union-attr]
        elif kind is Not:
            return self._block.occupied & ~self.evaluate(tree.part)  # type: ignore[union-attr]
        return self._block.evaluate(tree)

    def _phrase(self, phrase: Phrase) -> Bits:
        if phrase.short:
            return self._ngrams[1].get(phrase.word, 0) | self._ngrams[2].get(phrase.pair, 0)
        first = phrase.parts[0]
        if len(phrase.parts) == 1 and first.kind == "*":
            return self._prefix(first.word)
        return self._block.evaluate(phrase)

    def _prefix(self, start: str) -> Bits:
        words, bits = self._sorted_words
        first, last = bisect_left(words, start), bisect_left(words, f"{start}\U0010ffff")
        return reduce(or_, bits[first:last], 0)

    def _exact_pair_tables(self) -> tuple[Table, Table]:
        """Two words with a single space between them -> the papers that certainly contain them;
        and the same -> those that may."""
        certain: Table = {}
        doubtful: Table = {}
        for slot in slots(self._block.occupied):
            for field in self._fields:
                if plain := field.plain_text(slot):
                    sure, unsure = exact_bigrams(plain)
                    add_postings(certain, sure, 1 << slot)
                    add_postings(doubtful, unsure, 1 << slot)
                else:
                    add_postings(
                        doubtful, ngrams(tokenize(field.original(slot)).raw_terms, 2), 1 << slot
                    )
        return certain, doubtful

    def _ngrams_of(self, *sizes: int) -> dict[int, Table]:
        """Size -> n-gram of folded words, joined spellings included -> papers."""
        texts = [
            (
                1 << slot,
                words,
                tokenize(field.original(slot)) if field.forward.has_joins(slot) else None,
            )
            for field in self._fields
            for slot, words in field.forward.all_words()
        ]
        found: dict[int, Table] = {size: {} for size in sizes}
        # One table after the other: filling several at once is slower by a quarter.
        for size, table in found.items():
            for bit, words, reading in texts:
                add_postings(table, ngrams(words, size), bit)
                if reading:
                    add_postings(table, ngrams_with_joins(reading, size), bit)
        return found


def _two_words(words: Table, columns: tuple[Terms, ...]) -> tuple[Iterable[Bits], Iterable[Bits]]:
    return looked_up(words, columns[0]), looked_up(words, columns[1])


def _sorted_words(fields: Iterable[FieldIndex]) -> tuple[list[str], list[Bits]]:
    """The unfolded words, sorted, and the papers of each."""
    found: Table = {}
    for field in fields:
        for table in (field.raw_words, field.raw_joins):
            found = _merged(table, found)
    words = sorted(found)
    return words, [found[word] for word in words]


def _merged(one: Table, other: Table) -> Table:
    """The union of two tables; `one` is the smaller."""
    found = dict(other)
    for term, bits in one.items():
        known = found.setdefault(term, bits)
        if known is not bits:
            found[term] = known | bits
    return found
