"""Neighbours: 20,000 keywords against the papers of a morning, and the similar papers of a page."""

import random
import time
from collections.abc import Callable, Sequence

import numpy as np

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.index_cache import IndexCache
from digest.matching.similarity import (
    NEIGHBOUR,
    PaperVector,
    TermCounts,
    closest_papers,
    paper_terms,
    paper_vector,
    similar_papers,
    term_weights,
)

from . import corpus
from .table import publish, table, verdict

KEYWORDS, PAPERS, COUNTED = 20_000, 1_000, 5_000
LIMIT = 2.0  # seconds
PAGE_PAPERS, PAGES, PAGE_LIMIT = 10_000, 300, 20.0  # milliseconds
_MADE = 2_000  # rows that differ; the others repeat them, which saves nothing below
_MATCHES = 12  # of a keyword
_INNER = 512  # of the yardstick's two matrices


def _timed(work: Callable[[], object], times: int = 3) -> float:
    """The best of some runs, in seconds of the processor."""
    best = float("inf")
    for _ in range(times):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def _rows(index: PaperIndex) -> list[TermCounts]:
    """The counts of keywords: each of papers that have a word in common, if there are any."""
    drawn, weights = random.Random(9), term_weights(index)
    ids = index.ids(index.everything())
    terms = {paper_id: frozenset(paper_terms(index, paper_id)) for paper_id in ids}
    found = []
    for _ in range(_MADE):
        word = drawn.choice(sorted(terms[drawn.choice(ids)]))
        with_it = [paper_id for paper_id in drawn.sample(ids, 800) if word in terms[paper_id]]
        chosen = (with_it + drawn.sample(ids, _MATCHES))[:_MATCHES]
        found.append(TermCounts().plus((terms[paper_id] for paper_id in chosen), weights))
    return found * (KEYWORDS // _MADE)


def _yardstick() -> float:
    """Seconds of the processor for a dense float32 product whose result has as many cosines."""
    drawn = np.random.default_rng(1)
    left = drawn.random((KEYWORDS, _INNER), dtype=np.float32)
    right = drawn.random((_INNER, PAPERS), dtype=np.float32)
    return _timed(lambda: left @ right)


def keywords_table() -> None:
    """Vectors of 20,000 keywords, from their counts, and the cosines with 1,000 papers."""
    index = PaperIndex(corpus.papers(COUNTED))
    weights, rows = term_weights(index), _rows(index)
    papers = index.newest(index.everything(), PAPERS)
    held: list[PaperVector] = []

    def read_papers() -> None:
        held[:] = [paper_vector(index, paper_id, weights) for paper_id in papers]

    read = _timed(read_papers)
    compared = _timed(lambda: closest_papers(rows, held, weights, NEIGHBOUR))
    whole, yardstick = read + compared, _yardstick()
    steps = {"the papers' vectors": read, "the keywords' vectors and cosines": compared}
    lines = [
        [name, f"{spent:.2f}", f"{spent / yardstick:.1f}", ""] for name, spent in steps.items()
    ]
    lines.append(["together", f"{whole:.2f}", f"{whole / yardstick:.1f}",
                  verdict(whole, LIMIT, at_least=False)])  # fmt: skip
    title = f"Neighbours: {len(rows):,} keywords × {PAPERS:,} papers"
    head = ["step", "processor, s", "yardsticks", "must, s"]
    size = f"{KEYWORDS:,} × {_INNER} by {_INNER} × {PAPERS:,}"
    note = f"\nThe yardstick, a dense float32 product of {size}: {yardstick:.2f} s.\n"
    publish("neighbours", table(title, head, lines) + note)


def _page_times(index: PaperIndex, papers: Sequence[PaperText]) -> list[float]:
    """Milliseconds of the processor for each paper, the first with nothing cached."""
    index.cache = IndexCache(len(index))
    found = []
    for paper in papers:
        started = time.process_time()
        similar_papers(index, paper.title, paper.abstract, besides=paper.id, most=8)
        found.append(1e3 * (time.process_time() - started))
    return found


def pages_table() -> None:
    """Similar papers of a paper's page."""
    papers = corpus.papers(PAGE_PAPERS)
    index = PaperIndex(papers)
    asked = random.Random(4).sample(papers, PAGES)
    runs = [_page_times(index, asked) for _ in range(3)]
    times = sorted(map(min, zip(*runs, strict=True)))
    worst, median = times[-1], times[len(times) // 2]
    cells = [f"{median:.1f}", f"{worst:.1f}", verdict(worst, PAGE_LIMIT, at_least=False)]
    title = f"Similar papers of {PAGES} pages, {PAGE_PAPERS:,} papers indexed"
    publish("similar_papers", table(title, ["median, ms", "worst, ms", "must, ms"], [cells]))


def run() -> None:
    """Both tables."""
    keywords_table()
    pages_table()


if __name__ == "__main__":
    run()
