"""Suggestions for a keyword: related keywords, and a corrected spelling."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from weakref import WeakKeyDictionary

from .index import PaperIndex
from .query import Keyword, KeywordError, parse
from .query.atoms import Phrase
from .query.syntax_tree import atoms
from .work_budget import UNLIMITED, WorkBudget

MAX_RELATED = 5
_READ = 60  # papers whose words are counted, the newest hits
_MIN_PAPERS = 3  # in which a related keyword occurs with the keyword
_MIN_SHARE = 0.05  # of the papers read in which it does
_MIN_LIFT = 2.0  # how many times as often as by chance it does
_MAX_CORRECTED = 6  # words of a keyword whose spelling is corrected
_MAX_CACHED = 2000  # keywords whose suggestions are cached
_SHORTEST, _LONGEST = 4, 30  # letters of a word that is corrected
_FREQUENCY = 20  # steps to look up a word in every block
_VOWELS = frozenset("aeiouy")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_FUNCTION_WORDS = frozenset(
    {
        "a", "about", "across", "all", "also", "an", "and", "any", "are", "as", "at", "based", "be",
        "been", "between", "both", "but", "by", "can", "each", "even", "for", "from", "given",
        "has", "have", "here", "however", "how", "i", "in", "into", "is", "it", "its", "make",
        "many", "may", "more", "most", "new", "no", "not", "of", "on", "one", "only", "or", "other",
        "our", "out", "over", "paper", "propose", "result", "several", "show", "significantly",
        "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "thi",
        "this", "those", "through", "thus", "to", "two", "under", "up", "use", "used", "using",
        "via", "we", "well", "were", "what", "when", "where", "which", "while", "who", "will",
        "with", "within", "without", "work", "yet", "introduce", "present", "demonstrate",
        "achieve", "remain", "outperform", "first", "existing", "recent", "do", "does", "http",
        "https", "www", "com", "github", "io", "project", "page", "code", "available", "state",
        "art",
    }
)  # fmt: skip


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


def related_keywords(
    index: PaperIndex,
    keyword: Keyword,
    *,
    listed: Mapping[int, Iterable[str]] | None = None,
    most: int = MAX_RELATED,
    work: WorkBudget = UNLIMITED,
) -> list[str]:
    """Up to `most` keywords that occur with `keyword` at least twice as often as by chance.

    They are pairs of adjacent words of the papers it hits, the keyword extended by a word and, if
    given, the keywords `listed` by the authors (paper id -> keywords); best first.
    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    bits = index.evaluate(keyword, work)
    if bits.bit_count() * _MIN_LIFT > len(index):
        return []  # nothing can occur that often with a keyword that hits nearly all papers
    hits = index.newest(bits, _READ)
    together: Counter[tuple[str, str]] = Counter()
    for paper_id in hits:
        work.spend(2 * sum(index.lengths(paper_id)))
        together.update({pair for words in index.terms(paper_id) for pair in pairwise(words)})
    least = max(_MIN_PAPERS, len(hits) * _MIN_SHARE)
    often = {
        f"{left} {right}": count
        for (left, right), count in together.items()
        if count >= least and _is_topical_pair(left, right)
    }
    scores = {
        term: _lift(count, len(hits), index.document_frequency(term, work), len(index))
        for term, count in often.items()
    }
    scores |= _listed_scores(hits, listed or {})
    best = sorted((t for t in scores if scores[t]), key=lambda term: (-scores[term], term))
    return _distinct(best, keyword, most)


def _is_topical_pair(left: str, right: str) -> bool:
    """Whether two adjacent words name a topic."""
    return is_content_word(left) and is_content_word(right) and not _is_acronym(right, left)


def _is_acronym(word: str, before: str) -> bool:
    """Whether a word is probably the acronym, in brackets, of words that end with the one before
    it: "reinforcement learning (RL)"."""
    return word[-1] == before[0] and _VOWELS.isdisjoint(word)


def is_content_word(word: str) -> bool:
    """Whether a folded word says something about a topic: no function word, letter or number."""
    return len(word) > 1 and word not in _FUNCTION_WORDS and not word[0].isdigit()


def _lift(together: int, hits: int, everywhere: int, papers: int) -> float:
    """Logarithm of the lift (observed to expected count) times the count; 0 below _MIN_LIFT."""
    lift = together * papers / (hits * max(everywhere, together))
    return together * math.log(lift) if lift >= _MIN_LIFT else 0.0


def _listed_scores(hits: list[int], listed: Mapping[int, Iterable[str]]) -> dict[str, float]:
    everywhere = Counter(word.casefold() for words in listed.values() for word in set(words))
    together = Counter(word.casefold() for i in hits for word in set(listed.get(i, ())))
    return {
        word: _lift(count, len(hits), everywhere[word], len(listed))
        for word, count in together.items()
        if count >= _MIN_PAPERS
    }


def _own_words(keyword: Keyword) -> list[str]:
    found: list[str] = []
    for atom, _ in atoms(keyword.tree):
        if isinstance(atom, Phrase):
            found += [part.word for part in atom.parts]
        else:
            found += getattr(atom, "words", ())
    return found


def _distinct(best: Iterable[str], keyword: Keyword, most: int) -> list[str]:
    """The first few that repeat neither the keyword nor each other."""
    own = _own_words(keyword)
    chosen: list[str] = []
    used: set[str] = set()
    for term in best:
        whole = _extended(term, own, keyword)
        new = set(whole.split()) - set(own)
        if not new or new & used or _same(whole, keyword):
            continue
        chosen.append(whole)
        used |= new
        if len(chosen) == most:
            break
    return chosen


def _extended(term: str, own: list[str], keyword: Keyword) -> str:
    """A pair that begins with the last word of the phrase, or ends with its first, as the longer
    phrase: "series forecasting" extends "time series". Empty for any other part of the phrase."""
    left, _, right = term.partition(" ")
    if len(own) < 2 or {left, right}.isdisjoint(own):
        return term
    if isinstance(keyword.tree, Phrase) and keyword.tree.plain:
        if left == own[-1] and right not in own:
            return f"{' '.join(own)} {right}"
        if right == own[0] and left not in own:
            return f"{left} {' '.join(own)}"
    return ""


def _same(term: str, keyword: Keyword) -> bool:
    try:
        return parse(term) == keyword
    except KeywordError:
        return True


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
