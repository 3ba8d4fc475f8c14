"""Very many keywords with other wordings: what these cost, beside the same keywords as typed."""

import gc
import os
import random
import statistics
import time
from collections import Counter

from digest.matching.index import CompiledKeywords, PaperIndex, PaperText
from digest.matching.query import Pair, expanded, parse
from digest.matching.query.widening.expansions import terms_of
from digest.matching.text import tokenize

from . import corpus
from .table import publish, table, verdict

KEYWORDS = int(os.environ.get("BENCH_KEYWORDS", "1000000"))
ACRONYMS, FORMS = 0.20, 0.30  # shares of the keywords, at least
_RUNS = 3
_MOST_FORMS = 3  # other forms of a word


def run() -> None:
    papers = corpus.papers(1000)
    texts = [f"{paper.title} {paper.abstract}" for paper in papers]
    drawn = corpus.Queries([f"{p.title} {p.abstract}" for p in corpus.papers(6000)[:1000]])
    typed = [parse(corpus.typed(*query)) for query in drawn.draw(KEYWORDS)]
    terms = [terms_of(keyword.tree, 1) for keyword in typed]
    acronyms, forms = _invented_pairs(terms, texts)
    pairs = [
        [pair for word in words for some in (acronyms, forms) for pair in some.get(word, ())]
        for words in terms
    ]
    plain = CompiledKeywords(typed)
    wider = CompiledKeywords(map(expanded, typed, pairs))
    gc.collect()
    gc.freeze()
    as_typed, spent = _seconds(papers, plain), _seconds(papers, wider)
    gc.unfreeze()
    shares = [sum(any(p in chosen for p in some) for some in pairs) / len(pairs)
              for chosen in (_all(acronyms), _all(forms))]  # fmt: skip
    used = sum(bool(keyword.pairs) for keyword in wider.keywords) / len(wider)
    rows: list[list[object]] = [
        ["keywords with an acronym or its long form", f"{shares[0]:.0%}",
         verdict(shares[0], ACRONYMS, at_least=True)],
        ["keywords with other forms of a word", f"{shares[1]:.0%}",
         verdict(shares[1], FORMS, at_least=True)],
        ["keywords that are widened", f"{used:.0%}", ""],
        ["build + evaluate as typed, s", f"{as_typed:.2f}", ""],
        ["build + evaluate with other wordings, s", f"{spent:.2f}",
         verdict(spent, 3, at_least=False)],
        ["as a ratio to the same as typed", f"{spent / as_typed:.2f}", ""],
    ]  # fmt: skip
    title = f"{len(wider):,} keywords with other wordings, 1,000 papers, one core"
    publish("wordings", table(title, ["work", "measured", "must"], rows))


def _invented_pairs(
    terms: list[list[str]], texts: list[str]
) -> tuple[dict[str, list[Pair]], dict[str, list[Pair]]]:
    """Words of the keywords, each with two neighbouring words, or with up to three words, of the
    papers as its other wordings: so many that each kind reaches its share of the keywords."""
    drawn = random.Random(17)
    counts = Counter(word for some in terms for word in set(some))
    words = list(counts)
    drawn.shuffle(words)
    rows = [tokenize(text).terms for text in texts]
    vocabulary = sorted({word for row in rows for word in row if len(word) > 4})
    found: list[dict[str, list[Pair]]] = []
    for share in (ACRONYMS, FORMS):
        made: dict[str, list[Pair]] = {}
        reached = 0
        # Keywords of several words are counted for each: the shares are measured afterwards.
        while words and reached < 1.3 * share * len(terms):
            word = words.pop()
            reached += counts[word]
            if share == ACRONYMS:
                row = drawn.choice(rows)
                at = drawn.randrange(len(row) - 2)
                made[word] = [Pair(word, f"{row[at]} {row[at + 1]}")]
            else:
                some = drawn.sample(vocabulary, drawn.randint(1, _MOST_FORMS))
                made[word] = [Pair(word, other) for other in some]
        found.append(made)
    return found[0], found[1]


def _all(pairs: dict[str, list[Pair]]) -> set[Pair]:
    return {pair for some in pairs.values() for pair in some}


def _seconds(papers: list[PaperText], keywords: CompiledKeywords) -> float:
    """The median of three runs, each with an index of its own."""
    spent = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        index = PaperIndex(papers, through=len(papers))
        index.prepare()
        sum(map(bool, index.evaluate_all(keywords)))
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)
