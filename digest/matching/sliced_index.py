"""An index of more papers than fit in memory at once, built slice by slice; and views."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from statistics import fmean

from digest.matching.query import Keyword
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .index import PaperIndex
from .index.bits import Bits, bits_at, slots
from .index.block import BLOCK_SIZE
from .index.index_cache import BoundedCache, IndexCache
from .index.stored_papers import IncompleteIndex, PaperMetadata, PaperText

Counts = dict[str, int]  # field -> occurrences


class SlicedIndex:
    """The hits of some keywords in any number of papers; answers like `PaperIndex`.

    An index of each slice is built, evaluated and dropped. Kept are the metadata and lengths of
    each paper and 8 bytes for each hit: the paper and the number of occurrences by field. Other
    keywords raise IncompleteIndex rather than match nothing.
    """

    def __init__(
        self, slices: Iterable[Iterable[PaperText]], keywords: Iterable[Keyword], within: range
    ) -> None:
        """`slices`: the papers with a `seq` in `within`, each slice small enough to index."""
        self.within = within
        self.cache = IndexCache(share=0)
        self._metadata: list[PaperMetadata] = []
        self._lengths: list[tuple[int, int]] = []
        self._places: dict[int, int] = {}
        wanted = {keyword.canonical: keyword for keyword in keywords}
        self._bits: BoundedCache[str, Bits] = BoundedCache(512)
        self._hits = {name: (array("I"), array("I")) for name in wanted}
        self._counts: dict[tuple[tuple[str, int], ...], int] = {}
        for papers in slices:
            self._add(PaperIndex(papers), wanted)
        self._known_counts = [dict(items) for items in self._counts]

    def _add(self, index: PaperIndex, keywords: Mapping[str, Keyword]) -> None:
        """Record the papers of a slice and what the keywords hit in it."""
        base = len(self._metadata)
        ids = index.ids(index.everything())
        for at, paper_id in enumerate(ids, base):
            self._places[paper_id] = at
            self._metadata.append(index.metadata(paper_id))
            self._lengths.append(index.lengths(paper_id))
        for name, keyword in keywords.items():
            found = index.evaluate(keyword)
            self._record_hits(name, keyword, index, found, base)

    def _record_hits(
        self, name: str, keyword: Keyword, index: PaperIndex, found: Bits, base: int
    ) -> None:
        places, counts = self._hits[name]
        for at, paper_id in zip(slots(found), index.ids(found), strict=True):
            items = () if keyword.excludes else tuple(index.counts(keyword, paper_id).items())
            places.append(base + at)
            counts.append(self._counts.setdefault(items, len(self._counts)))

    def __len__(self) -> int:
        return len(self._metadata)

    def __contains__(self, paper_id: int) -> bool:
        return paper_id in self._places

    def window(self, after: int, through: int) -> Bits:
        """The bits of the papers with `after` < seq <= `through`.

        Raises IncompleteIndex if not all of them were indexed.
        """
        if after + 1 < self.within.start or through >= self.within.stop:
            raise IncompleteIndex(f"papers {after + 1} to {through} were not indexed")
        return bits_at(
            at
            for at, paper in enumerate(self._metadata)
            if paper.seq and after < paper.seq <= through
        )

    def everything(self) -> Bits:
        """The bits of all papers."""
        return (1 << len(self._metadata)) - 1

    def evaluate(self, keyword: Keyword) -> Bits:
        """The bits of the papers that a keyword matches."""
        places, _ = self._hits_of(keyword)
        kept = self._bits.get(keyword.canonical)
        return self._bits.keep(keyword.canonical, bits_at(places)) if kept is None else kept

    def _hits_of(self, keyword: Keyword) -> "tuple[array[int], array[int]]":
        try:
            return self._hits[keyword.canonical]
        except KeyError:
            raise IncompleteIndex(f"{keyword.text} was not looked for") from None

    def ids(self, bits: Bits) -> list[int]:
        """The ids of the papers of these bits, in the order they were added."""
        return [self._metadata[at].id for at in slots(bits)]

    def mask(self, ids: Iterable[int]) -> Bits:
        """The bits of these papers. Raises IncompleteIndex if one was not indexed."""
        return bits_at(map(self._place, ids))

    def _place(self, paper_id: int) -> int:
        try:
            return self._places[paper_id]
        except KeyError:
            raise IncompleteIndex(f"paper {paper_id} was not indexed") from None

    def metadata(self, paper_id: int) -> PaperMetadata:
        """A paper without its texts."""
        return self._metadata[self._place(paper_id)]

    def lengths(self, paper_id: int) -> tuple[int, int]:
        """The numbers of words in a paper's title and in its abstract."""
        return self._lengths[self._place(paper_id)]

    def counts(self, keyword: Keyword, paper_id: int, work: WorkBudget = UNLIMITED) -> Counts:
        """Field -> number of occurrences in a paper, which the keyword must hit."""
        work.spend(1)
        place = self._place(paper_id)
        places, counts = self._hits_of(keyword)
        at = bisect_left(places, place)
        if at == len(places) or places[at] != place:
            raise IncompleteIndex(f"{keyword.text} was not found in paper {paper_id}")
        return self._known_counts[counts[at]]


class IndexView:
    """A subset of an index as an index of its own: document frequencies and mean lengths are
    those of the subset."""

    def __init__(self, index: "PaperIndex | SlicedIndex", bits: Bits) -> None:
        self.index, self.bits = index, bits
        self.cache = IndexCache(share=0)
        self._means: tuple[float, float] | None = None
        self.ids, self.mask = index.ids, index.mask
        self.metadata, self.lengths, self.counts = index.metadata, index.lengths, index.counts

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __contains__(self, paper_id: int) -> bool:
        return paper_id in self.index and bool(self.mask([paper_id]) & self.bits)

    def everything(self) -> Bits:
        """The bits of all papers of the view."""
        return self.bits

    def evaluate(self, keyword: Keyword) -> Bits:
        """The bits of the papers of the view that a keyword matches."""
        return self.index.evaluate(keyword) & self.bits

    def mean_lengths(self) -> tuple[float, float]:
        """The means of `lengths` over about the first thousand papers; 1 if there is no word."""
        if self._means is None:
            some = [self.lengths(paper_id) for paper_id in self.ids(self.bits)[:BLOCK_SIZE]]
            titles, abstracts = zip(*some or [(0, 0)], strict=True)
            self._means = fmean(titles) or 1.0, fmean(abstracts) or 1.0
        return self._means


AnyIndex = PaperIndex | IndexView
