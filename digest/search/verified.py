"""Candidates verified by the matcher, and ranked."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from time import monotonic

from digest.matching.full_text import PaperDocument, StoredPaper, TextNeeded, needs_texts
from digest.matching.index import PaperMetadata
from digest.matching.index.index_cache import IndexCache
from digest.matching.index.indexed_words import AtomCounts
from digest.matching.query import Keyword
from digest.matching.query.syntax_tree import Tree
from digest.matching.ranking import rank
from digest.matching.statistics.length_totals import LengthTotals, typical_attention
from digest.matching.work_budget import UNLIMITED, WorkBudget
from digest.models import Paper
from digest.models.database import among
from digest.paper_texts import paper_text

from .full_text import Candidate, TimeUp

READ_SECONDS = 1.0  # for the texts of the papers that are ordered


def verified(
    keyword: Keyword, candidates: Iterable[Candidate], end: float
) -> dict[int, StoredPaper]:
    """Return paper id -> paper for those that the keyword matches, in their order.

    Raises TimeUp if their texts are still being read at `end`, of the monotonic clock.
    """
    stored = {
        each.paper_id: StoredPaper(PaperDocument(each.text, each.joins)) for each in candidates
    }
    if needs_texts(keyword.tree):
        stored = _with_texts(stored)
    answers = {pk: _answer(paper, keyword.tree, end) for pk, paper in stored.items()}
    unsure = [pk for pk, answer in answers.items() if answer is None]
    read = _with_texts({pk: stored[pk] for pk in unsure})
    stored |= read
    answers |= {pk: _answer(paper, keyword.tree, end) for pk, paper in read.items()}
    return {pk: stored[pk] for pk, answer in answers.items() if answer}


def _answer(paper: StoredPaper, tree: Tree, end: float) -> bool | None:
    """Whether a paper matches; None if its texts are needed."""
    if paper.paper is not None and monotonic() > end:  # a text may be as long as a book
        raise TimeUp
    try:
        return paper.matches(tree)
    except TextNeeded:
        return None


def _with_texts(stored: Mapping[int, StoredPaper]) -> dict[int, StoredPaper]:
    """The papers read from the database; without those that have been deleted since."""
    texts = {paper.pk: paper_text(paper) for paper in _rows(stored)} if stored else {}
    return {pk: replace(paper, paper=texts[pk]) for pk, paper in stored.items() if pk in texts}


def _rows(ids: Iterable[int]) -> Iterable[Paper]:
    return Paper.objects.filter(among("id", ids)).order_by()


def best_first(keyword: Keyword, found: Mapping[int, StoredPaper], today: date) -> tuple[int, ...]:
    """Return the ids of these papers, those first that the keyword hits most strongly.

    Those whose texts could not be read in READ_SECONDS are the last.
    """
    papers = FoundPapers(keyword, found)
    hits = dict.fromkeys(papers.facts, (keyword,))
    ranked = [match.paper_id for match in rank(papers, hits, today=today)]
    return tuple(dict.fromkeys([*ranked, *found]))


class FoundPapers:
    """The papers of a search, as ranking asks for them."""

    def __init__(self, keyword: Keyword, found: Mapping[int, StoredPaper]) -> None:
        self.cache = IndexCache(share=0)
        rows = Paper.objects.filter(among("id", found)).order_by()
        self.facts = {
            pk: PaperMetadata(pk, seq, published, listed, votes or 0, comments or 0, sources, "")
            for pk, seq, published, listed, votes, comments, sources in rows.values_list(
                "id", "seq", "published_on", "listed_on", "upvotes", "comment_count", "source_count"
            )
        }
        self._lengths = {
            pk: (paper.document.length("title"), paper.document.length("abstract"))
            for pk, paper in found.items()
        }
        self._means = LengthTotals.of(self._lengths.values()).means()
        self._counts = _counts(keyword.tree, {pk: found[pk] for pk in found if pk in self.facts})
        self.facts = {pk: self.facts[pk] for pk in found if pk in self._counts}
        self._attention = typical_attention(each.attention for each in self.facts.values())
        self._bits = (1 << len(self.facts)) - 1

    def __len__(self) -> int:
        return len(self.facts)

    def evaluate(self, keyword: Keyword) -> int:
        """The bits of all papers: each was found because the keyword matches it."""
        return self._bits

    def metadata(self, paper_id: int) -> PaperMetadata:
        return self.facts[paper_id]

    def lengths(self, paper_id: int) -> tuple[int, int]:
        return self._lengths[paper_id]

    def mean_lengths(self) -> tuple[float, float]:
        return self._means

    def typical_attention(self) -> float:
        return self._attention

    def ids(self, bits: int) -> list[int]:
        """All ids; no other bits than those of all papers are known."""
        return list(self.facts) if bits else []

    def mask(self, ids: Iterable[int]) -> int:
        """The bits of all papers."""
        return self._bits

    def same_stem(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> int:
        """No bits: each paper was found because the keyword matches it."""
        return 0

    def frequencies(self, keyword: Keyword, work: WorkBudget = UNLIMITED) -> tuple[int, ...]:
        """For each atom that the keyword asks for: in how many of the papers it occurs."""
        found = zip(*self._counts.values(), strict=True)
        return tuple(sum(1 for fields in atom if fields) for atom in found)

    def atom_counts(
        self, keyword: Keyword, paper_id: int, work: WorkBudget = UNLIMITED
    ) -> tuple[AtomCounts, ...]:
        return self._counts[paper_id]


def _counts(tree: Tree, found: Mapping[int, StoredPaper]) -> dict[int, tuple[AtomCounts, ...]]:
    """Paper id -> occurrences; without papers that were deleted meanwhile, and those whose texts
    cannot be read in time."""
    counted: dict[int, tuple[AtomCounts, ...]] = {}
    unsure: dict[int, StoredPaper] = {}
    for pk, paper in found.items():
        try:
            counted[pk] = paper.atom_counts(tree)
        except TextNeeded:
            unsure[pk] = paper
    end = monotonic() + READ_SECONDS
    for pk, paper in _with_texts(unsure).items():
        if monotonic() > end:
            break
        counted[pk] = paper.atom_counts(tree)
    return counted
