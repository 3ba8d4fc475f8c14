"""The memory of a process with 45 days of 700 papers in its index."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from digest.matching.index import PaperIndex, PaperText
from digest.simulation import process_costs as process
from tests.matching import samples

from . import corpus
from .table import publish, table, verdict

PAPERS = 45 * 700
MOST_MB = 350  # a process
DAY = 700


def grown(count: int) -> Iterator[PaperText]:
    """`count` papers: the sample, then its sentences mixed anew, each paper of two."""
    drawn = random.Random(5)
    known = samples.papers() if samples.LISTED.exists() else corpus.papers(2_000)
    for number in range(count):
        paper = known[number % len(known)]
        if number >= len(known):
            other = drawn.choice(known)
            own, others = paper.abstract.split(". "), other.abstract.split(". ")
            drawn.shuffle(own)
            own[: len(own) // 2] = others[: len(own) // 2]
            title = f"{other.title[:40]}{paper.title[20:]}"
            paper = replace(paper, title=title, abstract=". ".join(own))
        yield replace(paper, id=number + 1, seq=number + 1)


def measure() -> dict[str, float]:
    """What one process needs; run in a process of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    import django

    django.setup()
    import digest.tasks
    import digest.urls  # noqa: F401 - a web process has loaded both

    bare = process.memory()
    papers = [*grown(PAPERS)]
    before = process.memory()
    started = time.process_time()
    index = PaperIndex(papers, through=PAPERS)
    built = time.process_time() - started
    held = process.memory() - before
    more = [replace(paper, id=paper.id + PAPERS, seq=paper.id + PAPERS) for paper in papers[:DAY]]
    started = time.process_time()
    index.refresh(more, through=PAPERS + DAY, change=1)
    added = time.process_time() - started
    own = index.nbytes * PAPERS / len(index)
    return {"bare": bare, "held": held, "own": own / 2**20, "built": built, "added": added}


def run() -> None:
    """The table."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.index_memory"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    whole = found["bare"] + found["held"]
    rows = [
        ["a process with it, MB", f"{whole:.0f}", verdict(whole, MOST_MB, at_least=False)],
        ["of that without an index", f"{found['bare']:.0f}", ""],
        ["bytes a paper", f"{found['held'] * 2**20 / PAPERS:,.0f}", ""],
        ["counted by the index itself, MB", f"{found['own']:.0f}",
         verdict(found["own"] / found["held"], 0.8, at_least=True)],
        ["built, s of the processor", f"{found['built']:.1f}", ""],
        [f"{DAY} more papers, share of that", f"{found['added'] / found['built']:.1%}",
         verdict(found["added"] / found["built"], 0.05, at_least=False)],
    ]  # fmt: skip
    title = f"An index of {PAPERS:,} papers"
    publish("index-memory", table(title, ["", "measured", "must"], rows))


if __name__ == "__main__":
    print(json.dumps(measure()))
