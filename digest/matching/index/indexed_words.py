"""The words of an index: how often atoms and other words of their stem occur, and mean lengths."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.matching.query.atoms import Atom, Author, Category, Phrase, Since
from digest.matching.query.syntax_tree import Tree, atoms
from digest.matching.statistics.length_totals import sum_of, typical_attention
from digest.matching.statistics.same_stem import words_of_same_stem
from digest.matching.work_budget import UNLIMITED, WorkBudget

from . import block as blocks
from .block import Block
from .field_index import FieldIndex
from .index_cache import IndexCache, SameStem
from .stored_papers import IncompleteIndex

_LOOK_UP = 3  # steps of a look-up
_STEM = 40  # steps to look up the words of a stem in one block
_NOTHING = SameStem((), 0)


class FieldCount(NamedTuple):
    """How often an atom occurs in a field of a paper, and how often other words of its stem do."""

    field: str
    times: int
    same_stem: int = 0


AtomCounts = tuple[FieldCount, ...]  # without fields in which nothing occurs


def wanted_atoms(tree: Tree) -> list[Atom]:
    """The atoms that a tree asks for and that have a frequency, from left to right."""
    return [atom for atom, no in atoms(tree) if not (no or isinstance(atom, Since))]


def single_word(atom: Tree) -> str:
    """The word of an atom that is one plain word in title or abstract, else ""."""
    if isinstance(atom, Phrase) and atom.short and not atom.pair and atom.field != "org":
        return atom.word
    return ""


class IndexedWords(ABC):
    """The words of the papers of an index."""

    cache: IndexCache

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._places: dict[int, int] = {}
        self._means: tuple[float, float] | None = None
        self._attention: float | None = None

    @abstractmethod
    def evaluate(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> int:
        """The bits of the papers that a keyword matches."""

    def _place(self, paper_id: int) -> tuple[Block, int]:
        place = self._places.get(paper_id)
        if place is None:
            raise IncompleteIndex(f"the index does not hold paper {paper_id}")
        return self._blocks[place // blocks.BLOCK_SIZE], place % blocks.BLOCK_SIZE

    def counts(
        self, keyword: Keyword, paper_id: int, work: WorkBudget = UNLIMITED
    ) -> dict[str, int]:
        """Field -> number of occurrences in a paper of what the keyword asks for."""
        block, slot = self._place(paper_id)
        return block.counts(keyword.tree, slot, work)

    def atom_counts(
        self, keyword: Keyword, paper_id: int, work: WorkBudget = UNLIMITED
    ) -> tuple[AtomCounts, ...]:
        """The occurrences in a paper of each atom that the keyword asks for."""
        block, slot = self._place(paper_id)
        return tuple(
            self._atom_counts(atom, block, slot, work) for atom in wanted_atoms(keyword.tree)
        )

    def _atom_counts(self, atom: Atom, block: Block, slot: int, work: WorkBudget) -> AtomCounts:
        words = self._same_stem(atom, work).words
        found = []
        for name, times in block.atom_counts(atom, slot, work).items():
            others = _count_any(block.field(name), slot, words) if words else 0
            if times or others:
                found.append(FieldCount(name, times, others))
        return tuple(found)

    def same_stem(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> int:
        """The bits of the papers with another word of the stem of a keyword that is one word."""
        return self._same_stem(keyword.tree, work).bits

    def _same_stem(self, atom: Tree, work: WorkBudget) -> SameStem:
        if not (word := single_word(atom)):
            return _NOTHING
        assert isinstance(atom, Phrase)
        known = self.cache.stems
        if (kept := known.get(atom.canonical)) is not None:
            return kept
        work.spend(_STEM * len(self._blocks))
        words = words_of_same_stem(word, self.known_terms)
        bits = 0
        for number, block in enumerate(self._blocks if words else ()):
            here = 0
            for name in (atom.field,) if atom.field else ("title", "abstract"):
                for each in words:
                    here |= block.field(name).vocabulary.get(each)
            bits |= here << number * blocks.BLOCK_SIZE
        return known.keep(atom.canonical, SameStem(words, bits))

    def frequencies(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> tuple[int, ...]:
        """For each atom that a keyword asks for: how many papers have it, or a word of its stem."""
        return tuple(map(int.bit_count, self.atom_bits(keyword, work)))

    def atom_bits(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> tuple[int, ...]:
        """For each atom that a keyword asks for: the papers that have it, or a word of its stem.

        If one of several atoms takes more than look-ups, the hits of the keyword stand for its own.
        """
        hits = self.evaluate(keyword, work)
        wanted = wanted_atoms(keyword.tree)
        if wanted == [keyword.tree]:
            return (hits | self.same_stem(keyword, work),)
        found = []
        for atom in wanted:
            held = self.papers_with(atom, work) if _is_looked_up(atom) else hits
            found.append(held | self._same_stem(atom, work).bits)
        return tuple(found)

    def papers_with(self, atom: Atom, work: WorkBudget) -> int:
        """The bits of the papers with an atom."""
        known = self.cache.bits
        if (kept := known.get(atom.canonical)) is not None:
            work.spend(1)
            return kept
        found = 0
        for number, block in enumerate(self._blocks):
            found |= block.evaluate(atom, work) << number * blocks.BLOCK_SIZE
        return known.keep(atom.canonical, found)

    def document_frequency(self, term: str, work: WorkBudget = UNLIMITED) -> int:
        """The number of papers with a folded word, or two adjacent ones, in title or abstract."""
        found = 0
        for block in self._blocks:
            work.spend(2 * _LOOK_UP)
            bits = 0
            for field in (block.title, block.abstract):
                bits |= field.pair(term, work) if " " in term else field.vocabulary.get(term)
            found += bits.bit_count()
        return found

    def known_terms(self, terms: set[str]) -> set[str]:
        """The subset of these folded words that occur in a title or an abstract."""
        found: set[str] = set()
        for block in self._blocks:
            found |= block.title.vocabulary.known(terms)
            found |= block.abstract.vocabulary.known(terms)
        return found

    def terms(self, paper_id: int) -> tuple[list[str], list[str]]:
        """The folded words of a paper's title and of its abstract, in order."""
        block, slot = self._place(paper_id)
        return block.title.terms(slot), block.abstract.terms(slot)

    def lengths(self, paper_id: int) -> tuple[int, int]:
        """The numbers of words in a paper's title and in its abstract."""
        block, slot = self._place(paper_id)
        return block.lengths(slot)

    def mean_lengths(self) -> tuple[float, float]:
        """See `LengthTotals.means`."""
        if self._means is None:
            self._means = sum_of(block.totals for block in self._blocks).means()
        return self._means

    def typical_attention(self) -> float:
        """See `length_totals.typical_attention`."""
        if self._attention is None:
            papers = chain.from_iterable(block.papers.all_metadata() for block in self._blocks)
            self._attention = typical_attention(paper.attention for paper in papers)
        return self._attention


def _count_any(field: FieldIndex, slot: int, words: Iterable[str]) -> int:
    """How often any of these folded words occurs in the text of a slot."""
    return sum(map(field.forward.sequence(slot).count, field.vocabulary.characters(words)))


def _is_looked_up(atom: Atom) -> bool:
    match atom:
        case Phrase():
            return atom.plain
        case Author():
            return len(atom.words) == 1
        case _:
            return isinstance(atom, Category)
