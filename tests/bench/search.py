"""Searching a million papers on SQLite and, where it is installed, on PostgreSQL.

BENCH_PAPERS makes it fewer. The yardstick is the database's bare full-text query for the newest
1,000 documents with all words of a keyword.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from statistics import median, quantiles

from digest.matching.full_text import document_id, document_parts
from digest.matching.index import PaperText
from digest.matching.query import Keyword, KeywordError, parse
from tests.matching import samples
from tests.matching.keyword_sampler import KeywordSampler
from tests.matching.reference import render
from tests.support import servers
from tests.support.site import Site

from . import corpus
from .table import publish, table, verdict

PAPERS = int(os.environ.get("BENCH_PAPERS", "1000000"))
DAYS = 3650  # over which the papers are spread
KEYWORDS, LIMIT_MS = 200, 150
_BATCH = 5_000
_NEWEST = date(2026, 11, 28)


def run() -> None:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as name:
        folder = Path(name)
        found = {"SQLite": _measured(folder / "sqlite", "")}
        if programs := servers.postgres_programs():
            with servers.postgres(programs, durable=True) as url:
                found["PostgreSQL"] = _measured(folder / "postgres", url)
    rows = [[database, *row] for database, some in found.items() for row in some]
    title = f"Searching {PAPERS:,} papers of {DAYS:,} days"
    publish("search", table(title, ["database", "", "measured", "times bare query", "must"], rows))


def _measured(folder: Path, database: str) -> list[list[str]]:
    site = Site(folder, DATABASE_URL=database)
    site.run("migrate", "--verbosity=0")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.search"],
        env=site.environment | {"DJANGO_SETTINGS_MODULE": "digest.settings"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def _steps() -> list[list[str]]:
    """What the process of _measured() does: rows of the table."""
    import django

    django.setup()
    from django.db import connection

    from digest.search import search

    papers = samples.papers() if samples.LISTED.exists() else corpus.papers(2000)
    spent = {"documents": 0.0, "papers": 0.0, "full text": 0.0}
    _store(papers, spent)
    with connection.cursor() as cursor:
        start = time.perf_counter()
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE digest_searchdocument")
        tidy = time.perf_counter() - start
    each = {name: f"{seconds / PAPERS * 1e6:,.0f}" for name, seconds in spent.items()}
    rows = [
        ["make a document, µs", each["documents"], "", ""],
        ["store a paper, µs", each["papers"], "", ""],
        ["store its document with the full text, µs", each["full text"], "", ""],
        ["build all of it, s", f"{spent['documents'] + spent['full text'] + tidy:,.0f}", "", ""],
    ]
    keywords = _keywords(papers)
    bare = _timed(keywords, _bare)
    for name, best in (("newest first", False), ("best first", True)):
        took = _timed(keywords, lambda keyword, best=best: search(keyword, best=best))
        p95 = quantiles(took, n=20)[-1]
        times = f"{p95 / quantiles(bare, n=20)[-1]:.1f}"
        rows.append(
            [f"p95, {name}, ms", f"{p95:.0f}", times, verdict(p95, LIMIT_MS, at_least=False)]
        )
        rows.append([f"median and longest, {name}, ms", f"{median(took):.0f}, {max(took):.0f}",
                     f"{median(took) / median(bare):.1f}", ""])  # fmt: skip
    stopped = sum(search(keyword).stopped_at is not None for keyword in keywords)
    rows.append([f"of {len(keywords)} keywords, stopped by a budget", str(stopped), "", ""])
    return rows


def _store(papers: list[PaperText], spent: dict[str, float]) -> None:
    """Store PAPERS papers, the sample again and again; add up the seconds of each step."""
    from django.db import transaction

    from digest.ingest.papers.bulk_insert import bulk_insert
    from digest.models import Catalogue, Paper, SearchDocument

    start = time.perf_counter()
    for paper in papers:
        document_parts(paper)
    spent["documents"] = (time.perf_counter() - start) / len(papers) * PAPERS
    texts = [document_parts(replace(paper, listed_on=None, published_on=None)) for paper in papers]
    for first in range(0, PAPERS, _BATCH):
        numbers = range(first, min(first + _BATCH, PAPERS))
        sources = [papers[number % len(papers)] for number in numbers]
        rows = [
            Paper(title=source.title, title_key=str(number), abstract=source.abstract,
                  listed_on=_day(number), seq=number + 1)
            for number, source in zip(numbers, sources, strict=True)
        ]  # fmt: skip
        start = time.perf_counter()
        with transaction.atomic():
            Catalogue.lock()
            bulk_insert(rows)
            spent["papers"] += time.perf_counter() - start
            documents = []
            for row, source, number in zip(rows, sources, numbers, strict=True):
                day = _day(number)
                text, joins = texts[number % len(texts)]
                text = f"{text} 1m{day:%Y%m} 1y{day:%Y}"
                dated = replace(source, id=row.pk, listed_on=day)
                documents.append(
                    SearchDocument(id=document_id(dated), paper_id=row.pk, text=text, joins=joins)
                )
            start = time.perf_counter()
            bulk_insert(documents)
        spent["full text"] += time.perf_counter() - start
    Catalogue.objects.update(newest_seq=PAPERS, change=1)


def _day(number: int) -> date:
    return _NEWEST - timedelta(days=DAYS - 1 - number * DAYS // PAPERS)


def _keywords(papers: list[PaperText]) -> list[Keyword]:
    """Two thirds what authors call their papers' topics, one third drawn from the texts."""
    drawn = random.Random(5)
    topics = sorted({str(word) for row in samples.records() for word in row["keywords"] or ()}
                    if samples.LISTED.exists() else ())  # fmt: skip
    sampler = KeywordSampler([f"{paper.title} {paper.abstract}" for paper in papers])
    texts = drawn.sample(topics, min(len(topics), KEYWORDS * 2 // 3))
    found: list[Keyword] = []
    while len(found) < KEYWORDS:
        try:
            found.append(parse(texts.pop() if texts else render(sampler.spec())))
        except KeywordError:
            continue
    return found


def _timed(keywords: list[Keyword], work: Callable[[Keyword], object]) -> list[float]:
    """Milliseconds of each keyword, the second time."""
    took = []
    for keyword in keywords:
        work(keyword)
        start = time.perf_counter()
        work(keyword)
        took.append((time.perf_counter() - start) * 1000)
    return took


def _bare(keyword: Keyword) -> None:
    from django.db import connection

    words = [word for word in keyword.text.lower().split() if word.isascii() and word.isalnum()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT id FROM digest_searchdocument WHERE lexemes @@ %s::tsquery "
                "ORDER BY id DESC LIMIT 1000",
                [" & ".join(f"'{word}'" for word in words) or "'x'"],
            )
        else:
            cursor.execute(
                "SELECT rowid FROM digest_fulltext WHERE digest_fulltext MATCH %s "
                "ORDER BY rowid DESC LIMIT 1000",
                [" ".join(f'"{word}"' for word in words) or '"x"'],
            )
        cursor.fetchall()


if __name__ == "__main__":
    print(json.dumps(_steps()))
