"""Suggestions for a keyword: related keywords, and a corrected spelling."""

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from .index import PaperIndex
from .query import Keyword, parse
from .query.atoms import Phrase
from .related_keywords import related_keywords
from .work_budget import UNLIMITED, WorkBudget

__all__ = ["Suggestions", "corrected_spelling", "related_keywords", "suggestions_for"]

_MAX_CORRECTED = 6  # words of a keyword whose spelling is corrected
_MAX_CACHED = 2000  # keywords whose suggestions are cached
_SHORTEST, _LONGEST = 4, 30  # letters of a word that is corrected
_FREQUENCY = 20  # steps to look up a word in every block
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The likely spelling of a keyword without any hit, and keywords related to it."""

    spelling: str | None
    related: tuple[str, ...]


_cached: WeakKeyDictionary[PaperIndex, tuple[int, dict[Keyword, Suggestions]]] = WeakKeyDictionary()


def suggestions_for(
    index: PaperIndex, keyword: Keyword, work: WorkBudget = UNLIMITED
) -> Suggestions:
    """`corrected_spelling` and `related_keywords`, cached until the papers change.

    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    change, known = _cached.get(index, (-1, {}))
    if change != index.change or len(known) > _MAX_CACHED:
        known = {}
        _cached[index] = index.change, known
    if keyword not in known:
        meant = corrected_spelling(index, keyword, work)
        known[keyword] = Suggestions(meant, tuple(related_keywords(index, keyword, work=work)))
    return known[keyword]


def corrected_spelling(
    index: PaperIndex, keyword: Keyword, work: WorkBudget = UNLIMITED
) -> str | None:
    """A phrase without any hit with each unknown word replaced by the most frequent word one edit
    away. Returns None if it has hits, or the corrected phrase has none."""
    tree = keyword.tree
    if not isinstance(tree, Phrase) or not tree.plain or len(tree.parts) > _MAX_CORRECTED:
        return None
    if index.evaluate(keyword, work):
        return None
    words = [_corrected(index, part.word, work) for part in tree.parts]
    meant = " ".join(words)
    changed = words != [part.word for part in tree.parts]
    return meant if changed and index.evaluate(parse(meant), work) else None


def _corrected(index: PaperIndex, word: str, work: WorkBudget) -> str:
    if (
        not _SHORTEST <= len(word) <= _LONGEST
        or not word.isalpha()
        or index.document_frequency(word)
    ):
        return word
    edits = set(_edits(word))
    work.spend(len(edits) * _FREQUENCY // 3)
    counts = {edit: index.document_frequency(edit) for edit in index.known_terms(edits)}
    return max(sorted(counts), key=counts.__getitem__, default=word)


def _edits(word: str) -> Iterator[str]:
    """Every word one deletion, transposition, substitution or insertion away."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
            yield from (left + letter + right[1:] for letter in _ALPHABET)
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        yield from (left + letter + right for letter in _ALPHABET)
