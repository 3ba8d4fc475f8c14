"""Keywords that go with a keyword, and the word that was probably meant."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from .index import PaperIndex
from .keywords import Keyword, KeywordError, parse
from .keywords.atoms import Phrase
from .keywords.tree import atoms

MOST = 5
_READ = 200  # papers that are looked into
_LEAST = 3  # papers in which a suggestion must go with the keyword
_SHORTEST = 4  # letters of a word that may be mistyped
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
        "achieve", "remain", "outperform", "first", "existing", "recent", "do", "does",
    }
)  # fmt: skip


def suggest(
    index: PaperIndex,
    keyword: Keyword,
    *,
    listed: Mapping[int, Iterable[str]] | None = None,
    most: int = MOST,
) -> list[str]:
    """Up to `most` keywords that go with `keyword` far more often than chance has it, best first.

    They are pairs of neighbouring words of the papers it hits and, where given, the keywords
    `listed` by the authors (paper id -> keywords).
    """
    hits = index.ids(index.evaluate(keyword))[-_READ:]
    if not hits:
        return []
    together = Counter(term for paper_id in hits for term in _pairs(index, paper_id))
    scores = {
        term: _lift(count, len(hits), index.frequency(term), len(index))
        for term, count in together.items()
        if count >= _LEAST
    }
    scores |= _listed_scores(hits, listed or {})
    own = {word for atom, _ in atoms(keyword.tree) for word in _own_words(atom)}
    best = sorted(scores, key=lambda term: (-scores[term], term))
    return _distinct(best, own, keyword, most)


def _pairs(index: PaperIndex, paper_id: int) -> set[str]:
    """The neighbouring words of a paper of which neither is a function word or a number."""
    return {
        f"{left} {right}"
        for words in index.folded(paper_id)
        for left, right in pairwise(words)
        if _tells(left) and _tells(right)
    }


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in _FUNCTION_WORDS and not word[0].isdigit()


def _lift(together: int, hits: int, everywhere: int, papers: int) -> float:
    """How much more often than by chance, weighed by how often at all."""
    return together * math.log(together * papers / (hits * max(everywhere, together)))


def _listed_scores(hits: list[int], listed: Mapping[int, Iterable[str]]) -> dict[str, float]:
    everywhere = Counter(word.casefold() for words in listed.values() for word in set(words))
    together = Counter(word.casefold() for i in hits for word in set(listed.get(i, ())))
    return {
        word: _lift(count, len(hits), everywhere[word], len(listed))
        for word, count in together.items()
        if count >= _LEAST
    }


def _own_words(atom: object) -> list[str]:
    if isinstance(atom, Phrase):
        return [part.word for part in atom.parts]
    return list(getattr(atom, "words", ()))


def _distinct(best: list[str], own: set[str], keyword: Keyword, most: int) -> list[str]:
    """The first few that neither repeat the keyword nor one another."""
    chosen: list[str] = []
    used: set[str] = set()
    for term in best:
        words = set(term.split())
        if words <= own or words & used or _same(term, keyword):
            continue
        chosen.append(term)
        used |= words - own
        if len(chosen) == most:
            break
    return chosen


def _same(term: str, keyword: Keyword) -> bool:
    try:
        return parse(term) == keyword
    except KeywordError:
        return True


def spelling(index: PaperIndex, keyword: Keyword) -> str | None:
    """What was probably meant by plain words without any hit: each unknown word replaced by the
    commonest word one edit away. None where there is a hit, or nothing better."""
    tree = keyword.tree
    if not isinstance(tree, Phrase) or not tree.plain or index.evaluate(keyword):
        return None
    words = [_mended(index, part.word) for part in tree.parts]
    meant = " ".join(words)
    changed = words != [part.word for part in tree.parts]
    return meant if changed and index.evaluate(parse(meant)) else None


def _mended(index: PaperIndex, word: str) -> str:
    if len(word) < _SHORTEST or not word.isalpha() or index.frequency(word):
        return word
    counts = {edit: index.frequency(edit) for edit in set(_edits(word))}
    best = max(sorted(counts), key=counts.__getitem__, default=word)
    return best if counts.get(best) else word


def _edits(word: str) -> Iterator[str]:
    """Every word one deletion, swap, replacement or insertion away."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
            yield from (left + letter + right[1:] for letter in _ALPHABET)
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        yield from (left + letter + right for letter in _ALPHABET)
