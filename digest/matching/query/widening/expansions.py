"""Expansions: other wordings of a keyword's phrases, which are stored with the keyword.

They are resolved when a keyword is saved (`digest.expansions`), so that what it means changes only
when its owner changes it. They widen what is asked for and nothing else: quoted words, prefixes,
authors, organisations, categories and all that is excluded stay as typed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, pairwise
from typing import Any, NamedTuple, Self

from digest.matching.text.plurals import fold
from digest.matching.text.word_families import other_spelling

from ..atoms import NEVER_JOINED, Part, Phrase
from ..keyword import Keyword, Pair
from ..syntax_tree import And, Not, Or, Tree, canonical

RULE_VERSION = 1  # stored with each keyword; raise it when the rules for wordings change
MAX_PAIRS = 16  # of one keyword
MAX_WORDINGS = 12  # of one phrase, the typed one included
_MOST_DECLINED = 64  # remembered of one keyword
_MAX_REPLACED = 3  # places of one phrase that are worded otherwise at once
_FIELDS = ("", "title", "abstract")


@dataclass(frozen=True, slots=True)
class Expansions:
    """What is stored with a keyword about its wordings.

    pairs: those in force. declined: those the owner switched off, which are not offered again.
    offers: those the owner may switch on. version: the rules' when they were resolved; 0 for a
    keyword from before there were any.
    """

    pairs: tuple[Pair, ...] = ()
    declined: tuple[Pair, ...] = ()
    offers: tuple[Pair, ...] = ()
    version: int = 0

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        pairs, declined, offers = (
            tuple(Pair(*pair) for pair in stored.get(name, ()))
            for name in ("pairs", "declined", "offers")
        )
        return cls(pairs, declined, offers, stored.get("version", 0))

    def to_json(self) -> dict[str, object]:
        """Its JSON object; {} for a keyword as typed."""
        stored: dict[str, object] = {
            name: [list(pair) for pair in pairs]
            for name, pairs in (
                ("pairs", self.pairs), ("declined", self.declined), ("offers", self.offers)
            )
            if pairs
        }  # fmt: skip
        if self.version:
            stored["version"] = self.version
        return stored

    def switched(self, pair: Pair, *, on: bool) -> Self:
        """The expansions with a pair in force, or declined."""
        if pair in (self.pairs if on else self.declined):
            return self
        pairs, declined, offers = (
            tuple(each for each in some if each != pair)
            for some in (self.pairs, self.declined, self.offers)
        )
        if on:  # in the place of the one that has been on longest, if there is no room
            declined = (*declined, *pairs[: 1 - MAX_PAIRS])
            pairs = (*pairs[1 - MAX_PAIRS :], pair)
        else:
            declined = (*declined, pair)
        return replace(self, pairs=pairs, declined=declined[-_MOST_DECLINED:], offers=offers)


NO_EXPANSIONS = Expansions()


def expanded(keyword: Keyword, pairs: Sequence[Pair], most: int = MAX_PAIRS) -> Keyword:
    """The keyword with those of the pairs that apply to it, the first `most`, in place of any it
    had. Their order makes no difference: keywords of one canonical form have one tree."""
    keyword = keyword.typed
    if keyword.excludes or not pairs:
        return keyword
    applied = (pair for pair in dict.fromkeys(pairs) if _applies(keyword.tree, pair))
    used = tuple(sorted(islice(applied, most)))
    if not used:
        return keyword
    name = " ".join([keyword.canonical, *(f"{{{each.term} = {each.other}}}" for each in used)])
    return replace(
        keyword, canonical=name, pairs=used, as_typed=keyword, tree=_expanded(keyword.tree, used)
    )


def wanted_phrases(tree: Tree) -> Iterator[Phrase]:
    """The phrases of a tree that other wordings may widen."""
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from wanted_phrases(part)
        case Phrase(parts) if tree.field in _FIELDS and all(part.kind != "*" for part in parts):
            yield tree


def terms_of(tree: Tree, longest: int = 8) -> list[str]:
    """The folded words, and adjacent words, of a tree that pairs may have as their term."""
    found: dict[str, None] = {}
    for phrase in wanted_phrases(tree):
        for start in range(len(phrase.parts)):
            words = []
            for part in phrase.parts[start : start + longest]:
                words.append(part.word)
                found[" ".join(words)] = None
    return list(found)


def _applies(tree: Tree, pair: Pair) -> bool:
    if any(f" {pair.term} " in phrase.needle for phrase in wanted_phrases(tree)):
        return True
    branches = tree.parts if isinstance(tree, Or) else (tree,)
    return any(
        next(_instead_of_words(branch.parts, [pair]), None) is not None
        for branch in branches
        if isinstance(branch, And)
    )


def _expanded(tree: Tree, pairs: Sequence[Pair]) -> Tree:
    match tree:
        case And(parts):
            words = And(tuple(_expanded(part, pairs) for part in parts))
            others = tuple(_instead_of_words(parts, pairs))
            return Or((words, *others)) if others else words
        case Or(parts):
            flat: dict[str, Tree] = {}
            for part in (_expanded(part, pairs) for part in parts):
                for inner in part.parts if isinstance(part, Or) else (part,):
                    flat.setdefault(canonical(inner), inner)
            return Or(tuple(flat.values()))
        case Phrase() if next(wanted_phrases(tree), None):
            wordings = tuple(dict.fromkeys(islice(_wordings(tree, pairs), MAX_WORDINGS)))
            return Or(wordings) if len(wordings) > 1 else tree
        case Not() | _:
            return tree


def _instead_of_words(parts: Sequence[Tree], pairs: Sequence[Pair]) -> Iterator[Tree]:
    """The other wordings of terms of several words, each of which an AND asks for anywhere."""
    single = {
        part.parts[0].word: part
        for part in parts
        if isinstance(part, Phrase) and len(part.parts) == 1 and part.plain and not part.field
    }
    for pair in pairs:
        words = pair.term.split()
        if len(words) > 1 and single.keys() >= {*words}:
            rest = [part for part in parts if part not in [single[word] for word in words]]
            wording = Phrase(_replaced((), [_Place(0, 0, tuple(pair.other.split()))]))
            yield And((wording, *(_expanded(part, pairs) for part in rest))) if rest else wording


def _wordings(phrase: Phrase, pairs: Sequence[Pair]) -> Iterator[Phrase]:
    """The phrase, then with one place worded otherwise, then with two, with three."""
    yield phrase
    places = list(_places(phrase.parts, pairs))
    for number in range(1, _MAX_REPLACED + 1):
        for some in combinations(places, number):
            if all(left.end <= right.start for left, right in pairwise(some)):
                yield Phrase(_replaced(phrase.parts, some), phrase.field)


class _Place(NamedTuple):
    """Parts [start, end) of a phrase, and the words that may take their place."""

    start: int
    end: int
    words: tuple[str, ...]


def _places(parts: Sequence[Part], pairs: Sequence[Pair]) -> Iterator[_Place]:
    found = []
    for pair in _in_both_spellings(pairs):
        term, words = pair.term.split(), tuple(pair.other.split())
        for start in range(len(parts) - len(term) + 1):
            some = parts[start : start + len(term)]
            if [part.word for part in some] == term:
                found.append(_Place(start, start + len(term), words))
    return iter(sorted(found, key=lambda place: place.start))


def _in_both_spellings(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """The pairs, and behind them those of tokenise for tokenize."""
    yield from pairs
    for pair in pairs:
        words = [other_spelling(word) or word for word in pair.other.split()]
        if (other := " ".join(words)) not in (pair.other, pair.term):
            yield Pair(pair.term, other)


def _replaced(parts: Sequence[Part], places: Sequence[_Place]) -> tuple[Part, ...]:
    found: list[Part] = []
    at = 0
    for place in (*places, _Place(len(parts), len(parts), ())):
        typed = parts[at : place.start]
        if at and typed:  # behind other words than those it was typed behind
            found.append(_behind(found, typed[0]))
            typed = typed[1:]
        found += typed
        for word in place.words:
            # What is no folded word, such as `mcts`, is an acronym that ends with an s.
            found.append(_behind(found, Part(word, "" if fold(word) == word else "=")))
        at = place.end
    return tuple(found)


def _behind(before: Sequence[Part], part: Part) -> Part:
    """A part that is typed apart from the one before it."""
    apart = bool(before) and not NEVER_JOINED.isdisjoint((before[-1].word, part.word))
    return part._replace(separate=apart)
