"""About a thousand papers and everything needed to match them."""

from functools import partial

from ..keywords.atoms import Atom, Author, Category, Exact, Near, Phrase, Since
from ..keywords.tree import And, Not, Or, Tree
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
        self._fields = {
            name: FieldIndex(partial(self._text, name)) for name in (*_TEXT_FIELDS, "org")
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

    def _text(self, name: str, slot: int) -> str:
        paper = self.papers[slot]
        return _text_of(paper, name) if paper else ""

    def _tables(self, paper: PaperText) -> list[tuple[dict[str, int], set[str]]]:
        names = {raw for author in paper.authors for raw in read(author).raws}
        initials = {f"{name[0]}." for name in names}
        return [(self._names, names | initials), (self._categories, _categories(paper))]

    def evaluate(self, tree: Tree) -> int:
        """The slots of the papers that a tree matches."""
        match tree:
            case And(parts):
                return self._all_of(parts)
            case Or(parts):
                found = 0
                for part in parts:
                    found |= self.evaluate(part)
                return found
            case Not(part):
                return self.alive & ~self.evaluate(part)
            case _:
                return self._atom(tree)

    def _all_of(self, parts: tuple[Tree, ...]) -> int:
        found = self.alive
        for part in parts:
            if not found:
                break
            if isinstance(part, Not):
                found &= ~self.evaluate(part.part)
            else:
                found &= self.evaluate(part)
        return found

    def _atom(self, atom: Atom) -> int:
        match atom:
            case Phrase() | Exact() | Near():
                names = (atom.field,) if atom.field else _TEXT_FIELDS
                found = 0
                for name in names:
                    found |= self._in_field(self._fields[name], atom)
                return found
            case Author():
                return self._author(atom)
            case Category(name):
                return self._categories.get(name, 0)
            case Since():
                return self._since(atom)

    @staticmethod
    def _in_field(field: FieldIndex, atom: Phrase | Exact | Near) -> int:
        match atom:
            case Phrase():
                return field.phrase(atom)
            case Exact():
                return field.exact(atom)
            case Near():
                return field.near(atom)

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


def _text_of(paper: PaperText, name: str) -> str:
    return paper.organization if name == "org" else str(getattr(paper, name))


def category_names(category: str) -> list[str]:
    """`cs.CL` answers to `cs` and to `cs.cl`."""
    words = read(category).raws
    return [".".join(words[: end + 1]) for end in range(len(words))] + [category.casefold()]


def _categories(paper: PaperText) -> set[str]:
    return {name for category in paper.categories for name in category_names(category)}
