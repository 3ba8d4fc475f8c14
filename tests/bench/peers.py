"""The same queries by PostgreSQL's full-text search and SQLite's FTS5."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from digest.matching.index import PaperText

Query = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Result:
    """Seconds to index and to answer, and how many (keyword, paper) pairs were found."""

    build: float
    evaluate: float
    pairs: int


def _fts5(kind: str, words: tuple[str, ...]) -> str:
    match kind:
        case "and" | "or" | "not":
            return f" {kind.upper()} ".join(f'"{word}"' for word in words)
        case "title":
            return f'title : "{" ".join(words)}"'
        case "prefix":
            return f'"{words[0]}" *'
        case _:
            return f'"{" ".join(words)}"'


def fts5(papers: list[PaperText], queries: list[Query]) -> Result:
    """SQLite FTS5 in memory, one query a keyword."""
    started = time.perf_counter()
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table paper using fts5(title, abstract, tokenize='unicode61')")
    rows = ((p.id, p.title, p.abstract) for p in papers)
    database.executemany("insert into paper(rowid, title, abstract) values (?, ?, ?)", rows)
    database.execute("insert into paper(paper) values ('optimize')")
    built = time.perf_counter()
    texts = [_fts5(*query) for query in queries]
    begun = time.perf_counter()
    pairs = 0
    for text in texts:
        pairs += len(
            database.execute("select rowid from paper where paper match ?", (text,)).fetchall()
        )
    return Result(built - started, time.perf_counter() - begun, pairs)


def fts5_ids(papers: list[PaperText], query: Query) -> set[int]:
    """The papers that FTS5 finds for one query."""
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table paper using fts5(title, abstract, tokenize='unicode61')")
    rows = ((p.id, p.title, p.abstract) for p in papers)
    database.executemany("insert into paper(rowid, title, abstract) values (?, ?, ?)", rows)
    found = database.execute("select rowid from paper where paper match ?", (_fts5(*query),))
    return {row[0] for row in found}


def _tsquery(kind: str, words: tuple[str, ...]) -> str:
    quoted = [f"'{word}'" for word in words]
    match kind:
        case "and":
            return " & ".join(quoted)
        case "or":
            return " | ".join(quoted)
        case "not":
            return f"{quoted[0]} & !{quoted[1]}"
        case "title":
            return " <-> ".join(f"{word}:A" for word in quoted)
        case "prefix":
            return f"{quoted[0]}:*"
        case _:
            return " <-> ".join(quoted)


_TABLES = """
create temporary table paper (id int primary key, tsv tsvector);
create temporary table keyword (q tsquery);
set enable_seqscan = off; set jit = off; set work_mem = '64MB';
set max_parallel_workers_per_gather = 0;
"""


def postgres(url: str, papers: list[PaperText], queries: list[Query]) -> Result:
    """PostgreSQL: a GIN index on the papers, every stored keyword looked up in it."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        started = time.perf_counter()
        cursor.executemany(
            "insert into paper values (%s, setweight(to_tsvector('simple', %s), 'A')"
            " || setweight(to_tsvector('simple', %s), 'B'))",
            [(p.id, p.title, p.abstract) for p in papers],
        )
        cursor.execute("create index on paper using gin (tsv); analyze paper")
        built = time.perf_counter()
        with cursor.copy("copy keyword from stdin") as copy:
            for query in queries:
                copy.write_row((_tsquery(*query),))
        cursor.execute("analyze keyword; set local enable_bitmapscan = on")
        begun = time.perf_counter()
        cursor.execute(
            "select sum(cardinality(array(select id from paper where tsv @@ k.q))) from keyword k"
        )
        row = cursor.fetchone()
        assert row is not None
        return Result(built - started, time.perf_counter() - begun, int(row[0]))


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of PostgreSQL: BENCH_POSTGRES_URL, or a cluster of our own for the while.

    Raises LookupError with the reason where there is neither.
    """
    if url := os.environ.get("BENCH_POSTGRES_URL"):
        yield url
        return
    programs = [shutil.which(name) for name in ("initdb", "pg_ctl")]
    if None in programs:
        raise LookupError("PostgreSQL is not here (no initdb on the PATH, no BENCH_POSTGRES_URL)")
    folder = Path(tempfile.mkdtemp(prefix="pg-bench-", dir="/tmp"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    try:
        yield from _served(as_user, str(programs[0]), str(programs[1]), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(as_user: list[str], initdb: str, pg_ctl: str, folder: Path) -> Iterator[str]:
    data = folder / "data"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    try:
        subprocess.run([*as_user, initdb, "-D", data, "-A", "trust", "-U", "bench"], **quiet)  # type: ignore[call-overload]
        options = f"-c listen_addresses='' -k {folder} -c fsync=off -c shared_buffers=256MB"
        subprocess.run(
            [*as_user, pg_ctl, "-D", data, "-w", "-o", options, "-l", folder / "log", "start"],
            **quiet,  # type: ignore[call-overload]
        )
    except subprocess.CalledProcessError as error:
        raise LookupError(f"PostgreSQL would not start ({error})") from None
    try:
        yield f"postgresql://bench@/postgres?host={folder}"
    finally:
        subprocess.run([*as_user, pg_ctl, "-D", data, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]
