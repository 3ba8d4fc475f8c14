"""The papers of a window in memory, and the bits of those that a keyword matches."""

from collections.abc import Callable, Iterable, Iterator
from statistics import fmean

from digest.matching.query import Keyword
from digest.matching.query.syntax_tree import Tree
from digest.matching.work_budget import UNCOUNTED, Work

from .batch_matching import Bulk
from .bits import bits_at, last, slots
from .block import SIZE, Block
from .compiled_queries import Compiled
from .hit_spans import spans
from .index_cache import Notes, Strength
from .papers import Facts, IncompleteIndex, PaperText, Span

__all__ = ["Compiled", "Facts", "IncompleteIndex", "PaperIndex", "PaperText", "Span", "Strength"]

_LOOK_UP = 3  # steps
_PLACE = 100  # bytes
_MOST_READY = 2  # blocks kept ready for very many keywords: each weighs about 100 MB


class PaperIndex:
    """Papers and, for any keyword, the bits of those that match.

    It declares that it holds every numbered paper with `after` < seq <= `through`, as of the
    papers' change counter `change`. Papers without a number may be held too. Bit n of every
    answer is the n-th paper added; bits stay valid until `refresh` or `remove`.
    While a paper held is being replaced or removed, nobody else may read.
    """

    def __init__(
        self,
        papers: Iterable[PaperText] = (),
        *,
        after: int = 0,
        through: int = 0,
        change: int = 0,
    ) -> None:
        self.after, self.through, self.change = after, through, change
        self._blocks: list[Block] = []
        self._places: dict[int, int] = {}
        self._windows: dict[tuple[int, int], int] = {}
        self._means: tuple[float, float] | None = None
        self._ready: dict[Block, Bulk] = {}
        self.notes = Notes()
        for paper in papers:
            self._put(paper)
        self.notes = Notes(len(self))

    def __len__(self) -> int:
        return len(self._places)

    @property
    def nbytes(self) -> int:
        """The memory it takes without its notes, in bytes; about."""
        return sum(block.nbytes for block in self._blocks) + _PLACE * len(self._places)

    def __contains__(self, paper_id: int) -> bool:
        return paper_id in self._places

    def refresh(self, papers: Iterable[PaperText], *, through: int, change: int) -> None:
        """Adds new papers, replaces those whose id is held, and moves the horizon.

        Raises ValueError where the horizon would move backwards.
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

    def renewed(
        self,
        papers: Iterable[PaperText],
        *,
        keep: Callable[[Facts], bool],
        through: int,
        change: int,
    ) -> "PaperIndex":
        """A new index with these papers, new or as they are now, without the blocks of which no
        paper is to be kept; `after` moves past the numbered papers that go. This index stays
        usable: both share the blocks in which no text changed."""
        found = PaperIndex(after=self.after, through=through, change=change)
        for block in self._blocks:
            facts = block.papers.all_facts()
            if any(map(keep, facts)):
                base = len(found._blocks) * SIZE
                found._blocks.append(block)
                found._places |= {each.id: base + slot for slot, each in block.papers.held()}
            else:
                found.after = max([found.after, *(each.seq or 0 for each in facts)])
        found._replace(papers)
        found._changed()
        return found

    def _replace(self, papers: Iterable[PaperText]) -> None:
        """Add papers, or put them in new blocks in place of what they were."""
        changed: dict[int, dict[int, PaperText]] = {}
        for paper in papers:
            if (place := self._places.get(paper.id)) is None:
                self._put(paper)
            elif not self._blocks[place // SIZE].attends(place % SIZE, paper):
                changed.setdefault(place // SIZE, {})[place % SIZE] = paper
        for number, some in changed.items():
            self._blocks[number] = self._blocks[number].with_papers(some)

    def _changed(self) -> None:
        self._windows, self._means, self._ready = {}, None, {}
        self.notes = Notes(len(self))

    def remove(self, ids: Iterable[int]) -> None:
        """Takes out papers that no longer exist or must not match (withdrawn); unknown ids are
        ignored."""
        for paper_id in ids:
            if (at := self._places.pop(paper_id, None)) is not None:
                self._blocks[at // SIZE].take(at % SIZE)
        self._changed()

    def window(self, after: int, through: int, *, change: int) -> int:
        """The bits of the numbered papers with `after` < seq <= `through`.

        Raises IncompleteIndex unless every one of them is held, as of `change`.
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
                if (seq := self.facts(paper_id).seq) is not None and after < seq <= through
            ]
        )

    def mask(self, ids: Iterable[int]) -> int:
        """The bits of these papers. Raises IncompleteIndex for one that is not held."""
        try:
            return bits_at([self._places[paper_id] for paper_id in ids])
        except KeyError as missing:
            raise IncompleteIndex(f"the index does not hold paper {missing}") from None

    def everything(self) -> int:
        """The bits of all papers held."""
        found = 0
        for number, block in enumerate(self._blocks):
            found |= block.alive << (number * SIZE)
        return found

    def evaluate(self, keyword: Keyword, work: Work = UNCOUNTED) -> int:
        """The bits of the papers that a keyword matches; for one that excludes, of the papers to
        be left out.

        Counts its steps in `work` and raises TooBroad beyond its limit; an answer that is kept
        costs one.
        """
        known = self.notes.bits
        bits = known.get(keyword.canonical)
        if bits is not None:
            work.spend(1)
            return bits
        return known.keep(keyword.canonical, self._evaluate(keyword.tree, work))

    def _evaluate(self, tree: Tree, work: Work) -> int:
        blocks = self._blocks
        if len(blocks) == 1:
            return blocks[0].evaluate(tree, work)
        found = 0
        for number, block in enumerate(blocks):
            found |= block.evaluate(tree, work) << number * SIZE
        return found

    def prepare(self) -> None:
        """Makes the tables that `evaluate_all` looks up; they stay until papers change."""
        for block in self._blocks[-_MOST_READY:]:
            if block not in self._ready:
                self._ready[block] = Bulk(block)

    def evaluate_all(self, compiled: Compiled) -> Iterator[int]:
        """`evaluate` of each of `compiled.keywords`; the way for very many of them."""
        if len(self._blocks) == 1:
            return self._bulk(self._blocks[0]).evaluate_all(compiled)
        found = [0] * len(compiled)
        for number, block in enumerate(self._blocks):
            for at, bits in enumerate(self._bulk(block).evaluate_all(compiled)):
                if bits:
                    found[at] |= bits << number * SIZE
        return iter(found)

    def _bulk(self, block: Block) -> Bulk:
        return self._ready.get(block) or Bulk(block)

    def ids(self, bits: int) -> list[int]:
        """The ids of the papers of these bits, in the order they were added."""
        found = []
        for at in slots(bits):
            paper = self._blocks[at // SIZE].papers.facts(at % SIZE)
            assert paper is not None
            found.append(paper.id)
        return found

    def newest(self, bits: int, most: int) -> list[int]:
        """The ids of the last `most` papers of these bits, in the order they were added."""
        return self.ids(last(bits, most))

    def paper(self, paper_id: int) -> PaperText:
        """A paper held. Raises IncompleteIndex for one that is not."""
        block, slot = self._place(paper_id)
        paper = block.papers[slot]
        assert paper is not None
        return paper

    def facts(self, paper_id: int) -> Facts:
        """A paper held, without its texts. Raises IncompleteIndex for one that is not."""
        block, slot = self._place(paper_id)
        facts = block.papers.facts(slot)
        assert facts is not None
        return facts

    def where(self, keyword: Keyword, paper_id: int) -> list[Span]:
        """What of the paper the keyword hit: title first, then abstract, author, org, category."""
        return spans(keyword, self.paper(paper_id))

    def counts(self, keyword: Keyword, paper_id: int, work: Work = UNCOUNTED) -> dict[str, int]:
        """Field -> how often what the keyword wants occurs there in a paper."""
        block, slot = self._place(paper_id)
        return block.counts(keyword.tree, slot, work)

    def lengths(self, paper_id: int) -> tuple[int, int]:
        """The words of a paper's title and of its abstract."""
        block, slot = self._place(paper_id)
        return block.lengths(slot)

    def folded(self, paper_id: int) -> tuple[list[str], list[str]]:
        """The folded words of a paper's title and of its abstract, in order."""
        block, slot = self._place(paper_id)
        return block.title.folded(slot), block.abstract.folded(slot)

    def frequency(self, term: str, work: Work = UNCOUNTED) -> int:
        """The papers with one folded word, or two neighbouring ones, in title or abstract."""
        found = 0
        for block in self._blocks:
            fields = block.title, block.abstract
            work.spend(2 * _LOOK_UP)
            one, other = (f.pair(term, work) if " " in term else f.words.get(term) for f in fields)
            found += (one | other).bit_count()
        return found

    def known(self, terms: set[str]) -> set[str]:
        """Those of the folded words that any paper has in title or abstract."""
        found: set[str] = set()
        for block in self._blocks:
            found |= block.title.words.among(terms)
            found |= block.abstract.words.among(terms)
        return found

    def mean_lengths(self) -> tuple[float, float]:
        """The means of `lengths` over the papers held (of at most about a thousand of them); 1
        where there is no word."""
        if self._means is None:
            some = [self.lengths(paper_id) for paper_id in list(self._places)[:SIZE]]
            titles, abstracts = zip(*some or [(0, 0)], strict=True)
            self._means = fmean(titles) or 1.0, fmean(abstracts) or 1.0
        return self._means

    def _place(self, paper_id: int) -> tuple[Block, int]:
        place = self._places.get(paper_id)
        if place is None:
            raise IncompleteIndex(f"the index does not hold paper {paper_id}")
        return self._blocks[place // SIZE], place % SIZE

    def _put(self, paper: PaperText) -> None:
        place = self._places.get(paper.id)
        if place is not None:
            block, slot = self._blocks[place // SIZE], place % SIZE
            if block.papers[slot] != paper:
                block.take(slot)
                block.put(slot, paper)
            return
        if not self._blocks or self._blocks[-1].full:
            self._blocks.append(Block())
        slot = self._blocks[-1].add(paper)
        self._places[paper.id] = (len(self._blocks) - 1) * SIZE + slot
