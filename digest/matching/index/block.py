"""About a thousand papers and everything needed to match them."""

from collections.abc import Sequence
from functools import partial

from ..keywords.atoms import Atom, Author, Category, Exact, Near, Phrase, Since
from ..keywords.tree import And, Not, Or, Tree, atoms
from ..occurrences import name_ranges
from ..text import read
from .field import FieldIndex, slots
from .paper import PaperText

SIZE = 1024
_TEXT_FIELDS = ("title", "abstract")


class Block:
    """Slots 0..SIZE-1; a slot holds a paper or nothing."""

    def __init__(self) -> None:
        self.papers: list[PaperText | None] = []
        self.alive = 0
        self._names: dict[str, int] = {}
        self._categories: dict[str, int] = {}
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

    def take(self, slot: int) -> None:
        """Removes the paper of a slot."""
        paper = self.papers[slot]
        assert paper is not None
        for name, field in self._fields.items():
            field.remove(slot, _text_of(paper, name))
        for table, words in self._tables(paper):
            for word in words:
                table[word] &= ~(1 << slot)
        self.papers[slot] = None
        self.alive &= ~(1 << slot)

    def _tables(self, paper: PaperText) -> list[tuple[dict[str, int], set[str]]]:
        names = {raw for author in paper.authors for raw in read(author).raws}
        initials = {f"{name[0]}." for name in names}
        return [(self._names, names | initials), (self._categories, _categories(paper))]

    def evaluate(self, tree: Tree) -> int:
        """The slots of the papers that a tree matches."""
        if isinstance(tree, Phrase):
            if tree.short and not tree.field:
                return self.short(tree)
        elif isinstance(tree, And):
            return self._all_of(tree.parts)
        elif isinstance(tree, Or):
            found = 0
            for part in tree.parts:
                found |= self.evaluate(part)
            return found
        elif isinstance(tree, Not):
            return self.alive & ~self.evaluate(tree.part)
        return self._atom(tree)

    def counts(self, tree: Tree, slot: int) -> dict[str, int]:
        """Field -> how often the wanted atoms of a tree occur there, for one paper."""
        found: dict[str, int] = {}
        for atom, excluded in atoms(tree):
            if excluded or isinstance(atom, Since):
                continue
            if isinstance(atom, (Author, Category)):
                name = "author" if isinstance(atom, Author) else "category"
                found[name] = found.get(name, 0) + (self._atom(atom) >> slot & 1)
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

    def _all_of(self, parts: tuple[Tree, ...]) -> int:
        found = self.alive
        for part in parts:
            kind = type(part)
            if kind is Phrase and part.short and not part.field:  # type: ignore[union-attr]
                found &= self.short(part)  # type: ignore[arg-type]
            elif kind is Not:
                found &= ~self.evaluate(part.part)  # type: ignore[union-attr]
            else:
                found &= self.evaluate(part)
            if not found:
                break
        return found

    def _atom(self, atom: Atom) -> int:
        if isinstance(atom, (Phrase, Exact, Near)):
            if atom.field:
                return self._in_field(self._fields[atom.field], atom)
            return self._in_field(self.title, atom) | self._in_field(self.abstract, atom)
        if isinstance(atom, Author):
            return self._author(atom)
        if isinstance(atom, Category):
            return self._categories.get(atom.name, 0)
        return self._since(atom)

    @staticmethod
    def _in_field(field: FieldIndex, atom: Phrase | Exact | Near) -> int:
        if isinstance(atom, Phrase):
            return field.phrase(atom)
        return field.exact(atom) if isinstance(atom, Exact) else field.near(atom)

    def _author(self, author: Author) -> int:
        found = self.alive
        for word in author.words:
            known = self._names.get(word, 0)
            if len(word) == 1 and not author.ordered:
                known |= self._names.get(f"{word}.", 0)
            found &= known
        if len(author.words) > 1:
            for slot in slots(found):
                paper = self.papers[slot]
                assert paper is not None
                if not any(name_ranges(read(name), author) for name in paper.authors):
                    found ^= 1 << slot
        return found

    def _since(self, since: Since) -> int:
        found = 0
        for slot in slots(self.alive):
            paper = self.papers[slot]
            assert paper is not None
            day = paper.published_on or paper.listed_on
            if day is not None and day >= since.day:
                found |= 1 << slot
        return found


def _text_at(papers: Sequence[PaperText | None], name: str, slot: int) -> str:
    paper = papers[slot]
    return _text_of(paper, name) if paper else ""


def _text_of(paper: PaperText, name: str) -> str:
    return paper.organization if name == "org" else str(getattr(paper, name))


def category_names(category: str) -> list[str]:
    """`cs.CL` answers to `cs` and to `cs.cl`."""
    words = read(category).raws
    return [".".join(words[: end + 1]) for end in range(len(words))] + [category.casefold()]


def _categories(paper: PaperText) -> set[str]:
    return {name for category in paper.categories for name in category_names(category)}
