"""Profiles: whether simulated readers find what they want earlier, and what that costs.

A simulated reader has a broad keyword and a hidden topic: a pattern in the labels of the sample's
papers, which neither the index nor a profile sees. They rate papers of the older half, half of them
on the topic, one rating in ten by mistake, or bring a library of that half, three papers in five of
it on the topic; measured are digests of the newer half.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.index_cache import Match
from digest.matching.query import parse
from digest.matching.ranking import rank, select
from digest.profiles.fitting import RatedPaper, fit
from digest.profiles.library_counting import count_terms
from digest.profiles.library_terms import LibraryTerms
from digest.profiles.ordering import order_by_profile
from digest.profiles.paper_terms import DocumentFrequencies, paper_terms
from tests.matching import samples
from tests.support.site import Site

from .quality import ndcg
from .table import publish, table, verdict

KEYWORDS = (
    "language model",
    "diffusion model",
    "reinforcement learning",
    "multimodal",
    "reasoning",
)
TOPICS = (
    "video", "image editing", "3d|gaussian splatting|nerf", "robot|vision-language-action",
    "code generation|software", "math", "agent", "retrieval|\\brag\\b", "hallucination",
    "quantization|pruning|kv cache", "speech|audio|music", "medical|clinical", "safety|jailbreak",
    "reward model|preference", "chain-of-thought", "mixture-of-experts", "long-context",
    "tool use|function calling", "world model", "interpretab|autoencoder", "multilingual",
    "text-to-image", "spatial reasoning", "embodied|navigation", "synthetic data", "distillation",
)  # fmt: skip
SHARES = 0.03, 0.3  # of a keyword's papers that are on a topic
DIGEST = 60  # matches of a digest
MISTAKES = 0.1
SEEDS = range(3)
IN_LIBRARY = 0.6  # of a library's papers that are on the topic


@dataclass(frozen=True)
class Given:
    """What a reader gives: so many ratings, and a library of so many papers."""

    ratings: int = 0
    library: int = 0
    abstracts: bool = True

    def __str__(self) -> str:
        library = f"{self.library} papers, {'abstracts too' if self.abstracts else 'titles only'}"
        return (
            " + ".join(
                filter(
                    None,
                    [f"{self.ratings} ratings" * bool(self.ratings), library * bool(self.library)],
                )
            )
            or "nothing"
        )


NOTHING = Given()
ALL_GIVEN = (
    NOTHING, Given(10), Given(20),
    Given(0, 40, abstracts=False), Given(0, 40), Given(0, 200, abstracts=False), Given(0, 200),
    Given(10, 40, abstracts=False), Given(10, 40), Given(20, 200),
)  # fmt: skip
Fit = Callable[[list[tuple[int, int]], LibraryTerms], dict[str, float]]


@dataclass(frozen=True)
class Half:
    """An index of half of the papers, and these and their labels by paper id."""

    index: PaperIndex
    papers: dict[int, PaperText]
    labels: dict[int, str]

    def matches(self, keyword: str) -> list[Match]:
        """What a keyword matches, as listed."""
        hits = select(self.index, [parse(keyword)], self.index.everything())
        found = rank(self.index, hits, today=date(2026, 1, 1))
        return sorted(found, key=lambda match: match.paper_id)


def halves() -> tuple[Half, Half]:
    """The papers with labels, the older and the newer half."""
    rows = [(samples.paper(at, row), row) for at, row in enumerate(samples.records(), 1)]
    known = [(paper, " | ".join(map(str, row["keywords"])).lower())  # type: ignore[call-overload]
             for paper, row in rows if row["keywords"]]  # fmt: skip
    middle = len(known) // 2
    first, second = (_half(part) for part in (known[:middle], known[middle:]))
    return first, second


def _half(part: Sequence[tuple[PaperText, str]]) -> Half:
    papers = {paper.id: paper for paper, _ in part}
    return Half(PaperIndex(papers.values()), papers, {paper.id: text for paper, text in part})


def quality_table() -> None:
    """nDCG@10 of digests before any rating, after some, and with a library."""
    older, newer = halves()
    ids = older.index.ids(older.index.everything())
    terms = {each: paper_terms(*older.index.terms(each)) for each in ids}
    frequencies = DocumentFrequencies.of(terms.values())

    def fitted(ratings: list[tuple[int, int]], library: LibraryTerms) -> dict[str, float]:
        rated = [RatedPaper(pk, value, "", "", terms[pk]) for pk, value in ratings]
        found = fit(rated, frequencies, library=library)
        return {each.term: each.weight for each in found}

    readers = list(_readers(older, newer))
    found = {given: _mean(readers, given, fitted) for given in ALL_GIVEN}
    before = found[NOTHING]
    rows = [
        [given, f"{score:.3f}", "" if given == NOTHING else verdict(score, before, at_least=True)]
        for given, score in found.items()
    ]
    title = f"Order by ratings and libraries, {len(readers)} simulated readers"
    publish("profile", table(title, ["given", "nDCG@10", "must"], rows))


@dataclass(frozen=True)
class Reader:
    """What a simulated reader may rate, what they get, and which topic they hide."""

    name: str
    topic: re.Pattern[str]
    older: Half
    newer: Half
    rated: list[Match]
    sent: list[Match]

    def ratings(self, number: int, seed: int) -> list[tuple[int, int]]:
        """So many ratings: paper id and value, half of them up."""
        draw = random.Random(f"{self.name} {seed}")
        ids = [match.paper_id for match in self.rated]
        draw.shuffle(ids)
        on = [pk for pk in ids if self.topic.search(self.older.labels[pk])][: number // 2]
        off = [pk for pk in ids if not self.topic.search(self.older.labels[pk])]
        true = [*((pk, 1) for pk in on), *((pk, -1) for pk in off[: number - len(on)])]
        return [(pk, -value if draw.random() < MISTAKES else value) for pk, value in true]

    def library(self, given: Given, seed: int) -> LibraryTerms:
        """The terms of a library: papers of the older half, whatever the keyword."""
        draw = random.Random(f"{self.name} library {seed}")
        labels = self.older.labels
        on = [pk for pk in labels if self.topic.search(labels[pk])]
        off = [pk for pk in labels if not self.topic.search(labels[pk])]
        wanted = min(len(on), round(given.library * IN_LIBRARY))
        ids = [*draw.sample(on, wanted), *draw.sample(off, given.library - wanted)]
        papers = [self.older.papers[pk] for pk in ids]
        if not given.abstracts:
            papers = [replace(paper, abstract="") for paper in papers]
        return count_terms(papers)

    def scores(self, weights: dict[str, float]) -> Iterator[float]:
        """nDCG@10 of each digest with a paper on the topic."""
        for start in range(0, len(self.sent) - DIGEST + 1, DIGEST):
            matches = sorted(self.sent[start : start + DIGEST], key=lambda match: -match.score)
            order = [m.paper_id for m in order_by_profile(self.newer.index, matches, weights)]
            labels = self.newer.labels
            if gains := {pk: 1 for pk in order if self.topic.search(labels[pk])}:
                yield ndcg(order, gains)


def _readers(older: Half, newer: Half) -> Iterator[Reader]:
    for keyword in KEYWORDS:
        rated, sent = older.matches(keyword), newer.matches(keyword)
        for pattern in TOPICS:
            topic = re.compile(pattern)
            on = sum(bool(topic.search(newer.labels[match.paper_id])) for match in sent)
            if SHARES[0] <= on / len(sent) <= SHARES[1]:
                yield Reader(f"{keyword} {pattern}", topic, older, newer, rated, sent)


def _mean(readers: Sequence[Reader], given: Given, fitted: Fit) -> float:
    scores = [
        score
        for reader in readers
        for seed in (SEEDS[:1] if given == NOTHING else SEEDS)
        for score in reader.scores(
            fitted(reader.ratings(given.ratings, seed), reader.library(given, seed))
        )
    ]
    return sum(scores) / len(scores)


def costs_table() -> None:
    """Fitting 1,000 readers, and what a digest holds with and without a profile, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        site = Site(Path(name))
        site.run("migrate", "--verbosity=0")
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.profile_costs"], check=True, capture_output=True,
            text=True, env=site.environment | {"DJANGO_SETTINGS_MODULE": "digest.settings"},
        )  # fmt: skip
    found = json.loads(done.stdout)
    rows = [
        ["fit 1,000 readers of 20 ratings, s", f"{found['fit']:.2f}",
         verdict(found["fit"], 45, at_least=False)],
        ["choose a digest's papers without a profile, ms", f"{found['without']:.2f}", ""],
        ["the same with one", f"{found['with']:.2f}", ""],
        ["a profile in the database, kB", f"{found['bytes'] / 1000:.1f}", ""],
    ]  # fmt: skip
    publish("profile_costs", table("Profiles: processor time", ["", "measured", "must"], rows))


def run() -> None:
    """Both tables, the first if the samples are there."""
    if samples.LISTED.exists():
        quality_table()
    else:
        print(f"skipped profile: no sample at {samples.LISTED}")
    costs_table()
