"""Whether a stored paper matches a keyword: decided by its document, else by its texts.

Agrees with `PaperIndex`, of which it is a version for single papers that are not indexed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.matching.index.block import category_names
from digest.matching.index.exact_texts import contains_cased, contains_exact
from digest.matching.index.indexed_words import AtomCounts, FieldCount, single_word, wanted_atoms
from digest.matching.index.stored_papers import PaperText
from digest.matching.occurrences import Group, group_ranges, has_near, has_phrase
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
    TextAtom,
)
from digest.matching.query.syntax_tree import And, Not, Or, Tree, atoms
from digest.matching.statistics.same_stem import MIN_WORD, stem
from digest.matching.text import tokenize

from .candidates import folded_rows
from .document import PaperDocument, lexeme, spaced

_TEXT_FIELDS = ("title", "abstract")
_tokens = lru_cache(512)(tokenize)


class TextNeeded(Exception):
    """The document does not decide: the texts of the paper are needed."""


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper by its document and, if it was read, by its texts."""

    document: PaperDocument
    paper: PaperText | None = None

    def matches(self, tree: Tree) -> bool:
        """Return whether the tree matches it. Raises TextNeeded if the paper has to be read."""
        match tree:
            case And(parts):
                return all(map(self.matches, parts))
            case Or(parts):
                return any(map(self.matches, parts))
            case Not(part):
                return not self.matches(part)
            case Phrase((Part(word, "*"),), field="") if self._knows_prefixes(word):
                return self.document.has_prefix(lexeme(word))
            case Phrase() | Exact() | Cased() | Near():
                names = (tree.field,) if tree.field else _TEXT_FIELDS
                return any(self._count(tree, name) for name in names)
            case _:
                return self._in_metadata(tree)

    def _knows_prefixes(self, word: str) -> bool:
        # Lexemes with the prefix of a field begin with 1.
        return not self.document.is_oversized and not word.startswith("1")

    def counts(self, tree: Tree) -> dict[str, int]:
        """Return field -> number of occurrences of the atoms that a tree asks for.

        Raises TextNeeded if the paper has to be read.
        """
        found: dict[str, int] = {}
        for atom in wanted_atoms(tree):
            for name, times in self._atom_counts(atom).items():
                found[name] = found.get(name, 0) + times
        return found

    def atom_counts(self, tree: Tree) -> tuple[AtomCounts, ...]:
        """Return the occurrences of each atom that a tree asks for. Where these are several, and
        one does not occur, return those of other words of its stem.

        Raises TextNeeded if the paper has to be read.
        """
        wanted = wanted_atoms(tree)
        return tuple(self._with_stem(atom, len(wanted) > 1) for atom in wanted)

    def _with_stem(self, atom: Atom, is_one_of_several: bool) -> AtomCounts:
        counts = self._atom_counts(atom)
        # In a paper that has the word itself, others of its stem change the order little.
        word = single_word(atom) if is_one_of_several and not any(counts.values()) else ""
        found = []
        for name, times in counts.items():
            others = _same_stem(self.document.terms(name), word) if word else 0
            if times or others:
                found.append(FieldCount(name, times, others))
        return tuple(found)

    def _atom_counts(self, atom: Atom) -> dict[str, int]:
        if isinstance(atom, TextAtom):
            names = (atom.field,) if atom.field else _TEXT_FIELDS
            return {name: self._count(atom, name) for name in names}
        name = "author" if isinstance(atom, Author) else "category"
        return {name: int(self._in_metadata(atom))}

    def _count(self, atom: TextAtom, field: str) -> int:
        """Return how often an atom occurs in a field; 1 for several if only the text decides."""
        if self.document.is_oversized:
            return int(self._reads(atom, field))
        if not isinstance(atom, Phrase) or not atom.plain:
            return int(self._may_hold(atom, field) and self._reads(atom, field))
        wanted = _wanted(atom)
        if field not in _TEXT_FIELDS:
            terms = " ".join(map(lexeme, _tokens(self._text(field)).terms))
            return spaced(terms).count(wanted.needle) or int(self._reads(atom, field))
        terms = self.document.terms(field)
        padded = f" {terms} "
        if times := padded.count(wanted.row):
            # Two in a row share a blank.
            in_a_row = wanted.row + wanted.row[1:] in padded
            return spaced(terms).count(wanted.needle) if in_a_row else times
        return int(self._has_joined(wanted, field))

    def _may_hold(self, atom: TextAtom, field: str) -> bool:
        """Return False if exact words, or words in capitals, are certainly not in a field."""
        if isinstance(atom, Cased) and atom.phrase.plain:
            return self._count(atom.phrase, field) > 0
        if field in _TEXT_FIELDS and isinstance(atom, Exact) and (rows := folded_rows(atom.words)):
            terms = f" {self.document.terms(field)} "
            return any(f" {' '.join(row)} " in terms for row in rows)
        return True

    def _has_joined(self, wanted: "_Wanted", field: str) -> bool:
        """Return whether a phrase occurs with words of it, or of the text, written as one."""
        terms = f" {self.document.terms(field)} "
        if not any(f" {word} " in terms for word in wanted.joined):
            joins = self.document.joined_words(field, wanted.splits)
            # A joined spelling of the phrase's own words in a row would be among the terms.
            if all(wanted.splits[word] == {split} for word, split in joins):
                return False
        return bool(group_ranges(self.document.positions(field), wanted.groups, wanted.parts))

    def _reads(self, atom: TextAtom, field: str) -> bool:
        """Return whether an atom occurs in the text of a field."""
        text = self._text(field)
        match atom:
            case Phrase():
                return has_phrase(_tokens(text), atom)
            case Exact():
                return contains_exact(text, atom)
            case Cased():
                return contains_cased(text, atom)
            case Near():
                return has_near(_tokens(text), atom)

    def _text(self, field: str) -> str:
        if self.paper is None:
            raise TextNeeded
        return self.paper.field(field)

    def _in_metadata(self, atom: Atom) -> bool:
        if self.paper is None:
            raise TextNeeded
        match atom:
            case Author():
                return any(map(atom.name.agrees, self.paper.authors))
            case Category(name):
                return any(name in category_names(each) for each in self.paper.categories)
            case Since(first):
                day = self.paper.published_on or self.paper.listed_on
                return day is not None and day >= first
        raise AssertionError(atom)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A plain phrase as documents have it.

    `row`: its words in a row, with a blank on either side; `needle`: the same as `spaced` has it.
    `joined`: the ways to write some of its words as one. `splits`: each word and each of those ->
    the words that it stands for, which may be different ones. `groups`: see `Phrase.groups`;
    `parts`: the number of its words.
    """

    row: str
    needle: str
    joined: frozenset[str]
    splits: dict[str, set[tuple[str, ...]]]
    groups: tuple[Group, ...]
    parts: int


@lru_cache(1024)
def _wanted(phrase: Phrase) -> _Wanted:
    words = [lexeme(part.word) for part in phrase.parts]
    row = " ".join(words)
    groups = tuple((first, end, lexeme(word), kind) for first, end, word, kind in phrase.groups())
    joined = frozenset(word for first, end, word, _ in groups if end - first > 1)
    splits: dict[str, set[tuple[str, ...]]] = {}
    for first, end, word, _ in groups:
        splits.setdefault(word, set()).add(tuple(words[first:end]))
    return _Wanted(f" {row} ", spaced(row), joined, splits, groups, len(words))


def _same_stem(terms: str, word: str) -> int:
    """How many of these terms are other words of the stem of a word."""
    if len(word) < MIN_WORD or not (word.isascii() and word.isalpha()):
        return 0
    base = stem(word)
    start = base[:-1] if base[-1] in "eiy" else base
    if f" {start}" not in terms and not terms.startswith(start):
        return 0
    similar = re.findall(rf"(?<![^ ]){start}[a-z]*(?![^ ])", terms)
    return sum(1 for each in similar if each != word and stem(each) == base)


def needs_texts(tree: Tree) -> bool:
    """Return whether the documents of papers never decide."""
    return any(_needs_text(atom) for atom, _ in atoms(tree))


def _needs_text(atom: Atom) -> bool:
    match atom:
        case Phrase(parts):
            is_enough = atom.plain or (len(parts) == 1 and parts[0].kind == "*")
            return atom.field == "org" or not is_enough
        case Cased(phrase):  # the document says where it is not
            return _needs_text(phrase)
        case Exact(words):
            return atom.field == "org" or not folded_rows(words)
        case _:
            return True
