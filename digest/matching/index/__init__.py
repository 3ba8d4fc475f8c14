"""The papers of a window in memory, and the bits of those that a keyword matches."""

from collections.abc import Iterable

from ..keywords import Keyword
from ..keywords.atoms import Phrase
from .block import SIZE, Block
from .field import slots
from .paper import IncompleteIndex, PaperText, Span
from .where import spans

__all__ = ["IncompleteIndex", "PaperIndex", "PaperText", "Span"]


class PaperIndex:
    """Papers and, for any keyword, the bits of those that match.

    It declares that it holds every numbered paper with `after` < seq <= `through`, as of the
    papers' change counter `change`. Papers without a number may be held too. Bit n of every
    answer is the n-th paper added; bits stay valid until `refresh`, `remove` or `forget`.
    Not thread-safe while it is being changed.
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
        for paper in papers:
            self._put(paper)

    def __len__(self) -> int:
        return len(self._places)

    def refresh(self, papers: Iterable[PaperText], *, through: int, change: int) -> None:
        """Adds new papers, replaces those whose id is held, and moves the horizon.

        Raises ValueError where the horizon would move backwards.
        """
        if through < self.through:
            raise ValueError(f"the horizon is {self.through} and cannot go back to {through}")
        for paper in papers:
            self._put(paper)
        self.through, self.change = through, change

    def remove(self, ids: Iterable[int]) -> None:
        """Takes out papers that no longer exist or must not match (withdrawn); unknown ids are
        ignored. To drop papers for their age, use `forget`."""
        for paper_id in ids:
            if (at := self._places.pop(paper_id, None)) is not None:
                self._blocks[at // SIZE].take(at % SIZE)

    def forget(self, after: int) -> None:
        """Drops the numbered papers up to and including `after`; older windows are refused from
        then on."""
        old = [p for p in self._places if (seq := self.paper(p).seq) is not None and seq <= after]
        self.remove(old)
        self.after = max(self.after, after)

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
        return self._bits(
            place
            for paper_id, place in self._places.items()
            if (seq := self.paper(paper_id).seq) is not None and after < seq <= through
        )

    def mask(self, ids: Iterable[int]) -> int:
        """The bits of these papers. Raises IncompleteIndex for one that is not held."""
        try:
            return self._bits([self._places[paper_id] for paper_id in ids])
        except KeyError as missing:
            raise IncompleteIndex(f"the index does not hold paper {missing}") from None

    def everything(self) -> int:
        """The bits of all papers held."""
        found = 0
        for number, block in enumerate(self._blocks):
            found |= block.alive << (number * SIZE)
        return found

    def evaluate(self, keyword: Keyword) -> int:
        """The bits of the papers that a keyword matches; for one that excludes, of the papers to
        be left out."""
        tree = keyword.tree
        found, shift = 0, 0
        if isinstance(tree, Phrase) and not tree.field and (keys := tree.keys):
            for block in self._blocks:
                bits, title, abstract = 0, block.title.terms, block.abstract.terms
                for key in keys:
                    bits |= title.get(key, 0) | abstract.get(key, 0)
                found |= bits << shift
                shift += SIZE
            return found
        for block in self._blocks:
            found |= block.evaluate(tree) << shift
            shift += SIZE
        return found

    def ids(self, bits: int) -> list[int]:
        """The ids of the papers of these bits, in the order they were added."""
        found = []
        for at in slots(bits):
            paper = self._blocks[at // SIZE].papers[at % SIZE]
            assert paper is not None
            found.append(paper.id)
        return found

    def paper(self, paper_id: int) -> PaperText:
        """A paper held. Raises IncompleteIndex for one that is not."""
        place = self._places.get(paper_id)
        if place is None:
            raise IncompleteIndex(f"the index does not hold paper {paper_id}")
        paper = self._blocks[place // SIZE].papers[place % SIZE]
        assert paper is not None
        return paper

    def where(self, keyword: Keyword, paper_id: int) -> list[Span]:
        """What of the paper the keyword hit: title first, then abstract, author, org, category."""
        return spans(keyword, self.paper(paper_id))

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

    @staticmethod
    def _bits(places: Iterable[int]) -> int:
        found = bytearray()
        for place in places:
            if place // 8 >= len(found):
                found.extend(bytes(place // 8 + 1 - len(found)))
            found[place // 8] |= 1 << place % 8
        return int.from_bytes(found, "little")
