"""Candidates from the database's full text, newest documents first: FTS5 (SQLite), or lexemes under
a GIN index (PostgreSQL)."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from time import monotonic

from django.db import OperationalError, connection, transaction

from digest.matching.full_text import (
    EVERY,
    Adjacent,
    AllOf,
    AnyOf,
    Condition,
    Lexeme,
    first_id,
    of_ids,
)

_CHUNK = 200  # documents that are read at a time
_QUERY_CANCELED = "57014"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
_LAST_DAY = date.max - timedelta(days=1)


class TimeUp(Exception):
    """A statement of the search took longer than it may."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may match: its id, that of its paper, and its parts."""

    id: int
    paper_id: int
    text: str
    joins: str


@cache
def has_full_text() -> bool:
    """Return whether the database has full text; SQLite may be built without FTS5."""
    return connection.vendor == "postgresql" or "digest_fulltext" in (
        connection.introspection.table_names()
    )


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop statements that run when this time is over. Raises TimeUp."""
    try:
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [int(seconds * 1000)])
                yield
                cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        else:
            with _sqlite_deadline(monotonic() + seconds):
                yield
    except OperationalError as error:
        if not _was_stopped(error):
            raise
        raise TimeUp from error


def _was_stopped(error: OperationalError) -> bool:
    """Whether the database ended a statement for its time, rather than for a fault."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorname == "SQLITE_INTERRUPT"
    return getattr(cause, "sqlstate", None) == _QUERY_CANCELED


@contextmanager
def _sqlite_deadline(end: float) -> Iterator[None]:
    connection.ensure_connection()
    database = connection.connection
    assert isinstance(database, sqlite3.Connection)
    database.set_progress_handler(lambda: monotonic() > end, 10_000)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)


def newest_candidates(
    condition: Condition, first: date | None, last: date | None, today: date, most: int
) -> Generator[list[Candidate]]:
    """Yield the newest `most` documents that meet a condition, some at a time.

    `first` and `last`: only papers of these days and those between; without, papers without a date
    as well.
    """
    low = first_id(first) if first else 0
    high = first_id(min(last, _LAST_DAY) + timedelta(days=1)) if last else first_id(date.max)
    if connection.vendor == "postgresql":
        return _by_lexemes(condition, low, high, today, most)
    return _by_fts5(condition, low, high, most)


def _by_fts5(condition: Condition, low: int, high: int, most: int) -> Generator[list[Candidate]]:
    statement = (
        "SELECT d.id, d.paper_id, d.text, d.joins FROM digest_fulltext "
        "JOIN digest_searchdocument d ON d.id = digest_fulltext.rowid "
        "WHERE digest_fulltext MATCH %s AND digest_fulltext.rowid >= %s "
        "AND digest_fulltext.rowid < %s ORDER BY digest_fulltext.rowid DESC LIMIT %s"
    )
    parameters: list[str | int] = [_fts5(condition), low, high, most]
    if condition == EVERY:
        statement = (
            "SELECT id, paper_id, text, joins FROM digest_searchdocument "
            "WHERE id >= %s AND id < %s ORDER BY id DESC LIMIT %s"
        )
        parameters = parameters[1:]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)  # rows are computed as they are read
        while rows := cursor.fetchmany(_CHUNK):
            yield [Candidate(*row) for row in rows]


def _fts5(condition: Condition) -> str:
    """The condition as FTS5 writes it: https://www.sqlite.org/fts5.html#full_text_query_syntax."""
    match condition:
        case Lexeme(text, is_prefix):
            return f'"{text}"*' if is_prefix else f'"{text}"'
        case Adjacent(lexemes):
            return f'"{" ".join(lexemes)}"'
        case AllOf(parts):
            return f"({' AND '.join(map(_fts5, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(_fts5, parts))})"


def _by_lexemes(
    condition: Condition, low: int, high: int, today: date, most: int
) -> Generator[list[Candidate]]:
    """Walk back in spans of time: a GIN index finds all documents of a word, in no order."""
    for start, end, span in _spans(low, high, today):
        query = _tsquery(AllOf((condition, span)))
        meets = "lexemes @@ %s::tsquery AND" if query else ""
        with connection.cursor() as cursor:
            cursor.execute(
                # Materialized: else the planner may read all documents in the order of their ids.
                "WITH found AS MATERIALIZED (SELECT id FROM digest_searchdocument "  # noqa: S608
                f"WHERE {meets} id >= %s AND id < %s) "
                "SELECT id FROM found ORDER BY id DESC LIMIT %s",
                [*([query] if query else []), start, end, most],
            )
            ids = [number for (number,) in cursor.fetchall()]
        most -= len(ids)
        for at in range(0, len(ids), _CHUNK):
            yield _documents(ids[at : at + _CHUNK])
        if not most:
            return


def _spans(low: int, high: int, today: date) -> Iterator[tuple[int, int, Condition]]:
    """Yield the ids of [low, high) in spans, the newest first, with a condition that all their
    documents meet: dates ahead of today, two or three months, two years, all before."""
    month = today.replace(day=1)
    starts = [
        (month + timedelta(days=62)).replace(day=1),
        (month - timedelta(days=1)).replace(day=1),
        date(today.year - 1, 1, 1),
    ]
    bounds = [high, *(min(max(first_id(day), low), high) for day in starts), low]
    for end, start in pairwise(bounds):
        if start < end:
            yield start, end, of_ids(start, end)


def _documents(ids: list[int]) -> list[Candidate]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, paper_id, text, joins FROM digest_searchdocument WHERE id = ANY(%s) "
            "ORDER BY id DESC",
            [ids],
        )
        return [Candidate(*row) for row in cursor.fetchall()]


def _tsquery(condition: Condition) -> str:
    """The condition as a tsquery, "" for that of every document:
    https://www.postgresql.org/docs/current/datatype-textsearch.html."""
    match condition:
        case Lexeme(text, is_prefix):
            return f"'{text}':*" if is_prefix else f"'{text}'"
        case Adjacent(lexemes):
            return _tsquery(AllOf(tuple(map(Lexeme, lexemes))))
        case AllOf(parts):
            found = list(filter(None, map(_tsquery, parts)))
            return f"({' & '.join(found)})" if found else ""
        case AnyOf(parts):
            return f"({' | '.join(map(_tsquery, parts))})"
