"""Importing the largest library: 5,000 papers read in a process of their own, and suggestions."""

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

from digest.libraries.library import MAX_BYTES, MAX_PAPERS
from digest.libraries.library_suggestions import suggest_keywords
from digest.libraries.program import MAX_SECONDS
from digest.libraries.reading_process import read_library
from digest.matching.index import PaperIndex

from . import corpus
from .table import publish, table, verdict

INDEXED = 10_000
_ABSTRACT = 350  # characters: as many as 5 MB have room for


@dataclass(frozen=True)
class Spent:
    """Seconds of the processor, and of the clock."""

    processor: float
    clock: float


def _bibtex() -> bytes:
    entries = (
        f"@article{{k{paper.id},\n title = {{{paper.title} {paper.id % 977}}},\n"
        f" author = {{{' and '.join(f'Lamp{n}, Ada{paper.id % 500 + n}' for n in range(6))}}},\n"
        f" year = {{2025}},\n keywords = {{{', '.join(paper.title.split()[:4])}}},\n"
        f" abstract = {{{paper.abstract[:_ABSTRACT]}}}\n}}\n"
        for paper in corpus.papers(MAX_PAPERS)
    )
    return "".join(entries).encode()


def _ris() -> bytes:
    entries = (
        f"TY  - JOUR\nTI  - {paper.title} {paper.id % 977}\n"
        + "".join(f"AU  - Lamp{n}, Ada{paper.id % 500 + n}\n" for n in range(6))
        + f"KW  - {paper.title[:20]}\nPY  - 2025\nAB  - {paper.abstract[:_ABSTRACT]}\nER  - \n\n"
        for paper in corpus.papers(MAX_PAPERS)
    )
    return "".join(entries).encode()


def _processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _spent(call: Callable[[], object], who: int) -> Spent:
    """The least of three runs."""
    runs = []
    for _ in range(3):
        before, started = _processor(who), time.perf_counter()
        call()
        runs.append(Spent(_processor(who) - before, time.perf_counter() - started))
    return min(runs, key=lambda run: run.processor)


def _yardstick() -> None:
    for _ in range(1_000_000):
        pass


def library_table() -> None:
    """Reading two formats, and suggesting keywords from what was read."""
    files = {"BibTeX": _bibtex(), "RIS": _ris(), "a RIS of one paper": _ris()[:700]}
    assert all(len(data) <= MAX_BYTES for data in files.values())
    index = PaperIndex(corpus.papers(INDEXED), through=INDEXED)
    library = read_library(files["BibTeX"])
    gc.collect()
    gc.freeze()
    yardstick = _spent(_yardstick, resource.RUSAGE_THREAD).processor
    rows = []
    for name, data in files.items():
        spent = _spent(lambda data=data: read_library(data), resource.RUSAGE_CHILDREN)  # type: ignore[misc]
        rows.append([f"read {name}", f"{len(data) / 1e6:.1f}", spent])
    spent = _spent(lambda: suggest_keywords(library, index), resource.RUSAGE_THREAD)
    rows.append([f"suggest, of {INDEXED:,} papers", "", spent])
    gc.unfreeze()
    lines = [
        [
            what,
            size,
            f"{each.processor:.2f}",
            f"{each.clock:.2f}",
            f"{each.processor / yardstick:.0f}",
            verdict(each.processor, MAX_SECONDS, at_least=False),
        ]
        for what, size, each in rows
    ]
    title = f"Import of {MAX_PAPERS:,} papers"
    head = ["", "MB", "processor, s", "clock, s", "yardsticks", "must, s"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    note = (
        f"\nThe yardstick, a million turns of an empty loop: {yardstick * 1e3:.0f} ms. "
        f"The process that reads had at most {peak:.0f} MB.\n"
    )
    publish("library", table(title, head, lines) + note)


def run() -> None:
    """The one table."""
    library_table()


if __name__ == "__main__":
    run()
