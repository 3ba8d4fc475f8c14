"""Building atoms from typed words."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from digest.matching.text import (
    TokensWithOffsets,
    fold,
    fold_keeping_case,
    spell_greek,
    tokenize_chain,
    tokenize_with_offsets,
)
from digest.matching.text.plurals import fold_capitals
from digest.matching.text.symbols import UMLAUTS, WITH_E

from .atoms import NEVER_JOINED, Author, Cased, Category, Exact, Near, Part, Phrase, Since
from .syntax_tree import And, Not, Or, Tree

ScopedAtom = Phrase | Exact | Cased | Near | Author | Category | Since
MAX_TERMS = 32  # words of one keyword
_MIN_PREFIX = 3
_CACHED = 100_000  # words
_BARE = re.compile(r"[A-Za-z0-9]+(?:\s+[A-Za-z0-9]+)*")
_SIMPLE = re.compile(r"\s*(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?:\s+|$))+")


class TooManyWords(ValueError):
    """More words than a keyword may have; `args[0]` is their number."""


class GrammarError(ValueError):
    """The text does not follow the grammar; `args[0]` says why, as part of a sentence."""


def phrase(text: str) -> Phrase:
    """A tolerant phrase of the words of `text`.

    Raises GrammarError if there is none, TooManyWords if there are more than a keyword may have.
    """
    return _word(text) if text.isalnum() else _phrase(text)


@lru_cache(_CACHED)
def _word(text: str) -> Phrase:
    """Single words are shared by the very many keywords they occur in."""
    return _phrase(text)


def _phrase(text: str) -> Phrase:
    if _SIMPLE.fullmatch(text):
        parts = tuple(_simple_parts(text))
        if len(parts) > MAX_TERMS:
            raise TooManyWords(len(parts))
        return Phrase(parts)
    placed = tokenize_with_offsets(text)
    if not placed.spans:
        raise GrammarError(f"there is no word in “{text.strip()}”")
    if len(placed.spans) > MAX_TERMS:
        raise TooManyWords(len(placed.spans))
    return Phrase(tuple(_part(placed, at) for at in range(len(placed.spans))))


def _simple_parts(text: str) -> Iterator[Part]:
    """Fast path for plain ASCII words, as in most keywords."""
    before = ""
    for typed in text.split():
        chain = tokenize_chain(typed)
        shouts = {edge.start for edge in chain.alternatives if not edge.raw}
        for at, key in enumerate(chain.terms):
            apart = not at and before != "" and (before in NEVER_JOINED or key in NEVER_JOINED)
            yield Part(chain.raw_terms[at], "=", apart) if at in shouts else Part(key, "", apart)
            before = key


def _part(placed: TokensWithOffsets, at: int) -> Part:
    start, end = placed.spans[at]
    typed = placed.text.text[start:end]
    key, raw = placed.tokens.terms[at], placed.tokens.raw_terms[at]
    apart = at > 0 and _is_separate(placed, at)
    with_e = "" if UMLAUTS.keys().isdisjoint(typed) else spell_greek(typed).translate(WITH_E)
    if _is_prefix(placed, at):
        return Part(raw, "*", apart, with_e.casefold())
    if fold_capitals(typed) is not None:
        return Part(raw, "=", apart, with_e.casefold())
    return Part(key, "", apart, fold(with_e))


def _is_separate(placed: TokensWithOffsets, at: int) -> bool:
    """Whether a word is never joined to the one before it: O(1) is not the model o1."""
    gap, before = placed.gaps[at - 1], placed.tokens.terms[at - 1]
    if gap.isspace():
        return not NEVER_JOINED.isdisjoint((placed.tokens.terms[at], before))
    return "(" in gap and len(before) == 1


def _is_prefix(placed: TokensWithOffsets, at: int) -> bool:
    """Whether a single star follows at least three letters, those before a hyphen included."""
    end = placed.spans[at][1]
    if placed.text.text[end : end + 1] != "*" or placed.text.text[end + 1 : end + 2] == "*":
        return False
    letters = len(placed.tokens.raw_terms[at])
    if at and len(placed.gaps[at - 1]) == 1 and not placed.gaps[at - 1].isspace():
        letters += len(placed.tokens.raw_terms[at - 1])
    return letters >= _MIN_PREFIX


def exact(text: str) -> Exact:
    """Exactly the words of `text`. Raises GrammarError if there is none."""
    if _BARE.fullmatch(text):
        words = tuple(text.lower().split())
        return Exact(words, (" ",) * (len(words) - 1))
    placed = tokenize_with_offsets(text)
    if not placed.spans:
        raise GrammarError("there is no word between the quotes")
    return Exact(tuple(placed.tokens.raw_terms), tuple(placed.gaps))


def cased(text: str) -> Cased:
    """The words of `text` with their capitals. Raises GrammarError if there is none."""
    found = phrase(text)
    words = tokenize_with_offsets(text).words()
    folded = (
        word if part.kind else fold_keeping_case(word)
        for part, word in zip(found.parts, words, strict=True)
    )
    return Cased(found, tuple(folded))


def near(text: str, distance: int) -> Near | Phrase:
    """The words of `text` near each other; a single word becomes a phrase."""
    words = tuple(sorted({part.word for part in phrase(text).parts}))
    return Near(words, min(distance, 100)) if len(words) > 1 else phrase(text)


def since(text: str) -> Since:
    """From `2024`, `2024-05` or `2024-05-17`. Raises GrammarError if there is no such day."""
    numbers = [int(number) for number in text.split("-")]
    try:
        return Since(date(*[*numbers, 1, 1][:3]))
    except ValueError:
        raise GrammarError(f"{text} is not a date") from None


def author(text: str) -> Author:
    """An author. Raises GrammarError if there is no name."""
    found = Author(text)
    if not found.name:
        raise GrammarError(f"there is no name in “{text.strip()}”")
    return found


@dataclass(frozen=True, slots=True)
class Typed:
    """An atom whose field is not known yet, and its text: names keep their capitals."""

    atom: Phrase | Exact | Cased | Near
    text: str


def without_text(tree: Tree | Typed) -> Tree:
    """The tree with the atoms of those that got no field."""
    match tree:
        case Typed(atom):
            return atom
        case And(parts) | Or(parts):
            return type(tree)(tuple(map(without_text, parts)))
        case Not(part):
            return Not(without_text(part))
        case _:
            return tree


def scoped(tree: Tree | Typed, field: str) -> Tree:
    """The tree with its atoms restricted to a field; an atom that has a field keeps it.

    `field` "" (title or abstract) changes nothing.
    """
    match tree:
        case Typed(atom, text):
            return author(text) if field == "author" else scoped(atom, field)
        case And(parts) | Or(parts):
            return type(tree)(tuple(scoped(part, field) for part in parts))
        case Not(part):
            return Not(scoped(part, field))
        case Cased(found, words) if field and not found.field:
            inside = scoped(found, field)
            return Cased(inside, words) if isinstance(inside, Phrase) else inside
        case Phrase(field="") | Exact(field="") | Near(field="") if field:
            return _SCOPES.get(field, _in_text)(tree, field)
        case _:
            return tree


def _words(atom: Phrase | Exact | Near) -> tuple[str, ...]:
    if isinstance(atom, Phrase):
        return tuple(part.word for part in atom.parts)
    return atom.words


def _in_text(atom: Phrase | Exact | Near, field: str) -> Tree:
    match atom:
        case Phrase(parts):
            return Phrase(parts, field)
        case Exact(words, gaps):
            return Exact(words, gaps, field)
        case Near(words, distance):
            return Near(words, distance, field)


def _in_categories(atom: Phrase | Exact | Near, field: str) -> Tree:
    match atom:
        case Exact(words, gaps):
            return Category("".join(map(str.__add__, words, (*gaps, ""))))
        case _:
            return Category(".".join(_words(atom)))


_SCOPES: dict[str, Callable[[Phrase | Exact | Near, str], Tree]] = {"category": _in_categories}
