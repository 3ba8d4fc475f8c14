"""About a thousand papers and everything needed to match them."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from ..keywords.atoms import Atom, Author, Category, Exact, Near, Phrase, Since
from ..keywords.tree import And, Not, Or, Tree, atoms
from ..occurrences import name_ranges
from ..text import read
from ..work import UNCOUNTED, Work
from .bits import slots
from .field import FieldIndex
from .paper import PaperText

SIZE = 1024
_NAME = 8  # steps for reading a name
_TEXT_FIELDS = ("title", "abstract")


class Block:
    """Slots 0..SIZE-1; a slot holds a paper or nothing."""

    def __init__(self) -> None:
        self.papers: list[PaperText | None] = []
        self.alive = 0
        self._names: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._days: dict[date, int] = {}
        # Each field reads from the list, not from the block: a reference cycle would keep a
        # replaced index in memory until the collector comes by.
        self._fields = {
            name: FieldIndex(partial(_text_at, self.papers, name))
            for name in (*_TEXT_FIELDS, "org")
        }
        self.title, self.abstract = self._fields["title"], self._fields["abstract"]

    @property
    def full(self) -> bool:
        return len(self.papers) >= SIZE

    def add(self, paper: PaperText) -> int:
        """Appends a paper; gives its slot."""
        self.papers.append(None)
        self.put(len(self.papers) - 1, paper)
        return len(self.papers) - 1

    def lengths(self, slot: int) -> tuple[int, int]:
        """The words of the title and of the abstract."""
        return self.title.length(slot), self.abstract.length(slot)

    def put(self, slot: int, paper: PaperText) -> None:
        """Puts a paper where none is."""
        self.papers[slot] = paper
        self.alive |= 1 << slot
        for name, field in self._fields.items():
            field.add(slot, _text_of(paper, name))
        for table, words in self._tables(paper):
            for word in words:
                table[word] = table.get(word, 0) | 1 << slot
        if (day := _day(paper)) is not None:
            self._days[day] = self._days.get(day, 0) | 1 << slot

    def take(self, slot: int) -> None:
        """Removes the paper of a slot."""
        paper = self.papers[slot]
        assert paper is not None
        for name, field in self._fields.items():
            field.remove(slot, _text_of(paper, name))
        for table, words in self._tables(paper):
            for word in words:
                table[word] &= ~(1 << slot)
        if (day := _day(paper)) is not None:
            self._days[day] &= ~(1 << slot)
        self.papers[slot] = None
        self.alive &= ~(1 << slot)

    def _tables(self, paper: PaperText) -> list[tuple[dict[str, int], set[str]]]:
        names = {raw for author in paper.authors for raw in read(author).raws}
        initials = {f"{name[0]}." for name in names}
        return [(self._names, names | initials), (self._categories, _categories(paper))]

    def evaluate(self, tree: Tree, work: Work = UNCOUNTED, among: int = -1) -> int:
        """The slots of the papers, of those `among`, that a tree matches."""
        if isinstance(tree, Phrase):
            if tree.short and not tree.field:
                work.spend(4)
                return self.short(tree) & among
        elif isinstance(tree, And):
            return self._all_of(tree.parts, work, among)
        elif isinstance(tree, Or):
            return self._any_of(tree.parts, work, among)
        elif isinstance(tree, Not):
            return self.alive & among & ~self.evaluate(tree.part, work, among)
        return self._atom(tree, work, among)

    def counts(self, tree: Tree, slot: int) -> dict[str, int]:
        """Field -> how often the wanted atoms of a tree occur there, for one paper."""
        found: dict[str, int] = {}
        for atom, excluded in atoms(tree):
            if excluded or isinstance(atom, Since):
                continue
            if isinstance(atom, (Author, Category)):
                name = "author" if isinstance(atom, Author) else "category"
                hit = self._atom(atom, UNCOUNTED, 1 << slot) != 0
                found[name] = found.get(name, 0) + hit
                continue
            for name in (atom.field,) if atom.field else _TEXT_FIELDS:
                found[name] = found.get(name, 0) + self._fields[name].count(slot, atom)
        return found

    def short(self, phrase: Phrase) -> int:
        """The slots of the papers with one or two plain words in title or abstract."""
        title, abstract = self.title, self.abstract
        word = phrase.word
        found = title.words.get(word, 0) | abstract.words.get(word, 0)
        if pair := phrase.pair:
            found |= title.pairs.get(pair, 0) | abstract.pairs.get(pair, 0)
        return found

    def _all_of(self, parts: tuple[Tree, ...], work: Work, among: int) -> int:
        """What is looked up comes first: it leaves fewer papers to be read."""
        found = self.alive & among
        slow: list[Tree] = []
        for part in parts:
            wanted = part.part if type(part) is Not else part
            if type(wanted) is not Phrase or not wanted.short or wanted.field:
                slow.append(part)
                continue
            work.spend(4)
            found &= self.short(wanted) if wanted is part else ~self.short(wanted)
        for part in slow:
            if not found:
                break
            found &= self.evaluate(part, work, found)
        return found

    def _any_of(self, parts: tuple[Tree, ...], work: Work, among: int) -> int:
        """What is looked up comes first: it leaves fewer papers to be read."""
        found = 0
        slow: list[Tree] = []
        for part in parts:
            if type(part) is Phrase and part.short and not part.field:
                work.spend(4)
                found |= self.short(part) & among
            else:
                slow.append(part)
        for part in slow:
            found |= self.evaluate(part, work, self.alive & among & ~found)
        return found

    def _atom(self, atom: Atom, work: Work, among: int) -> int:
        if isinstance(atom, (Phrase, Exact, Near)):
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
    def _in_field(field: FieldIndex, atom: Phrase | Exact | Near, work: Work, among: int) -> int:
        if isinstance(atom, Phrase):
            return field.phrase(atom, work, among)
        if isinstance(atom, Exact):
            return field.exact(atom, work, among)
        return field.near(atom, work, among)

    def _author(self, author: Author, work: Work, among: int) -> int:
        found = self.alive & among
        work.spend(2 * len(author.words))
        for word in author.words:
            known = self._names.get(word, 0)
            if len(word) == 1 and not author.ordered:
                known |= self._names.get(f"{word}.", 0)
            found &= known
        if len(author.words) > 1:
            for slot in slots(found):
                paper = self.papers[slot]
                assert paper is not None
                work.spend(_NAME * len(paper.authors))
                if not any(name_ranges(read(name), author) for name in paper.authors):
                    found ^= 1 << slot
        return found

    def _since(self, since: Since, work: Work) -> int:
        found = 0
        work.spend(len(self._days))
        for day, bits in self._days.items():
            if day >= since.day:
                found |= bits
        return found


def _text_at(papers: Sequence[PaperText | None], name: str, slot: int) -> str:
    paper = papers[slot]
    return _text_of(paper, name) if paper else ""


def _day(paper: PaperText) -> date | None:
    return paper.published_on or paper.listed_on


def _text_of(paper: PaperText, name: str) -> str:
    return paper.organization if name == "org" else str(getattr(paper, name))


def category_names(category: str) -> list[str]:
    """`cs.CL` answers to `cs` and to `cs.cl`."""
    words = read(category).raws
    return [".".join(words[: end + 1]) for end in range(len(words))] + [category.casefold()]


def _categories(paper: PaperText) -> set[str]:
    return {name for category in paper.categories for name in category_names(category)}
