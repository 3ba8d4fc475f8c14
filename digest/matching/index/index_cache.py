"""Answers and scores of an index, cached until its papers change."""

from typing import NamedTuple, TypeVar

from digest.matching.query import Keyword

from .stored_papers import PaperMetadata

_BITS_BYTES = 32_000_000  # for the answers of an index, which have a bit for each paper

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """A dict that is emptied when it is full: cheaper than tracking what was used last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> V:
        """Store a value, unless the cache has room for none; return the value."""
        if not self._most:
            return value
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value


class SameStem(NamedTuple):
    """The other words of a word's stem that an index has, and the papers with any of them."""

    words: tuple[str, ...]
    bits: int


class KeywordScore(NamedTuple):
    """How strongly one keyword hits one paper, and the fields it hits."""

    score: float
    fields: tuple[str, ...]


class Match(NamedTuple):
    """A paper, the keywords that hit it, its score (higher is better) and the reason in a line."""

    paper_id: int
    keywords: tuple[Keyword, ...]
    score: float
    why: str


Rated = tuple[Match, PaperMetadata]
HitKey = tuple[str, str, int]  # a keyword's text and canonical form, and a paper's id


class IndexCache:
    """Caches of one index.

    `bits`: canonical form of a keyword -> the papers it matches.
    `stems`: canonical form of a word -> the other words of its stem.
    `idfs`: canonical form of a keyword -> inverse document frequency of each atom it asks for.
    `scores`: hit -> how strongly the keyword hits the paper.
    `matches`: hit -> the match, for papers that no other keyword of a list hits.
    `field_weights`: paper id -> field -> weight of one occurrence there.
    `trending`: bits -> the ids of these papers, the most popular first.
    `term_weights`: folded word -> its inverse document frequency.
    `similar`: paper id -> the ids of the papers most similar to it.

    Get the cache from the index before reading its papers: an index whose papers change starts a
    new one, so nothing computed from the old papers can be found later.
    """

    def __init__(self, papers: int = 0, share: float = 1.0) -> None:
        """`papers`: size of the index; `share`: fraction of the usual room of about 90 MB."""

        def room(entries: int) -> int:
            return int(share * entries)

        most = min(1 << 14, _BITS_BYTES // (papers // 8 + 64))
        self.bits: BoundedCache[str, int] = BoundedCache(room(most))
        self.stems: BoundedCache[str, SameStem] = BoundedCache(room(most // 2))
        self.idfs: BoundedCache[str, tuple[float, ...]] = BoundedCache(1 << 14)
        self.scores: BoundedCache[HitKey, KeywordScore] = BoundedCache(room(1 << 15))
        self.matches: BoundedCache[HitKey, Rated] = BoundedCache(room(1 << 16))  # 0.5 kB each
        self.field_weights: BoundedCache[int, dict[str, float]] = BoundedCache(room(1 << 14))
        # 0.3 MB each for 31,500 papers.
        self.trending: BoundedCache[int, tuple[int, ...]] = BoundedCache(8 if share else 1)
        self.term_weights: BoundedCache[str, float] = BoundedCache(room(1 << 16))
        self.similar: BoundedCache[int, tuple[int, ...]] = BoundedCache(room(1 << 12))
