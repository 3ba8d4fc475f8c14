"""Quality of matching and ranking, measured on real papers and judged queries."""

import math
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from statistics import fmean

import bm25s
from bm25s.stopwords import STOPWORDS_EN_PLUS
from lxml import etree

from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import KeywordError, parse
from digest.matching.ranking import rank, select
from digest.matching.statistics.same_stem import stem
from digest.matching.text import tokenize
from tests.matching import reference, samples

from .table import publish, table, verdict

Order = Callable[[list[str]], list[int]]  # content words of a query -> papers, best first

OURS = "Paper Digest"
_LOST = 3  # queries that are shown for each yardstick
_QUIET = {"show_progress": False}
_SHORT = ("NER", "SAM", "GAN", "RAG", "RL", "LoRA", "BERT", "OCR")


def noise_table() -> None:
    """Short names: no hit inside another word."""
    papers = samples.papers()
    index = PaperIndex(papers)
    rows = []
    for word in _SHORT:
        keyword = parse(word)
        hits = index.ids(index.evaluate(keyword))
        whole = re.compile(rf"(?<![^\W_])({word}|{'.'.join(word)})('?s)?(?![^\W_])", re.IGNORECASE)
        spaced = re.compile(rf"(?<![^\W_]){'-?'.join(word)}('?s)?(?![^\W_])", re.IGNORECASE)
        shown = (index.paper(i) for i in hits)
        wrong = [
            p
            for p in shown
            if not any(r.search(f"{p.title}\n{p.abstract}") for r in (whole, spaced))
        ]
        rows.append([word, len(hits), len(wrong)])
    publish("noise", table("Noise: hits inside another word", ["keyword", "hits", "false"], rows))


def recall_table() -> None:
    """`vision language model` against the plural- and hyphen-aware reference."""
    papers = samples.papers()
    index = PaperIndex(papers)
    found = set(index.ids(index.evaluate(parse("vision language model"))))
    pattern = re.compile(r"\bvision[\s/–-]*language[\s/–-]*models?\b", re.IGNORECASE)
    wanted = {p.id for p in papers if pattern.search(p.title) or pattern.search(p.abstract)}
    share = len(found & wanted) / len(wanted)
    rows = [
        [
            "vision language model",
            len(found),
            len(wanted),
            f"{share:.1%}",
            verdict(share, 0.95, at_least=True),
        ]
    ]
    publish("recall", table("Recall", ["keyword", "hits", "reference", "recall", "must"], rows))


def exactness_table() -> None:
    """A sample of keywords against the slow matcher (the tests do the whole)."""
    papers = samples.papers(300)
    from tests.matching.keyword_sampler import KeywordSampler

    drawn = KeywordSampler([f"{p.title} {p.abstract}" for p in papers], seed=13)
    index = PaperIndex(papers)
    read = [(reference.words(p.title), reference.words(p.abstract)) for p in papers]
    wrong = asked = 0
    for spec in (drawn.spec() for _ in range(100)):
        try:
            found = set(index.ids(index.evaluate(parse(reference.render(spec)))))
        except KeywordError:
            continue
        asked += 1
        wrong += found != {
            p.id for p, text in zip(papers, read, strict=True) if reference.matches(spec, *text)
        }
    rows = [[asked, len(papers), wrong]]
    publish("exactness", table("Exactness", ["keywords", "papers", "keywords that differ"], rows))


def collection() -> tuple[list[PaperText], dict[int, str], dict[int, dict[int, int]]]:
    """Papers, queries by number, and the judgements: query -> paper -> gain."""
    parser = etree.XMLParser(recover=True)
    text = (samples.CRANFIELD / "cran.all.1400.xml").read_text(encoding="utf-8")
    papers = []
    for document in etree.fromstring(f"<all>{text}</all>".encode(), parser).iter("doc"):
        title, body = (" ".join((document.findtext(n) or "").split()) for n in ("title", "text"))
        number = int(document.findtext("docno") or 0)
        papers.append(
            PaperText(id=number, seq=number, title=title, abstract=body.removeprefix(title))
        )
    raw = (samples.CRANFIELD / "cran.qry.xml").read_bytes()
    # Judgements count the queries in order; their printed numbers have gaps.
    titles = [top.findtext("title") or "" for top in etree.fromstring(raw, parser).iter("top")]
    gains: dict[int, dict[int, int]] = defaultdict(dict)
    for line in (samples.CRANFIELD / "cranqrel.trec.txt").read_text().split("\n"):
        if len(fields := line.split()) == 4:
            gains[int(fields[0])][int(fields[2])] = max(int(fields[3]), 0)
    return papers, dict(enumerate(titles, 1)), gains


def content_words(query: str) -> list[str]:
    """The distinct words of a query that are not function words."""
    words = re.findall(r"[a-z0-9]+", query.lower())
    return list(dict.fromkeys(word for word in words if word not in STOPWORDS_EN_PLUS))


def ndcg(ranked: list[int], gains: dict[int, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `depth` papers."""
    best = sorted(gains.values(), reverse=True)[:depth]
    ideal = sum(gain / math.log2(place + 2) for place, gain in enumerate(best))
    found = sum(gains.get(i, 0) / math.log2(place + 2) for place, i in enumerate(ranked[:depth]))
    return found / ideal if ideal else 0.0


def ours(index: PaperIndex, words: list[str]) -> list[int]:
    """Our order for a query whose words are keywords, any of which counts."""
    keywords = list(dict.fromkeys(parse(word) for word in words))
    hits = select(index, keywords, index.everything())
    return [match.paper_id for match in rank(index, hits, today=date(2026, 1, 1))]


def _fts5(papers: list[PaperText], tokenizer: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute(f"create virtual table paper using fts5(text, tokenize='{tokenizer}')")
    rows = ((p.id, f"{p.title} {p.abstract}") for p in papers)
    database.executemany("insert into paper(rowid, text) values (?, ?)", rows)
    return database


def _fts5_order(database: sqlite3.Connection, words: list[str]) -> list[int]:
    query = " OR ".join(f'"{word}"' for word in words)
    sql = "select rowid from paper where paper match ? order by bm25(paper), rowid limit 100"
    return [row[0] for row in database.execute(sql, (query,))]


def _bm25s(papers: list[PaperText], prepare: Callable[[str], str]) -> Order:
    """The order of the library bm25s over texts and queries made ready by `prepare`."""
    ids = [paper.id for paper in papers]
    model = bm25s.BM25()
    model.index(_bm25s_words([f"{p.title} {p.abstract}" for p in papers], prepare), **_QUIET)

    def order(words: list[str]) -> list[int]:
        found, _ = model.retrieve(_bm25s_words([" ".join(words)], prepare), k=100, **_QUIET)
        return [ids[at] for at in found[0]]

    return order


def _bm25s_words(texts: list[str], prepare: Callable[[str], str]) -> bm25s.tokenization.Tokenized:
    return bm25s.tokenize([prepare(text) for text in texts], stopwords="en_plus", **_QUIET)


def _folded(text: str) -> str:
    """The text with our folding of plurals, hyphens and accents."""
    return " ".join(tokenize(text).terms)


def _stemmed(text: str) -> str:
    """The text with our folding, each word as its stem (Porter2)."""
    terms = tokenize(text).terms
    return " ".join(stem(term) if term.isascii() and term.isalpha() else term for term in terms)


def _orders(papers: list[PaperText]) -> dict[str, Order]:
    index = PaperIndex(papers)
    found: dict[str, Order] = {OURS: lambda words: ours(index, words)}
    found["bm25s"] = _bm25s(papers, str)
    found["bm25s, plurals folded as ours"] = _bm25s(papers, _folded)
    found["bm25s, folded, stems of Porter2"] = _bm25s(papers, _stemmed)
    for tokenizer in ("unicode61", "porter unicode61"):
        database = _fts5(papers, tokenizer)
        found[f"BM25 of FTS5, {tokenizer}"] = lambda words, d=database: _fts5_order(d, words)
    return found


def ranking_table() -> None:
    """nDCG@10 beside BM25 in the library bm25s (the yardstick) and in SQLite; where we lose."""
    papers, queries, gains = collection()
    judged = {n: content_words(text) for n, text in queries.items() if gains.get(n)}
    scores = {
        name: {n: ndcg(order(words), gains[n]) for n, words in judged.items()}
        for name, order in _orders(papers).items()
    }
    means = {name: sum(each.values()) / len(judged) for name, each in scores.items()}
    halves = [fmean(list(scores[OURS].values())[first::2]) for first in (0, 1)]
    rows = [[OURS, f"{means[OURS]:.4f}", "", ""]]
    rows += [
        _beside(name, means[OURS] / mean, mean) for name, mean in means.items() if name != OURS
    ]
    head = ["ranking", "nDCG@10", "ours against it", "must be 100 %, aim 105 %"]
    note = (
        f"\nEvery other query, from the first and the second: {halves[0]:.4f}, {halves[1]:.4f}.\n"
    )
    title = f"nDCG@10, {len(judged)} queries"
    publish("ranking", table(title, head, rows) + note + _losses(scores, queries))


def _losses(scores: dict[str, dict[int, float]], queries: dict[int, str]) -> str:
    """The queries of which each yardstick orders the papers best, compared with us."""
    rows = []
    for name in (each for each in scores if each.startswith("bm25s")):
        lost = {n: score - scores[OURS][n] for n, score in scores[name].items()}
        worse = sum(loss > 1e-9 for loss in lost.values())
        better = sum(loss < -1e-9 for loss in lost.values())
        for n in sorted(lost, key=lambda n: -lost[n])[:_LOST]:
            found = f"{scores[OURS][n]:.2f}", f"{scores[name][n]:.2f}"
            rows.append([name, f"{better} : {worse}", *found, " ".join(queries[n].split())[:60]])
    head = ["where we lose to", "better : worse", "ours", "theirs", "query"]
    return "\n" + table("Where we lose", head, rows)


def _beside(name: str, share: float, score: float) -> list[str]:
    must = verdict(share, 1.0, at_least=True) if name.startswith("bm25s") else ""
    return [name, f"{score:.4f}", f"{share:.1%}", must]


def run() -> None:
    """All tables, as far as the samples are there."""
    if samples.LISTED.exists():
        exactness_table()
        noise_table()
        recall_table()
    else:
        print(f"skipped exactness, noise and recall: no sample at {samples.LISTED}")
    if samples.CRANFIELD.exists():
        ranking_table()
    else:
        print(f"skipped ranking: no collection at {samples.CRANFIELD}")
