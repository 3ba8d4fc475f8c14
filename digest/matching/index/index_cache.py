"""What was worked out about the papers held, kept until they change."""

from typing import Any, NamedTuple, TypeVar

_BITS_BYTES = 32_000_000  # for the answers of an index, which have a bit for each paper

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """A dict that starts anew when it is full: cheaper than knowing what was used last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> V:
        """Remember it, where there is any room; gives the value."""
        if not self._most:
            return value
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value


class KeywordScore(NamedTuple):
    """How strongly one keyword hits one paper, and the fields it hits."""

    score: float
    fields: tuple[str, ...]


class IndexCache:
    """`bits`: a keyword's canonical form -> the papers it matches. `strengths`: its text and form,
    and a paper's id -> how strongly it hits that one; `rated`: the same -> what the ranking makes
    of it where nothing else hits that paper. `weights`: a paper's id -> what a hit in a field of it
    is worth. `trending`: the bits of some papers -> the ids of them, the most popular first.

    Whoever fills one in takes hold of it before reading the papers: an index whose papers change
    starts a new one, so that nothing read before the change is found after it.
    """

    def __init__(self, papers: int = 0, share: float = 1.0) -> None:
        """For an index of so many papers; `share` of the usual room of about 80 MB."""
        most = min(1 << 14, _BITS_BYTES // (papers // 8 + 64))
        self.bits: BoundedCache[str, int] = BoundedCache(int(share * most))
        self.scores: BoundedCache[tuple[str, str, int], KeywordScore] = BoundedCache(
            int(share * (1 << 15))
        )
        self.matches: BoundedCache[tuple[str, str, int], Any] = BoundedCache(
            int(share * (1 << 16))
        )  # 0.5 kB each
        self.field_weights: BoundedCache[int, dict[str, float]] = BoundedCache(
            int(share * (1 << 14))
        )
        self.trending: BoundedCache[int, tuple[int, ...]] = BoundedCache(
            8 if share else 1
        )  # 0.3 MB each for 31,500
