"""The worst keyword previews: 100 keywords of the most expensive kinds over 10,000 papers."""

import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from digest.matching.index import PaperIndex
from digest.matching.index.index_cache import IndexCache
from digest.matching.keyword_preview import KeywordPreview, preview_keywords
from digest.matching.query import MAX_KEYWORD_LENGTH, MAX_KEYWORDS
from digest.matching.query.atom_builders import MAX_TERMS

from . import corpus
from .table import publish, table, verdict

PAPERS = 10_000
LIMIT = 0.5  # seconds of the processor
TODAY = date(2026, 1, 1)
_OPERATORS = {"and", "or", "not", "andnot"}


class Common:
    """The commonest words, rows of words and beginnings of words of some papers."""

    def __init__(self, texts: Iterable[str]) -> None:
        words: Counter[str] = Counter()
        twos: Counter[str] = Counter()
        threes: Counter[str] = Counter()
        for text in texts:
            row = [word for word in text.split() if word not in _OPERATORS]
            words.update(set(row))
            twos.update({f"{one} {two}" for one, two in pairwise(row)})
            threes.update({" ".join(three) for three in zip(row, row[1:], row[2:], strict=False)})
        self.words = [word for word, _ in words.most_common(3000)]
        self.twos = [two for two, _ in twos.most_common(1000)]
        self.threes = [three for three, _ in threes.most_common(1000)]
        starts = Counter(word[:3] for word in words if len(word) > 3)
        self.starts = [f"{start}*" for start, _ in starts.most_common(1000)]


def _joined(terms: Iterable[str], operator: str) -> str:
    """As many of the terms as one keyword may have."""
    text, count = "", 0
    for term in terms:
        longer = f"{text}{operator}{term}" if text else term
        count += len(term.split())
        if len(longer) > MAX_KEYWORD_LENGTH or count > MAX_TERMS:
            break
        text = longer
    return text


def _many(drawn: random.Random, terms: Sequence[str], operator: str) -> Iterator[str]:
    while True:
        yield _joined(drawn.sample(terms, MAX_TERMS), operator)


def _made(make: Callable[[], str]) -> Iterator[str]:
    while True:
        yield make()


def kinds(common: Common) -> dict[str, Iterable[str]]:
    """Kind of keyword -> the most expensive of that kind."""
    drawn = random.Random(12)
    words, twos, threes, starts = common.words, common.twos, common.threes, common.starts
    near = drawn.sample(words[:200], MAX_KEYWORDS * 2)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "the commonest words": words,
        "two words": twos,
        "three words": threes,
        "32 letters": _made(lambda: " ".join(drawn.choices(letters, k=MAX_TERMS))),
        "quoted, two words": (f'"{two}"' for two in twos),
        "quoted, with hyphens": (f'"{two.replace(" ", "-")}"' for two in twos),
        "OR of words": _many(drawn, words[:300], " OR "),
        "AND of words": _many(drawn, words[:40], " AND "),
        "OR of two words": _many(drawn, twos[:300], " OR "),
        "OR of three words": _many(drawn, threes, " OR "),
        "one beginning": starts,
        "OR of beginnings": _many(drawn, starts[:300], " OR "),
        "beginnings in phrases": (f"the {start}" for start in starts),
        "two near": (f'"{one} {two}"~9' for one, two in zip(near[::2], near[1::2], strict=True)),
        "twenty near": _made(lambda: f'"{" ".join(drawn.sample(words[:60], 20))}"~99'),
        "misspelt": _made(lambda: " ".join(f"{w[:2]}q{w[2:]}" for w in drawn.sample(words, 6))),
        "AND of ORs": _made(
            lambda: " ".join(f"({a} OR -{b})" for a, b in _pairs(drawn, letters[:12], 11)) + " the"
        ),
        "OR of ANDs": _made(
            lambda: " OR ".join(f"({a} -{b})" for a, b in _pairs(drawn, letters[:12], 15))
        ),
    }


def _pairs(drawn: random.Random, terms: Sequence[str], count: int) -> Iterator[list[str]]:
    return (drawn.sample(terms, 2) for _ in range(count))


def _lists(found: dict[str, Iterable[str]]) -> dict[str, list[str]]:
    """100 keywords of each kind, and a list of every kind."""
    lists = {
        kind: [text for text, _ in zip(texts, range(MAX_KEYWORDS), strict=False)]
        for kind, texts in found.items()
    }
    mixed = [texts[at] for at in range(MAX_KEYWORDS) for texts in lists.values()]
    return lists | {"all kinds": mixed[:MAX_KEYWORDS]}


def _timed(index: PaperIndex, texts: list[str]) -> tuple[float, KeywordPreview]:
    """The seconds of the processor a preview takes where nothing was asked before."""
    index.cache = IndexCache()
    started = time.process_time()
    found = preview_keywords(texts, index, index.everything(), TODAY)
    return time.process_time() - started, found


def _yardstick() -> float:
    """Seconds of the processor for a million turns of an empty loop."""
    started = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - started


def worst_table() -> None:
    """Each kind of list, slowest last."""
    papers = corpus.papers(PAPERS)
    index = PaperIndex(papers, through=PAPERS)
    lists = _lists(kinds(Common(f"{p.title} {p.abstract}" for p in papers)))
    gc.collect()
    gc.freeze()
    yardstick = min(_yardstick() for _ in range(5))
    for texts in (['"in the"', "warm*", '"the up"~9'], lists["quoted, two words"]):
        _timed(index, texts)  # texts are unpacked, words are sorted once
    timed = {kind: min((_timed(index, texts) for texts in [texts] * 2), key=lambda each: each[0])
             for kind, texts in lists.items()}  # fmt: skip
    gc.unfreeze()
    rows = [
        [
            kind,
            f"{spent * 1e3:.0f}",
            f"{spent / yardstick:.0f}",
            f"{found.steps:,}",
            sum(line.too_broad for line in found.lines),
            verdict(spent, LIMIT, at_least=False),
        ]
        for kind, (spent, found) in sorted(timed.items(), key=lambda each: each[1][0])
    ]
    title = f"Worst preview: {MAX_KEYWORDS} keywords over {PAPERS:,} papers"
    head = ["all of one kind", "processor, ms", "yardsticks", "steps", "too broad", "must, s"]
    note = f"\nThe yardstick, a million turns of an empty loop: {yardstick * 1e3:.0f} ms.\n"
    publish("worst_preview", table(title, head, rows) + note)


def run() -> None:
    """The one table."""
    worst_table()


if __name__ == "__main__":
    run()
