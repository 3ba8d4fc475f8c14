"""Very many keywords, grouped by how they are looked up, so that each group is one operation."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from itertools import islice, product, repeat
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.matching.query.atoms import Exact, Phrase
from digest.matching.query.syntax_tree import And, Not, Or, Tree, canonical
from digest.matching.text import possible_folds


class Shape(Enum):
    """How a keyword is evaluated: by looking up its terms, except for OTHER."""

    WORD = auto()
    PHRASE_2 = auto()  # adjacent words, folded
    PHRASE_3 = auto()
    PHRASE_4 = auto()
    OR = auto()  # word OR word
    AND = auto()  # word AND word
    AND_NOT = auto()  # word NOT word
    EXACT_2 = auto()  # plain words with single spaces
    EXACT_3 = auto()  # two columns: the words folded, and the text to be contained
    EXACT_4 = auto()
    OTHER = auto()  # the syntax tree is evaluated


_LONGEST = 4  # words of an n-gram
_PHRASES = (Shape.WORD, Shape.PHRASE_2, Shape.PHRASE_3, Shape.PHRASE_4)
_BY_LENGTH = {1: Shape.WORD, 2: Shape.PHRASE_2, 3: Shape.PHRASE_3, 4: Shape.PHRASE_4}
Terms = tuple[str, ...]  # a term that is "" occurs nowhere
Wanted = dict[str, list[int]]  # an n-gram -> the positions of the keywords that want it


class Group(NamedTuple):
    """Keywords of one shape, and their terms by column.

    `wanted`: number of words -> other n-grams that count as a hit: joined spellings of adjacent
    words, other folded forms, other wordings. `longer`: other wordings of more words than an n-gram
    has -> the positions of the keywords that want them.
    """

    shape: Shape
    keywords: tuple[Keyword, ...]
    columns: tuple[Terms, ...]
    wanted: dict[int, Wanted]
    longer: dict[Phrase, list[int]]


class CompiledKeywords:
    """Keywords in groups; `keywords` has the order in which they are evaluated."""

    def __init__(self, keywords: Iterable[Keyword]) -> None:
        members: dict[Shape, list[tuple[Keyword, Terms]]] = {shape: [] for shape in Shape}
        for keyword in keywords:
            shape, terms = shape_and_terms(keyword.tree)
            members[shape].append((keyword, terms))
        self.groups = [_group(shape, some) for shape, some in members.items() if some]
        # A word and its other wordings inside an AND or OR are looked up like a word, by this name.
        self.unions: dict[str, tuple[Phrase, ...]] = {
            name: wordings
            for group in self.groups
            if group.shape in (Shape.AND, Shape.AND_NOT)
            for keyword in group.keywords
            if keyword.pairs
            for name, wordings in _unions(keyword.tree)
        }
        self.keywords = tuple(keyword for group in self.groups for keyword in group.keywords)

    def __len__(self) -> int:
        return len(self.keywords)


def _group(shape: Shape, members: list[tuple[Keyword, Terms]]) -> Group:
    keywords, terms = zip(*members, strict=True)
    wanted: dict[int, Wanted] = {}
    longer: dict[Phrase, list[int]] = {}
    for place, keyword in enumerate(keywords):
        for words in _other_ngrams(shape, keyword.tree):
            wanted.setdefault(len(words), {}).setdefault(" ".join(words), []).append(place)
        if shape in _PHRASES:
            for phrase in _wordings(keyword.tree):
                if len(phrase.parts) > _LONGEST:
                    longer.setdefault(phrase, []).append(place)
    return Group(shape, keywords, tuple(zip(*terms, strict=True)), wanted, longer)


def _other_ngrams(shape: Shape, tree: Tree) -> Iterable[Sequence[str]]:
    """The n-grams a keyword wants besides that of its first column."""
    match tree:
        case Or() if shape in _PHRASES:
            first, *others = _wordings(tree)
            yield from _other_ngrams(shape, first)
            for phrase in others:
                if len(phrase.parts) <= _LONGEST:
                    yield from spellings(phrase)
        case Phrase() if shape in (Shape.PHRASE_2, Shape.PHRASE_3, Shape.PHRASE_4):
            yield from (words for words in spellings(tree) if len(words) < len(tree.parts))
        case Exact() if shape in (Shape.EXACT_3, Shape.EXACT_4):
            yield from islice(_foldings(tree), 1, None)
        case _:
            return


def _wordings(tree: Tree) -> tuple[Phrase, ...]:
    """The phrases of a keyword that is a phrase and its other wordings; empty for any other."""
    if type(tree) is Or and all(map(_is_plain, tree.parts)):
        return tree.parts  # type: ignore[return-value]
    return ()


def _is_plain(tree: Tree) -> bool:
    return type(tree) is Phrase and tree.plain and not tree.field


def _unions(tree: Tree) -> Iterator[tuple[str, tuple[Phrase, ...]]]:
    for part in tree.parts if type(tree) is And else ():
        if wordings := _wordings(part):
            yield canonical(part), wordings


def spellings(phrase: Phrase) -> list[list[str]]:
    """Every way to write the words of a phrase, with some adjacent words joined."""
    found: list[list[list[str]]] = [[[]], *([] for _ in phrase.parts)]
    for first, end, word, _ in phrase.groups():
        found[end] += [[*way, word] for way in found[first]]
    return found[-1]


def shape_and_terms(tree: Tree) -> tuple[Shape, Terms]:
    """The shape of a tree and the terms it looks up."""
    look_up = _LOOK_UPS.get(type(tree))
    found = look_up(tree) if look_up else None
    if found is None and (wordings := _wordings(tree)):
        found = _phrase(wordings[0])  # the others are in Group.wanted and Group.longer
    return found or (Shape.OTHER, ())


def _phrase(tree: Phrase) -> tuple[Shape, Terms] | None:
    shape = _BY_LENGTH.get(len(tree.parts))
    if tree.field or not shape or not tree.plain:
        return None
    return shape, (" ".join([part.word for part in tree.parts]),)


def _exact(tree: Exact) -> tuple[Shape, Terms] | None:
    if not tree.plain or tree.field or len(tree.words) not in (2, 3, 4):
        return None
    if len(tree.words) == 2:
        return Shape.EXACT_2, (" ".join(tree.words),)
    shape = Shape.EXACT_3 if len(tree.words) == 3 else Shape.EXACT_4
    return shape, (" ".join(next(_foldings(tree))), tree.spaced)


def _foldings(exact: Exact) -> Iterator[tuple[str, ...]]:
    return product(*map(possible_folds, exact.words))


def _combined(tree: And | Or) -> tuple[Shape, Terms] | None:
    if len(tree.parts) != 2:
        return None
    first, second = tree.parts
    shape = Shape.AND if type(tree) is And else Shape.OR
    if type(second) is Not:  # exclusions are sorted last; an OR has none
        shape, second = Shape.AND_NOT, second.part
    words = _lone_word(first), _lone_word(second)
    return (shape, words) if all(words) else None


def _lone_word(tree: Tree) -> str:
    """The word of a tree that is a single word, the name of one that is a phrase with its other
    wordings (see CompiledKeywords.unions); "" for any other."""
    if type(tree) is Phrase and tree.short and not tree.pair and not tree.field:
        return tree.word
    return canonical(tree) if _wordings(tree) else ""


_LOOK_UPS: dict[type, Callable[..., tuple[Shape, Terms] | None]] = {
    Phrase: _phrase,
    Exact: _exact,
    And: _combined,
    Or: _combined,
}


def looked_up(table: dict[str, int], terms: Iterable[str]) -> Iterable[int]:
    """The bits of each term in a table; 0 for unknown terms."""
    return map(table.get, terms, repeat(0))
