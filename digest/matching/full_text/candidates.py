"""Which documents can match a keyword: a condition on lexemes that all matching papers meet."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from digest.matching.query.atoms import (
    Atom,
    Author,
    Cased,
    Category,
    Exact,
    Near,
    Part,
    Phrase,
    Since,
)
from digest.matching.query.syntax_tree import And, Not, Or, Tree
from digest.matching.text import possible_folds

from .document import (
    FIELD_PREFIXES,
    JOIN_PREFIX,
    MONTH_PREFIX,
    OVERSIZED,
    YEAR_PREFIX,
    day_of,
    lexeme,
)

# In almost every abstract: they narrow nothing, and their postings are long.
_COMMON = frozenset(
    ["a", "an", "and", "are", "as", "by", "for", "from", "in", "is", "it", "of", "on", "that",
     "the", "this", "to", "we", "with"]
)  # fmt: skip
# Words of a phrase that are looked up: of a longer one the longest.
_MOST_WORDS = 6
_MOST_LEXEMES = 6  # of months or years
_MOST_ROWS = 16  # of exact words


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A document has this lexeme, or one that begins so."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Adjacent:
    """A document has these lexemes in a row."""

    lexemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """A document meets all these conditions; none at all is met by every document."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A document meets one of these conditions."""

    parts: tuple["Condition", ...]


Condition = Lexeme | Adjacent | AllOf | AnyOf
EVERY = AllOf(())


def candidates(tree: Tree) -> Condition:
    """Return a condition that the document of every paper meets that the tree matches.

    What a keyword excludes narrows nothing here, and neither does a date.
    """
    return _any_of([_of_tree(tree), Lexeme(OVERSIZED)])


def of_ids(low: int, high: int) -> Condition:
    """Return a condition that all documents meet whose ids are in [low, high).

    It narrows spans of a few months or years.
    """
    first, last = day_of(low), day_of(high - 1)
    if first is None or last is None:
        return EVERY
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    if len(months) <= _MOST_LEXEMES:
        return AnyOf(tuple(Lexeme(f"{MONTH_PREFIX}{n // 12:04}{n % 12 + 1:02}") for n in months))
    years = range(first.year, last.year + 1)
    if len(years) <= _MOST_LEXEMES:
        return AnyOf(tuple(Lexeme(f"{YEAR_PREFIX}{year:04}") for year in years))
    return EVERY


def _of_tree(tree: Tree) -> Condition:
    match tree:
        case And(parts):
            return _all_of(map(_of_tree, parts))
        case Or(parts):
            return _any_of(map(_of_tree, parts))
        case Not():
            return EVERY
        case _:
            return _atom(tree)


def _all_of(parts: Iterable[Condition]) -> Condition:
    """All of some conditions, those left out that almost every document meets."""
    kept = [part for part in dict.fromkeys(parts) if part != EVERY]
    rare = [part for part in kept if not _is_common(part)] or kept
    return rare[0] if len(rare) == 1 else AllOf(tuple(rare))


def _is_common(condition: Condition) -> bool:
    return isinstance(condition, Lexeme) and condition.text in _COMMON


def _any_of(parts: Iterable[Condition]) -> Condition:
    kept = tuple(dict.fromkeys(parts))
    if EVERY in kept:
        return EVERY
    return kept[0] if len(kept) == 1 else AnyOf(kept)


def _atom(atom: Atom) -> Condition:
    match atom:
        case Phrase():
            return _phrase(atom)
        case Cased(phrase):
            return _phrase(phrase)
        case Exact(words) if atom.field != "org" and (rows := folded_rows(words)):
            return _any_of(map(Adjacent, rows))
        case Exact(words):
            return _all_of(_word(word, atom.field) for word in words)
        case Near(words):
            return _all_of(_word(word, atom.field) for word in words)
        case Author():
            return _author(atom)
        case Category(name):
            return Lexeme(FIELD_PREFIXES["category"] + lexeme(name))
        case Since():
            return EVERY


@lru_cache(1024)
def folded_rows(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the rows of terms, as lexemes, that several exact words may be in a document.

    Returns none if there is only one word, or if there would be more than a few.
    """
    folds = [possible_folds(word) for word in words]
    if len(words) == 1 or math.prod(map(len, folds)) > _MOST_ROWS:
        return ()
    return tuple(tuple(map(lexeme, row)) for row in product(*folds))


def _author(author: Author) -> Condition:
    """A word of a name, all of those that are needed, or a family name and the given ones."""
    name = author.name
    found: list[Condition] = [_name(word) for word in sorted(name.alone)]
    if name.words:
        found.append(_all_of(map(_name, sorted(name.words))))
    for family, given in sorted(name.lookups()):
        found.append(_all_of([_name(family), _any_of(map(_name, given))]))
    return _any_of(found)


def _name(word: str) -> Lexeme:
    return Lexeme(FIELD_PREFIXES["author"] + lexeme(word))


def _word(word: str, field: str, kind: str = "") -> Condition:
    prefix = FIELD_PREFIXES.get(field, "")
    return Lexeme(prefix + lexeme(word), is_prefix=kind == "*")


def _part(part: Part, field: str) -> Condition:
    """One word of a phrase. A name in capitals (`DOS`) is looked up as it is and folded."""
    if part.kind != "=":
        return _word(part.word, field, part.kind)
    return _any_of(_word(word, field) for word in (part.word, *possible_folds(part.word)))


def _phrase(phrase: Phrase) -> Condition:
    """Words in a row, or some of them written as one."""
    parts, field = phrase.parts, phrase.field
    if len(parts) == 1:
        return _part(parts[0], field)
    longest = sorted(range(len(parts)), key=lambda at: len(parts[at].word))[-_MOST_WORDS:]
    spaced = _all_of(_part(parts[at], field) for at in longest)
    if phrase.plain and not field:
        words = tuple(lexeme(part.word) for part in parts)
        # A word that is a joined spelling has no place among the terms.
        some_joined = _any_of(Lexeme(JOIN_PREFIX + word) for word in words)
        spaced = _any_of([Adjacent(words), _all_of([spaced, some_joined])])
    groups = [group for group in phrase.groups() if group[1] - group[0] > 1]
    if not groups:
        return spaced
    written = [(first, end, _word(word, field, kind)) for first, end, word, kind in groups]
    joined = _all_of(
        [
            _any_of(word for _, _, word in written),
            *(
                _any_of(
                    [_part(parts[at], field)]
                    + [word for first, end, word in written if first <= at < end]
                )
                for at in longest
            ),
        ]
    )
    return _any_of([spaced, joined])
