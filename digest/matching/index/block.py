"""A block: the index of about a thousand papers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from sys import getsizeof

from digest.matching.names import listed_name, name_rows
from digest.matching.query.atoms import (
    Atom,
    Author,
    Cased,
    Category,
    Exact,
    Phrase,
    Since,
    TextAtom,
)
from digest.matching.query.syntax_tree import And, Not, Or, Tree, atoms
from digest.matching.statistics.length_totals import LengthTotals
from digest.matching.text import tokenize
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .bits import add_postings, slots, table_bytes
from .field_index import FieldIndex
from .stored_papers import PaperText, StoredPapers

BLOCK_SIZE = 1024
_NAME = 2  # steps to compare a name
_TEXT_FIELDS = ("title", "abstract")


class Block:
    """Slots 0 to BLOCK_SIZE - 1, empty or with a paper; bit n of `occupied` is slot n."""

    def __init__(self) -> None:
        self.papers = StoredPapers()
        self.occupied = 0
        self.is_compact = False
        self.totals = LengthTotals()
        self._counted = (0, False), 0
        self._names: dict[str, int] = {}
        self._name_rows: dict[int, str] = {}  # slot -> its authors, to be compared with
        self._categories: dict[str, int] = {}
        self._days: dict[date, int] = {}
        # The fields refer to the papers, not to the block: a reference cycle would keep a replaced
        # index in memory until the garbage collector runs.
        self._fields = {
            name: FieldIndex(partial(_text_at, self.papers, name))
            for name in (*_TEXT_FIELDS, "org")
        }
        self.title, self.abstract = self._fields["title"], self._fields["abstract"]

    @property
    def full(self) -> bool:
        return len(self.papers) >= BLOCK_SIZE

    def add(self, paper: PaperText) -> int:
        """Append a paper; return its slot."""
        slot = self.papers.append()
        self.put(slot, paper)
        if self.full:
            self.compact()
        return slot

    def with_papers(self, papers: Mapping[int, PaperText]) -> "Block":
        """A copy of the block with these papers (by slot) in place of the ones there."""
        found = Block()
        for slot in range(len(self.papers)):
            found.papers.append()
            if (paper := papers.get(slot) or self.papers[slot]) is not None:
                found.put(slot, paper)
        if found.full:
            found.compact()
        return found

    def update_popularity(self, slot: int, paper: PaperText) -> bool:
        """Update the counts of a paper if nothing else changed; return whether that is so."""
        held = self.papers[slot]
        if held is None:
            return False
        same = held == replace(
            paper,
            upvotes=held.upvotes,
            comment_count=held.comment_count,
            source_count=held.source_count,
        )
        if same:
            self.papers.update_popularity(slot, paper)
        return same

    def compact(self) -> None:
        """Make a full block smaller and faster; valid until a paper changes."""
        for field in self._fields.values():
            field.compact()
        self.is_compact = True

    @property
    def nbytes(self) -> int:
        """Estimated memory, in bytes; recomputed when papers were added or removed."""
        if self._counted[0] != (key := (self.occupied, self.is_compact)):
            fields = sum(field.nbytes for field in self._fields.values())
            tables = sum(map(table_bytes, (self._names, self._categories)))
            rows = sum(map(getsizeof, self._name_rows.values())) + getsizeof(self._name_rows)
            self._counted = key, fields + tables + rows + self.papers.nbytes
        return self._counted[1]

    def lengths(self, slot: int) -> tuple[int, int]:
        """The numbers of words in title and abstract."""
        return self.title.length(slot), self.abstract.length(slot)

    def put(self, slot: int, paper: PaperText) -> None:
        """Index a paper in an empty slot."""
        self.is_compact = False
        self.papers.put(slot, paper)
        self.occupied |= 1 << slot
        for name, field in self._fields.items():
            field.add(slot, _text_of(paper, name))
        for table, words in self._tables(paper):
            add_postings(table, words, 1 << slot)
        if paper.authors:
            self._name_rows[slot] = name_rows(paper.authors)
        self.totals.add(self.lengths(slot))
        if (day := _day(paper)) is not None:
            self._days[day] = self._days.get(day, 0) | 1 << slot

    def remove(self, slot: int) -> None:
        """Remove the paper of a slot from the index."""
        self.is_compact = False
        paper = self.papers[slot]
        assert paper is not None
        self.totals.add(self.lengths(slot), -1)
        for name, field in self._fields.items():
            field.remove(slot, _text_of(paper, name))
        for table, words in self._tables(paper):
            for word in words:
                table[word] &= ~(1 << slot)
        if (day := _day(paper)) is not None:
            self._days[day] &= ~(1 << slot)
        self._name_rows.pop(slot, None)
        self.papers.remove(slot)
        self.occupied &= ~(1 << slot)

    def _tables(self, paper: PaperText) -> list[tuple[dict[str, int], set[str]]]:
        names = {word for author in paper.authors for word in listed_name(author).words}
        return [(self._names, names), (self._categories, _categories(paper))]

    def evaluate(self, tree: Tree, work: WorkBudget = UNLIMITED, among: int = -1) -> int:
        """The papers `among` those given that a tree matches, as bits."""
        if isinstance(tree, Phrase):
            if tree.short and not tree.field:
                work.spend(4)
                return self.short(tree, work, among)
        elif isinstance(tree, And):
            return self._all_of(tree.parts, work, among)
        elif isinstance(tree, Or):
            return self._any_of(tree.parts, work, among)
        elif isinstance(tree, Not):
            return self.occupied & among & ~self.evaluate(tree.part, work, among)
        return self._atom(tree, work, among)

    def counts(self, tree: Tree, slot: int, work: WorkBudget = UNLIMITED) -> dict[str, int]:
        """Field -> number of occurrences in a paper of the atoms that a tree asks for."""
        found: dict[str, int] = {}
        for atom, excluded in atoms(tree):
            if not (excluded or isinstance(atom, Since)):
                for name, times in self.atom_counts(atom, slot, work).items():
                    found[name] = found.get(name, 0) + times
        return found

    def atom_counts(self, atom: Atom, slot: int, work: WorkBudget = UNLIMITED) -> dict[str, int]:
        """Field -> number of occurrences of an atom in a paper, for each field it is looked for."""
        if isinstance(atom, TextAtom):
            names = (atom.field,) if atom.field else _TEXT_FIELDS
            return {name: self._fields[name].count(slot, atom, work) for name in names}
        name = "author" if isinstance(atom, Author) else "category"
        return {name: int(self._atom(atom, work, 1 << slot) != 0)}

    def field(self, name: str) -> FieldIndex:
        """The index of title, abstract or org."""
        return self._fields[name]

    def short(self, phrase: Phrase, work: WorkBudget = UNLIMITED, among: int = -1) -> int:
        """Papers `among` those given with one or two plain words in title or abstract, as bits."""
        title, abstract, word = self.title, self.abstract, phrase.word
        found = (title.vocabulary.get(word) | abstract.vocabulary.get(word)) & among
        if pair := phrase.pair:
            found |= title.pair(pair, work, among)
            found |= abstract.pair(pair, work, among & ~found)
        return found

    def _all_of(self, parts: tuple[Tree, ...], work: WorkBudget, among: int) -> int:
        """Evaluate what is only looked up first: fewer papers are left whose texts are read."""
        found = self.occupied & among
        slow: list[Tree] = []
        for part in parts:
            wanted = part.part if type(part) is Not else part
            if type(wanted) is not Phrase or not wanted.short or wanted.field:
                slow.append(part)
                continue
            work.spend(4)
            here = self.short(wanted, work, found)
            found = here if wanted is part else found & ~here
        for part in slow:
            if not found:
                break
            found &= self.evaluate(part, work, found)
        return found

    def _any_of(self, parts: tuple[Tree, ...], work: WorkBudget, among: int) -> int:
        """Evaluate what is only looked up first: fewer papers are left whose texts are read."""
        found = 0
        slow: list[Tree] = []
        for part in parts:
            if type(part) is Phrase and part.short and not part.field:
                work.spend(4)
                found |= self.short(part, work, among & ~found)
            else:
                slow.append(part)
        for part in slow:
            found |= self.evaluate(part, work, self.occupied & among & ~found)
        return found

    def _atom(self, atom: Atom, work: WorkBudget, among: int) -> int:
        if isinstance(atom, TextAtom):
            if atom.field:
                return self._in_field(self._fields[atom.field], atom, work, among)
            found = self._in_field(self.title, atom, work, among)
            return found | self._in_field(self.abstract, atom, work, among & ~found)
        if isinstance(atom, Author):
            return self._author(atom, work, among)
        work.spend(1)
        if isinstance(atom, Category):
            return self._categories.get(atom.name, 0) & among
        return self._since(atom, work) & among

    @staticmethod
    def _in_field(field: FieldIndex, atom: TextAtom, work: WorkBudget, among: int) -> int:
        if isinstance(atom, Phrase):
            return field.phrase(atom, work, among)
        if isinstance(atom, Exact):
            return field.exact(atom, work, among)
        if isinstance(atom, Cased):
            return field.cased(atom, work, among)
        return field.near(atom, work, among)

    def _author(self, author: Author, work: WorkBudget, among: int) -> int:
        name, names = author.name, self._names
        among &= self.occupied
        found = 0
        for word in name.alone:
            found |= names.get(word, 0) & among
        likely = among & ~found if name.words else 0
        for word in name.words:
            likely &= names.get(word, 0)
        for family, given in name.lookups():
            if known := names.get(family, 0) & among:
                firsts = 0
                for word in given:
                    firsts |= names.get(word, 0)
                likely |= known & firsts & ~found
        work.spend(2 + name.steps + _NAME * likely.bit_count())
        for slot in slots(likely):
            if name.agrees_in(self._name_rows[slot]):
                found |= 1 << slot
        return found

    def _since(self, since: Since, work: WorkBudget) -> int:
        found = 0
        work.spend(len(self._days))
        for day, bits in self._days.items():
            if day >= since.day:
                found |= bits
        return found


def _text_at(papers: StoredPapers, name: str, slot: int) -> str:
    paper = papers[slot]
    return _text_of(paper, name) if paper else ""


def _day(paper: PaperText) -> date | None:
    return paper.published_on or paper.listed_on


def _text_of(paper: PaperText, name: str) -> str:
    return paper.organization if name == "org" else str(getattr(paper, name))


def category_names(category: str) -> list[str]:
    """The names under which a category is found: `cs.CL` under `cs` and `cs.cl`."""
    words = tokenize(category).raw_terms
    return [".".join(words[: end + 1]) for end in range(len(words))] + [category.casefold()]


def _categories(paper: PaperText) -> set[str]:
    return {name for category in paper.categories for name in category_names(category)}
