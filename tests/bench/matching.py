"""Speed and memory of matching, beside PostgreSQL and FTS5, in one run."""

import gc
import os
import random
import statistics
import time
import tracemalloc
from collections import Counter
from datetime import date

from digest.matching.index import CompiledKeywords, PaperIndex, PaperText
from digest.matching.index.bits import ngrams as rows_of_words
from digest.matching.query import parse
from digest.matching.ranking import rank, select

from . import corpus, peers
from .table import publish, table, verdict

KEYWORDS = int(os.environ.get("BENCH_KEYWORDS", "1000000"))
# 1.2 times what it was when each block held a dictionary of all pairs of words.
_MOST_OF_ONE_TABLE = 1.2 * 1.47
PEER_KEYWORDS = int(os.environ.get("BENCH_PEER_KEYWORDS", "100000"))


def _seconds(call: object) -> float:
    started = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - started


def _evaluate(index: PaperIndex, keywords: CompiledKeywords) -> int:
    return sum(map(bool, index.evaluate_all(keywords)))


def _ready(papers: list[PaperText]) -> PaperIndex:
    index = PaperIndex(papers, through=len(papers))
    index.prepare()
    return index


def compiled(queries: list[peers.Query]) -> tuple[CompiledKeywords, float]:
    """The keywords, and the seconds it took to read and to compile them."""
    texts = [corpus.typed(*query) for query in queries]
    started = time.perf_counter()
    return CompiledKeywords(map(parse, texts)), time.perf_counter() - started


def main_table() -> None:
    """A million keywords, a thousand papers, and the peers at the same job."""
    papers = corpus.papers(1000)
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in corpus.papers(6000)[:1000]])
    queries = drawn.draw(KEYWORDS)
    keywords, reading = compiled(queries)
    sample = random.Random(5).sample(queries, min(PEER_KEYWORDS, len(queries)))
    # A million keywords in memory must slow nobody's garbage collection, the peers' included.
    gc.collect()
    gc.freeze()
    ours, spent = _ours(papers, keywords)
    plain = statistics.median(_one_table(papers, queries) for _ in range(3))
    index = _ready(papers)
    hit = _evaluate(index, keywords)
    pairs = sum(map(int.bit_count, index.evaluate_all(compiled(sample)[0])))
    rows: list[list[object]] = [
        ["keywords read and compiled a second", f"{len(keywords) / reading:,.0f}",
         verdict(len(keywords) / reading, 20_000, at_least=True)],
        ["keywords with a hit", f"{hit / len(keywords):.0%}", verdict(hit / len(keywords),
        0.8, at_least=True)],
        ["build the index and its tables, s", f"{ours.build:.2f}", ""],
        [f"evaluate {len(keywords):,} keywords, s", f"{ours.evaluate:.2f}",
        f"{pairs:,} pairs in the peers' sample"],
        ["build + evaluate, s", f"{ours.build + ours.evaluate:.2f} ({spent:.2f} of the processor)",
        verdict(ours.build + ours.evaluate, 3, at_least=False)],
        ["as a ratio to one table of rows of words", f"{spent / plain:.2f}",
        verdict(spent / plain, _MOST_OF_ONE_TABLE, at_least=False)],
    ]  # fmt: skip
    scale = len(queries) / len(sample)
    rows += _peer_rows("SQLite FTS5", peers.fts5(papers, sample), scale, ours, 20)
    try:
        with peers.cluster() as url:
            found = peers.postgres(url, papers, sample)
        rows += _peer_rows("PostgreSQL", found, scale, ours, 15)
    except LookupError as reason:
        rows.append(["PostgreSQL", "skipped", str(reason)])
    gc.unfreeze()
    title = f"{len(keywords):,} distinct keywords, 1,000 papers, one core"
    kinds = Counter(kind for kind, _ in queries).most_common()
    mix = ", ".join(f"{kind} {count / len(queries):.0%}" for kind, count in kinds)
    timed = f"Peers: timed on {len(sample):,} of these keywords; times multiplied by {scale:g}."
    note = f"\nThe mix: {mix}.\n{timed}\n"
    publish("matching", table(title, ["work", "measured", "must"], rows) + note)


def _ours(papers: list[PaperText], keywords: CompiledKeywords) -> tuple[peers.Result, float]:
    """The middle one of three runs, each with an index of its own, and its processor seconds."""
    runs = []
    for _ in range(3):
        begun, started = time.process_time(), time.perf_counter()
        index = _ready(papers)
        built = time.perf_counter()
        pairs = sum(map(int.bit_count, index.evaluate_all(keywords)))
        done = time.perf_counter()
        run = peers.Result(built - started, done - built, pairs)
        runs.append((run, time.process_time() - begun))
    return sorted(runs, key=lambda run: run[0].build + run[0].evaluate)[1]


def _one_table(papers: list[PaperText], queries: list[peers.Query]) -> float:
    """Processor seconds for a dictionary of all rows of one to four words, and each keyword's
    words looked up in it as they are: little that any index could do without."""
    texts = [" ".join(words) for _, words in queries]
    started = time.process_time()
    held: dict[str, int] = {}
    for number, paper in enumerate(papers):
        for text in (paper.title, paper.abstract):
            words = text.split()
            for size in (1, 2, 3, 4):
                for row in rows_of_words(words, size):
                    held[row] = held.get(row, 0) | 1 << number
    sum(held.get(text, 0).bit_count() for text in texts)
    return time.process_time() - started


def _peer_rows(
    name: str, found: peers.Result, scale: float, ours: peers.Result, must: int
) -> list[list[object]]:
    whole = (found.build + found.evaluate * scale) / (ours.build + ours.evaluate)
    alone = found.evaluate * scale / ours.evaluate
    return [
        [
            f"{name}, s",
            f"{found.build:.2f} + {found.evaluate * scale:.1f}",
            f"{found.pairs:,} pairs",
        ],
        [f"times faster than {name}", f"{whole:.0f}", verdict(whole, must, at_least=True)],
        ["the same, evaluate alone", f"{alone:.0f}", verdict(alone, 40, at_least=True)],
    ]


def memory_table() -> None:
    """Memory of compiled keywords and indexed papers."""
    count = min(KEYWORDS, 200_000)
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in corpus.papers(1000)])
    texts = [corpus.typed(*query) for query in drawn.draw(count)]
    tracemalloc.start()
    keywords = CompiledKeywords(map(parse, texts))
    _evaluate(PaperIndex(corpus.papers(10)), keywords)
    weight = tracemalloc.get_traced_memory()[0]
    papers = corpus.papers(1000)
    before = tracemalloc.get_traced_memory()[0]
    index = PaperIndex(papers)
    papers_weight = tracemalloc.get_traced_memory()[0] - before
    index.prepare()
    tables_weight = tracemalloc.get_traced_memory()[0] - before - papers_weight
    tracemalloc.stop()
    million = weight / count * 1e6 / 2**30
    rows = [
        ["1,000,000 keywords, GiB", f"{million:.2f}", verdict(million, 1, at_least=False)],
        [f"index of {len(index):,} papers, MiB", f"{papers_weight / 2**20:.0f}", ""],
        ["its tables for very many keywords, MiB", f"{tables_weight / 2**20:.0f}", ""],
    ]
    publish(
        "memory",
        table(f"Memory (measured on {count:,} keywords)", ["what", "measured", "must"], rows),
    )
    del keywords


def preview_table() -> None:
    """One keyword over 10,000 papers, warm: count, meaning and five titles."""
    papers = corpus.papers(10_000)
    index = PaperIndex(papers, through=len(papers))
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in papers[:2000]], seed=23)
    texts = [corpus.typed(*query) for query in drawn.draw(4000)][:1000]
    everything = index.everything()
    _preview(index, "warm*", everything)
    _preview(index, '"warm up"', everything)
    spent = sorted(_seconds(lambda text=text: _preview(index, text, everything)) for text in texts)
    middle, high = statistics.median(spent) * 1e3, spent[int(len(spent) * 0.95)] * 1e3
    rows = [
        ["median, ms", f"{middle:.2f}", ""],
        ["p95, ms", f"{high:.2f}", verdict(high, 20, at_least=False)],
        ["worst, ms", f"{spent[-1] * 1e3:.1f}", ""],
    ]
    publish(
        "preview",
        table("Live preview of one keyword over 10,000 papers", ["", "measured", "must"], rows),
    )


def _preview(index: PaperIndex, text: str, within: int) -> tuple[str, int, list[str]]:
    keyword = parse(text)
    bits = index.evaluate(keyword) & within
    ids = index.ids(bits)
    return (
        keyword.meaning(),
        bits.bit_count(),
        [index.paper(paper_id).title for paper_id in ids[-5:]],
    )


def curve_table() -> None:
    """How the time grows with keywords and with papers."""
    rows: list[list[object]] = []
    papers = corpus.papers(1000)
    index = _ready(papers)
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in papers])
    queries = drawn.draw(KEYWORDS)
    for count in (1000, 10_000, 100_000, 1_000_000):
        if count <= len(queries):
            rows.append(_curve_row(index, queries[:count], len(papers)))
    for count in (100, 1000, 10_000):
        grown = corpus.papers(count)
        rows.append(_curve_row(PaperIndex(grown), queries[:100_000], count))
    head = ["keywords × papers", "evaluate, s", "µs a keyword and 1,000 papers"]
    publish("curve", table("How the time grows", head, rows))


def _curve_row(index: PaperIndex, queries: list[peers.Query], papers: int) -> list[object]:
    """`index` made ready beforehand is not timed; one of many blocks is made ready as it goes."""
    keywords, _ = compiled(queries)
    spent = _seconds(lambda: _evaluate(index, keywords))
    each = spent / len(queries) / papers * 1e9
    return [f"{len(queries):,} × {papers:,}", f"{spent:.3f}", f"{each:.2f}"]


def agreement_table() -> None:
    """Where the meanings agree, the papers must: exact words and phrases, AND, OR, NOT."""
    papers = corpus.papers(500)
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in papers], seed=31)
    queries = [q for q in drawn.draw(20_000) if q[0] in ("word", "exact", "and", "or", "not")][:300]
    index = PaperIndex(papers)
    wrong = [
        query
        for query in queries
        if set(index.ids(index.evaluate(parse(_exactly(query))))) != peers.fts5_ids(papers, query)
    ]
    rows = [["same papers as FTS5", f"{len(queries) - len(wrong)} of {len(queries)}", "all"]]
    rows += [["differs", str(query), ""] for query in wrong[:5]]
    publish("agreement", table("Agreement", ["", "measured", "must"], rows))


def _exactly(query: peers.Query) -> str:
    kind, words = query
    quoted = tuple(f'"{word}"' for word in words)
    return f'"{" ".join(words)}"' if kind in ("word", "exact") else corpus.typed(kind, quoted)


def digest_table() -> None:
    """One digest: select and rank twenty keywords over a day of papers."""
    papers = corpus.papers(1000)
    index = PaperIndex(papers, through=len(papers))
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in papers], seed=41)
    lists = [[parse(corpus.typed(*q)) for q in drawn.draw(40)[:20]] for _ in range(20)]
    window = index.window(970, 1000, change=0)
    spent = [
        _seconds(lambda k=k: rank(index, select(index, k, window), today=date(2026, 1, 1)))
        for k in lists
    ]
    rows = [["select and rank, ms a subscriber", f"{statistics.mean(spent) * 1e3:.2f}"]]
    publish("digest", table("One digest: 20 keywords, 30 new papers", ["", "measured"], rows))


def run() -> None:
    """All tables."""
    agreement_table()
    main_table()
    memory_table()
    preview_table()
    curve_table()
    digest_table()
