"""An index of more papers than fit in memory at once, built slice by slice; and views."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping

from digest.matching.query import Keyword
from digest.matching.statistics.length_totals import LengthTotals, typical_attention
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .index import PaperIndex
from .index.bits import Bits, bits_at, slots
from .index.index_cache import BoundedCache, IndexCache
from .index.indexed_words import AtomCounts
from .index.stored_papers import IncompleteIndex, PaperMetadata, PaperText

Counts = tuple[AtomCounts, ...]  # of one paper, for each atom that a keyword asks for
_Occurrences = tuple["array[int]", "array[int]"]  # places of papers, and numbers of Counts


class SlicedIndex:
    """The hits of some keywords in any number of papers; answers like `PaperIndex`.

    An index of each slice is built, evaluated and dropped. Kept are the metadata and lengths of
    each paper, 8 bytes for each hit and for each paper with a word of the same stem (the paper, and
    a number that stands for the occurrences), 4 bytes for each paper with one of several atoms,
    and each combination of occurrences once. Other keywords raise IncompleteIndex rather than match
    nothing.
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
        self._hits = {name: _no_occurrences() for name in wanted}
        self._near = {name: _no_occurrences() for name in wanted}
        self._atoms: dict[str, list[array[int]]] = {}
        self._counts: dict[Counts, int] = {}
        for papers in slices:
            self._add(PaperIndex(papers), wanted)
        self._known_counts = list(self._counts)

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
            self._record(self._hits[name], keyword, index, found, base)
            if not keyword.excludes:
                near = index.same_stem(keyword) & ~found
                self._record(self._near[name], keyword, index, near, base)
                self._record_atoms(name, index.atom_bits(keyword), base)

    def _record(
        self, to: _Occurrences, keyword: Keyword, index: PaperIndex, found: Bits, base: int
    ) -> None:
        places, counts = to
        for at, paper_id in zip(slots(found), index.ids(found), strict=True):
            items = () if keyword.excludes else index.atom_counts(keyword, paper_id)
            places.append(base + at)
            counts.append(self._counts.setdefault(items, len(self._counts)))

    def _record_atoms(self, name: str, atoms: tuple[Bits, ...], base: int) -> None:
        if len(atoms) > 1:  # those of a single atom are the hits and the near hits
            known = self._atoms.setdefault(name, [array("I") for _ in atoms])
            for places, bits in zip(known, atoms, strict=True):
                places.extend(base + slot for slot in slots(bits))

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

    def _hits_of(self, keyword: Keyword) -> _Occurrences:
        try:
            return self._hits[keyword.canonical]
        except KeyError:
            raise IncompleteIndex(f"{keyword.text} was not looked for") from None

    def same_stem(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> Bits:
        """The bits of the papers that only have another word of the keyword's stem."""
        self._hits_of(keyword)
        return bits_at(self._near[keyword.canonical][0])

    def atom_bits(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> tuple[Bits, ...]:
        """See `IndexedWords.atom_bits`."""
        if (several := self._atoms.get(keyword.canonical)) is not None:
            return tuple(map(bits_at, several))
        return (self.evaluate(keyword) | self.same_stem(keyword),)

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

    def atom_counts(self, keyword: Keyword, paper_id: int, work: WorkBudget = UNLIMITED) -> Counts:
        """See `IndexedWords.atom_counts`; only for papers that the keyword hits, or nearly hits."""
        work.spend(1)
        place = self._place(paper_id)
        for places, counts in (self._hits_of(keyword), self._near[keyword.canonical]):
            at = bisect_left(places, place)
            if at < len(places) and places[at] == place:
                return self._known_counts[counts[at]]
        raise IncompleteIndex(f"{keyword.text} was not found in paper {paper_id}")


def _no_occurrences() -> _Occurrences:
    return array("I"), array("I")


class IndexView:
    """A subset of an index as an index of its own.

    Document frequencies, mean lengths and typical attention are those of the subset.
    """

    def __init__(self, index: "PaperIndex | SlicedIndex", bits: Bits) -> None:
        self.index, self.bits = index, bits
        self.cache = IndexCache(share=0)
        self._means: tuple[float, float] | None = None
        self._attention: float | None = None
        self.ids, self.mask = index.ids, index.mask
        self.metadata, self.lengths = index.metadata, index.lengths
        self.atom_counts, self.same_stem = index.atom_counts, index.same_stem

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

    def frequencies(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> tuple[int, ...]:
        """See `IndexedWords.frequencies`."""
        found = self.index.atom_bits(keyword, work)
        return tuple((bits & self.bits).bit_count() for bits in found)

    def mean_lengths(self) -> tuple[float, float]:
        """See `LengthTotals.means`."""
        if self._means is None:
            self._means = LengthTotals.of(map(self.lengths, self.ids(self.bits))).means()
        return self._means

    def typical_attention(self) -> float:
        """See `length_totals.typical_attention`."""
        if self._attention is None:
            papers = map(self.metadata, self.ids(self.bits))
            self._attention = typical_attention(paper.attention for paper in papers)
        return self._attention


AnyIndex = PaperIndex | IndexView
