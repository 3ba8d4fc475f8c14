"""Very many keywords, sorted by how they are looked up, so that each kind is answered in one go."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from itertools import islice, product, repeat
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.matching.query.atoms import Exact, Phrase
from digest.matching.query.syntax_tree import And, Not, Or, Tree
from digest.matching.text import possible_folds


class Shape(Enum):
    """How a keyword is answered; but for OTHER, by looking up its terms."""

    WORD = auto()
    TWO = auto()  # neighbours
    THREE = auto()
    FOUR = auto()
    EITHER = auto()  # word OR word
    BOTH = auto()  # word AND word
    BUT = auto()  # word NOT word
    EXACT_TWO = auto()  # plain words with single spaces
    EXACT_THREE = auto()  # neighbours, folded; what the text must say
    EXACT_FOUR = auto()
    OTHER = auto()  # nothing to look up: the tree is walked


_BY_LENGTH = {1: Shape.WORD, 2: Shape.TWO, 3: Shape.THREE, 4: Shape.FOUR}
Terms = tuple[str, ...]  # a term that is "" occurs nowhere
Wanted = dict[str, list[int]]  # a row of words -> the keywords that want it, by place


class Group(NamedTuple):
    """Keywords of one shape, and their terms: one column for each place of the shape.

    `wanted`, by their number of words: the joined spellings of neighbours, and other foldings.
    """

    shape: Shape
    keywords: tuple[Keyword, ...]
    columns: tuple[Terms, ...]
    wanted: dict[int, Wanted]


class CompiledKeywords:
    """Keywords in groups; `keywords` is the order in which they are answered."""

    def __init__(self, keywords: Iterable[Keyword]) -> None:
        members: dict[Shape, list[tuple[Keyword, Terms]]] = {shape: [] for shape in Shape}
        for keyword in keywords:
            shape, terms = shape_and_terms(keyword.tree)
            members[shape].append((keyword, terms))
        self.groups = [_group(shape, some) for shape, some in members.items() if some]
        self.keywords = tuple(keyword for group in self.groups for keyword in group.keywords)

    def __len__(self) -> int:
        return len(self.keywords)


def _group(shape: Shape, members: list[tuple[Keyword, Terms]]) -> Group:
    keywords, terms = zip(*members, strict=True)
    wanted: dict[int, Wanted] = {}
    for place, keyword in enumerate(keywords):
        for words in _rows_of(shape, keyword.tree):
            wanted.setdefault(len(words), {}).setdefault(" ".join(words), []).append(place)
    return Group(shape, keywords, tuple(zip(*terms, strict=True)), wanted)


def _rows_of(shape: Shape, tree: Tree) -> Iterable[Sequence[str]]:
    """The rows a keyword wants besides that of its first column."""
    match tree:
        case Phrase() if shape in (Shape.TWO, Shape.THREE, Shape.FOUR):
            return (words for words in spellings(tree) if len(words) < len(tree.parts))
        case Exact() if shape in (Shape.EXACT_THREE, Shape.EXACT_FOUR):
            return islice(_foldings(tree), 1, None)
        case _:
            return ()


def spellings(phrase: Phrase) -> list[list[str]]:
    """Every way to write the words of a phrase, some neighbours as one."""
    found: list[list[list[str]]] = [[[]], *([] for _ in phrase.parts)]
    for first, end, word, _ in phrase.groups():
        found[end] += [[*way, word] for way in found[first]]
    return found[-1]


def shape_and_terms(tree: Tree) -> tuple[Shape, Terms]:
    """The shape of a tree and the terms it looks up."""
    return _LOOK_UPS.get(type(tree), _nothing)(tree) or (Shape.OTHER, ())


def _nothing(tree: Tree) -> None:
    return None


def _phrase(tree: Phrase) -> tuple[Shape, Terms] | None:
    shape = _BY_LENGTH.get(len(tree.parts))
    if tree.field or not shape or not tree.plain:
        return None
    return shape, (" ".join([part.word for part in tree.parts]),)


def _exact(tree: Exact) -> tuple[Shape, Terms] | None:
    if not tree.plain or tree.field or len(tree.words) not in (2, 3, 4):
        return None
    if len(tree.words) == 2:
        return Shape.EXACT_TWO, (" ".join(tree.words),)
    shape = Shape.EXACT_THREE if len(tree.words) == 3 else Shape.EXACT_FOUR
    return shape, (" ".join(next(_foldings(tree))), tree.spaced)


def _foldings(exact: Exact) -> Iterator[tuple[str, ...]]:
    return product(*map(possible_folds, exact.words))


def _combined(tree: And | Or) -> tuple[Shape, Terms] | None:
    if len(tree.parts) != 2:
        return None
    first, second = tree.parts
    shape = Shape.BOTH if type(tree) is And else Shape.EITHER
    if type(second) is Not:  # what is excluded is sorted last; an OR never excludes
        shape, second = Shape.BUT, second.part
    words = _lone_word(first), _lone_word(second)
    return (shape, words) if all(words) else None


def _lone_word(tree: Tree) -> str:
    """The word of a keyword of a single word; "" for anything else."""
    if type(tree) is Phrase and tree.short and not tree.pair and not tree.field:
        return tree.word
    return ""


_LOOK_UPS: dict[type, Callable[..., tuple[Shape, Terms] | None]] = {
    Phrase: _phrase,
    Exact: _exact,
    And: _combined,
    Or: _combined,
}


def looked_up(table: dict[str, int], terms: Iterable[str]) -> Iterable[int]:
    """What a table holds for each term; 0 for those it does not know."""
    return map(table.get, terms, repeat(0))
