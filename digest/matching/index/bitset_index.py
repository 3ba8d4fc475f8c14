"""The index of the papers of a window: any number of blocks, of about a thousand papers each."""

from collections.abc import Callable, Iterable, Iterator

from digest.matching.query import Keyword
from digest.matching.query.syntax_tree import Tree
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .batch_matcher import BatchMatcher
from .bits import bits_at, highest, slots
from .block import BLOCK_SIZE, Block
from .compiled_keywords import CompiledKeywords
from .highlighting import hit_spans
from .index_cache import IndexCache
from .indexed_words import IndexedWords
from .stored_papers import IncompleteIndex, PaperMetadata, PaperText, Span

_PLACE = 100  # bytes of an entry of `_places`
_MAX_PREPARED = 2  # blocks prepared for batch matching: each takes about 100 MB


class PaperIndex(IndexedWords):
    """Papers and, for any keyword, the bits of those that match.

    It holds every numbered paper with `after` < seq <= `through`, as of the change counter
    `change` of the catalogue, and possibly papers without a number. Bit n of every answer is the
    n-th paper added; bits stay valid until `refresh` or `remove`. Not safe for other threads to
    read while a paper is replaced or removed.
    """

    def __init__(
        self,
        papers: Iterable[PaperText] = (),
        *,
        after: int = 0,
        through: int = 0,
        change: int = 0,
    ) -> None:
        super().__init__()
        self.after, self.through, self.change = after, through, change
        self._windows: dict[tuple[int, int], int] = {}
        self._ready: dict[Block, BatchMatcher] = {}
        self.cache = IndexCache()
        for paper in papers:
            self._put(paper)
        self.cache = IndexCache(len(self))

    def __len__(self) -> int:
        return len(self._places)

    @property
    def nbytes(self) -> int:
        """Estimated memory without the cache, in bytes."""
        return sum(block.nbytes for block in self._blocks) + _PLACE * len(self._places)

    def __contains__(self, paper_id: int) -> bool:
        return paper_id in self._places

    def refresh(self, papers: Iterable[PaperText], *, through: int, change: int) -> None:
        """Add new papers, replace those whose id is held, and advance `through` and `change`.

        Raises ValueError if `through` would decrease.
        """
        if through < self.through:
            raise ValueError(f"the horizon is {self.through} and cannot go back to {through}")
        for paper in papers:
            self._put(paper)
        for block in self._blocks:
            if block.full and not block.is_compact:
                block.compact()
        self._changed()
        self.through, self.change = through, change

    def updated_copy(
        self,
        papers: Iterable[PaperText],
        *,
        keep: Callable[[PaperMetadata], bool],
        through: int,
        change: int,
    ) -> "PaperIndex":
        """A new index with these papers added or replaced.

        Blocks none of whose papers pass `keep` are dropped, and `after` moves past their numbered
        papers. This index stays usable: both share the blocks in which no text changed.
        """
        found = PaperIndex(after=self.after, through=through, change=change)
        for block in self._blocks:
            facts = block.papers.all_metadata()
            if any(map(keep, facts)):
                base = len(found._blocks) * BLOCK_SIZE
                found._blocks.append(block)
                found._places |= {each.id: base + slot for slot, each in block.papers.items()}
            else:
                found.after = max([found.after, *(each.seq or 0 for each in facts)])
        found._replace(papers)
        found._changed()
        return found

    def _replace(self, papers: Iterable[PaperText]) -> None:
        """Add new papers; copy the blocks of those whose text changed."""
        changed: dict[int, dict[int, PaperText]] = {}
        for paper in papers:
            if (place := self._places.get(paper.id)) is None:
                self._put(paper)
            elif not self._blocks[place // BLOCK_SIZE].update_popularity(place % BLOCK_SIZE, paper):
                changed.setdefault(place // BLOCK_SIZE, {})[place % BLOCK_SIZE] = paper
        for number, some in changed.items():
            self._blocks[number] = self._blocks[number].with_papers(some)

    def _changed(self) -> None:
        self._windows, self._means, self._attention, self._ready = {}, None, None, {}
        self.cache = IndexCache(len(self))

    def remove(self, ids: Iterable[int]) -> None:
        """Remove papers that no longer exist or must not match (withdrawn); ignore unknown ids."""
        for paper_id in ids:
            if (at := self._places.pop(paper_id, None)) is not None:
                self._blocks[at // BLOCK_SIZE].remove(at % BLOCK_SIZE)
        self._changed()

    def window(self, after: int, through: int, *, change: int) -> int:
        """The bits of the numbered papers with `after` < seq <= `through`.

        Raises IncompleteIndex if the index does not hold all of them, as of `change`.
        """
        if change != self.change:
            raise IncompleteIndex(f"the index is of change {self.change}, not {change}")
        if after < self.after or through > self.through:
            raise IncompleteIndex(
                f"papers {after + 1} to {through} were asked for; the index holds "
                f"{self.after + 1} to {self.through}"
            )
        # Most subscribers share a window.
        found = self._windows.get((after, through))
        if found is None:
            found = self._windows[after, through] = self._numbered(after, through)
        return found

    def _numbered(self, after: int, through: int) -> int:
        return bits_at(
            [
                place
                for paper_id, place in list(self._places.items())
                if (seq := self.metadata(paper_id).seq) is not None and after < seq <= through
            ]
        )

    def mask(self, ids: Iterable[int]) -> int:
        """The bits of these papers. Raises IncompleteIndex if one is not held."""
        try:
            return bits_at([self._places[paper_id] for paper_id in ids])
        except KeyError as missing:
            raise IncompleteIndex(f"the index does not hold paper {missing}") from None

    def everything(self) -> int:
        """The bits of all papers held."""
        found = 0
        for number, block in enumerate(self._blocks):
            found |= block.occupied << (number * BLOCK_SIZE)
        return found

    def evaluate(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> int:
        """The bits of the papers that a keyword matches; for an exclusion, of those to leave out.

        Counts its steps in `work`; a cached answer costs one. Raises TooBroad beyond its limit.
        """
        known = self.cache.bits
        bits = known.get(keyword.canonical)
        if bits is not None:
            work.spend(1)
            return bits
        return known.keep(keyword.canonical, self._evaluate(keyword.tree, work))

    def _evaluate(self, tree: Tree, work: WorkBudget) -> int:
        blocks = self._blocks
        if len(blocks) == 1:
            return blocks[0].evaluate(tree, work)
        found = 0
        for number, block in enumerate(blocks):
            found |= block.evaluate(tree, work) << number * BLOCK_SIZE
        return found

    def prepare(self) -> None:
        """Build the tables that `evaluate_all` looks up; they are kept until papers change."""
        for block in self._blocks[-_MAX_PREPARED:]:
            if block not in self._ready:
                self._ready[block] = BatchMatcher(block)

    def evaluate_all(self, compiled: CompiledKeywords) -> Iterator[int]:
        """`evaluate` of each of `compiled.keywords`, in their order; faster for very many."""
        if len(self._blocks) == 1:
            return self._matcher(self._blocks[0]).evaluate_all(compiled)
        found = [0] * len(compiled)
        for number, block in enumerate(self._blocks):
            for at, bits in enumerate(self._matcher(block).evaluate_all(compiled)):
                if bits:
                    found[at] |= bits << number * BLOCK_SIZE
        return iter(found)

    def _matcher(self, block: Block) -> BatchMatcher:
        return self._ready.get(block) or BatchMatcher(block)

    def ids(self, bits: int) -> list[int]:
        """The ids of the papers of these bits, in the order they were added."""
        found = []
        for at in slots(bits):
            paper = self._blocks[at // BLOCK_SIZE].papers.metadata(at % BLOCK_SIZE)
            assert paper is not None
            found.append(paper.id)
        return found

    def newest(self, bits: int, most: int) -> list[int]:
        """The ids of the last `most` of these papers, in the order they were added."""
        return self.ids(highest(bits, most))

    def paper(self, paper_id: int) -> PaperText:
        """A paper with its texts. Raises IncompleteIndex if it is not held."""
        block, slot = self._place(paper_id)
        paper = block.papers[slot]
        assert paper is not None
        return paper

    def metadata(self, paper_id: int) -> PaperMetadata:
        """A paper without its texts. Raises IncompleteIndex if it is not held."""
        block, slot = self._place(paper_id)
        facts = block.papers.metadata(slot)
        assert facts is not None
        return facts

    def hit_spans(self, keyword: Keyword, paper_id: int) -> list[Span]:
        """See `highlighting.hit_spans`."""
        return hit_spans(keyword, self.paper(paper_id))

    def _put(self, paper: PaperText) -> None:
        place = self._places.get(paper.id)
        if place is not None:
            block, slot = self._blocks[place // BLOCK_SIZE], place % BLOCK_SIZE
            if block.papers[slot] != paper:
                block.remove(slot)
                block.put(slot, paper)
            return
        if not self._blocks or self._blocks[-1].full:
            self._blocks.append(Block())
        slot = self._blocks[-1].add(paper)
        self._places[paper.id] = (len(self._blocks) - 1) * BLOCK_SIZE + slot
