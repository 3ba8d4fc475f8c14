"""One block of papers made ready for very many keywords at once."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from ..keywords import Keyword
from ..keywords.atoms import Exact, Phrase
from ..keywords.plan import ALL, ANY, PAIR
from ..keywords.tree import And, Not, Or, Tree
from .block import Block
from .field import Bits, FieldIndex, slots

Row = tuple[str, ...]


class Bulk:
    """What title and abstract hold together, so that a term takes one look-up instead of two.

    It answers as the block does, and is good until the block changes. It takes some ten
    milliseconds to make, which a few thousand keywords earn back.
    """

    def __init__(self, block: Block) -> None:
        self._block = block
        title, abstract = block.title, block.abstract
        self._words = _merged(title.words, abstract.words)
        self._pairs = _merged(title.pairs, abstract.pairs)
        self._joined = title.joined() | abstract.joined()

    def evaluate_all(self, keywords: Iterable[Keyword]) -> Iterator[Bits]:
        """The slots of the papers that each keyword matches."""
        word, pair = self._words.get, self._pairs.get
        for keyword in keywords:
            plan = keyword.plan
            if plan is None:
                yield self.evaluate(keyword.tree)
                continue
            how, one, other = plan
            if how == ALL:
                yield word(one, 0) & word(other, 0)
            elif how == ANY:
                yield word(one, 0) | word(other, 0)
            elif how == PAIR:
                yield word(one, 0) | pair(other, 0)
            else:
                yield word(one, 0) & ~word(other, 0)

    def evaluate(self, tree: Tree) -> Bits:
        """The slots of the papers that a tree matches."""
        kind = type(tree)
        if kind is Phrase:
            if not tree.field and (tree.short or tree.pairs):  # type: ignore[union-attr]
                return self._phrase(tree)  # type: ignore[arg-type]
        elif kind is Exact:
            if tree.plain and tree.pairs and not tree.field:  # type: ignore[union-attr]
                return self._exact(tree)  # type: ignore[arg-type]
        elif kind is And or kind is Or:
            return self._combined(tree)  # type: ignore[arg-type]
        elif kind is Not:
            return self._block.alive & ~self.evaluate(tree.part)  # type: ignore[union-attr]
        return self._block.evaluate(tree)

    def _combined(self, tree: And | Or) -> Bits:
        answers = map(self.evaluate, tree.parts)
        found = next(answers)
        for bits in answers:
            found = found & bits if type(tree) is And else found | bits
        return found

    def _phrase(self, phrase: Phrase) -> Bits:
        words = self._words
        if phrase.short:
            return words.get(phrase.word, 0) | self._pairs.get(phrase.pair, 0)
        row, joins, joined = phrase.words, phrase.joins, self._joined
        if not (joined.isdisjoint(row) and joined.isdisjoint(joins)):
            return self._block.evaluate(phrase)
        if words.keys().isdisjoint(joins):
            return self._row(row)
        known = [word for word in joins if word in words]
        # The ways to write it multiply with every further join.
        if len(known) > 1:
            return self._block.evaluate(phrase)
        return self._row(row) | self._row(_rewritten(phrase, known[0]))

    def _row(self, row: Row) -> Bits:
        """The papers with these folded words in a row, each a word of its own in the text."""
        if len(row) < 3:
            return self._pairs.get(" ".join(row), 0) if len(row) == 2 else self._words[row[0]]
        if len(row) == 3:
            return self._triples.get(row, 0)
        found = self._block.alive
        for triple in _threes(row):
            found &= self._triples.get(triple, 0)
        needle, texts = f" {' '.join(row)} ", self._folded
        for slot in slots(found):
            if needle not in texts[slot]:
                found ^= 1 << slot
        return found

    def _exact(self, exact: Exact) -> Bits:
        """Plain words with single spaces."""
        found = self._block.alive
        for spellings in exact.pairs:
            likely = 0
            for pair in spellings:
                likely |= self._pairs.get(pair, 0)
            found &= likely
        needle, texts = exact.spaced, self._texts
        bare = needle[1:-1]
        for slot in slots(found):
            text = texts[slot]
            if needle in text:
                continue
            if (text and bare not in text) or not self._says(slot, exact):
                found ^= 1 << slot
        return found

    def _says(self, slot: int, exact: Exact) -> bool:
        return any(field.says(slot, exact) for field in self._fields)

    @property
    def _fields(self) -> tuple[FieldIndex, FieldIndex]:
        return self._block.title, self._block.abstract

    @cached_property
    def _folded(self) -> list[str]:
        """Slot -> the folded words of title and abstract, which no phrase crosses."""
        return [
            "\n".join([field.needle_text(slot) for field in self._fields])
            for slot in range(len(self._block.papers))
        ]

    @cached_property
    def _texts(self) -> list[str]:
        """Slot -> what plain texts show; "" where title or abstract takes a closer look."""
        shown = [
            [field.plain_text(slot) for field in self._fields]
            for slot in range(len(self._block.papers))
        ]
        return ["\n".join(texts) if all(texts) else "" for texts in shown]

    @cached_property
    def _triples(self) -> dict[Row, Bits]:
        """Three neighbouring folded words -> their papers."""
        found: dict[Row, Bits] = {}
        for slot in slots(self._block.alive):
            bit = 1 << slot
            for triple in {t for field in self._fields for t in _threes(field.folded(slot))}:
                found[triple] = found.get(triple, 0) | bit
        return found


def _rewritten(phrase: Phrase, join: str) -> Row:
    """The words of a phrase, some neighbours of which are written as the one word `join`."""
    row = phrase.words
    for first, end, word, _ in phrase.groups():
        if end - first > 1 and word == join:
            return (*row[:first], word, *row[end:])
    return row


def _threes(words: Sequence[str]) -> Iterator[Row]:
    return zip(words, words[1:], words[2:], strict=False)


def _merged(one: dict[str, Bits], other: dict[str, Bits]) -> dict[str, Bits]:
    """Both tables as one; `one` is the smaller."""
    found = dict(other)
    for term, bits in one.items():
        found[term] = found.get(term, 0) | bits
    return found
