"""How papers spell the terms that were learnt from them, to show these to the reader."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from digest.matching.text import TokensWithOffsets, tokenize_with_offsets

from .learnt_terms import MAX_SPELLING

MOST_READ = 12  # papers that are read for spellings: it takes longer than all the rest
_JOINS = ("-", "‐", "‑", "–", " ")


class _Texts(Protocol):
    @property
    def title(self) -> str: ...

    @property
    def abstract(self) -> str: ...


def spellings(
    papers: Sequence[_Texts], terms: Collection[str], most: int = MOST_READ
) -> dict[str, str]:
    """Term -> its most frequent spelling in the last `most` papers; the folded form if there is
    none. Abstracts count twice: titles put words in capitals."""
    wanted = frozenset(terms)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers[-most:]:
        for text, weight in ((paper.title, 1), (paper.abstract, 2)):
            for term, spelling in _spelt(text, wanted):
                counts[term][spelling] += weight
    return {term: _most_common(counts[term]) or term for term in terms}


def _spelt(text: str, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    placed = tokenize_with_offsets(text)
    words = placed.tokens.terms
    for at, word in enumerate(words):
        if word in wanted:
            yield word, _words(placed, at, at)
        if at + 1 < len(words) and placed.gaps[at] in _JOINS:
            pair = f"{word} {words[at + 1]}"
            if pair in wanted:
                yield pair, _words(placed, at, at + 1)


def _words(placed: TokensWithOffsets, first: int, last: int) -> str:
    """The words first to last without mark-up, as the text spells them."""
    return placed.text.text[placed.starts[first] : placed.ends[last]][:MAX_SPELLING]


def _most_common(counts: Counter[str]) -> str:
    best: Iterable[tuple[str, int]] = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return next((spelling for spelling, _ in best), "")
