"""Adding to and subtracting from counts that are kept by word, many at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models

# How a count is put into one statement on PostgreSQL; keys are text.
_KEYS, _COUNTS = "%s::text[]", "%s::integer[]"
_ROWS = 5_000  # a statement

Changes = Mapping[tuple[str, ...], tuple[int, ...]]


def change_counts(
    model: type[models.Model], keys: Sequence[str], counts: Sequence[str], changes: Changes
) -> None:
    """Add to the `counts` of the rows with these `keys`, which are unique together.

    Rows that are missing are inserted, rows whose last count is 0 stay: see delete_empty(). A count
    never falls below 0, for rare words may have been pruned. Runs inside the caller's transaction,
    under the catalogue's lock: there is one writer at a time, and rows are written in their order.
    """
    more = sorted(item for item in changes.items() if min(item[1]) >= 0 < max(item[1]))
    fewer = sorted(item for item in changes.items() if min(item[1]) < 0)
    for start in range(0, len(more), _ROWS):
        _upsert(model, keys, counts, [(*key, *by) for key, by in more[start : start + _ROWS]])
    if fewer:
        _subtract(model, keys, counts, fewer)


def _upsert(
    model: type[models.Model],
    keys: Sequence[str],
    counts: Sequence[str],
    rows: Sequence[tuple[str | int, ...]],
) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    names = [*keys, *counts]
    columns = ", ".join(map(connection.ops.quote_name, names))
    unique = ", ".join(map(connection.ops.quote_name, keys))
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in counts)
    conflict = f"ON CONFLICT ({unique}) DO UPDATE SET {added}"
    # The names are those of the models' own tables and columns.
    insert = f"INSERT INTO {table} ({columns})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join([*[_KEYS] * len(keys), *[_COUNTS] * len(counts)])
            values = [list(column) for column in zip(*rows, strict=True)]
            source = f"SELECT * FROM unnest({arrays})"  # noqa: S608
            cursor.execute(f"{insert} {source} {conflict}", values)
        else:
            places = ", ".join(["%s"] * len(names))
            cursor.executemany(f"{insert} VALUES ({places}) {conflict}", rows)


def _subtract(
    model: type[models.Model],
    keys: Sequence[str],
    counts: Sequence[str],
    rows: Sequence[tuple[tuple[str, ...], tuple[int, ...]]],
) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    changed = ", ".join(
        f"{name} = CASE WHEN {name} + %s < 0 THEN 0 ELSE {name} + %s END" for name in counts
    )
    found = " AND ".join(f"{connection.ops.quote_name(name)} = %s" for name in keys)
    values: list[list[str | int]] = [
        [*(each for each in by for _ in range(2)), *key] for key, by in rows
    ]
    with connection.cursor() as cursor:
        # The names are those of the models' own tables and columns.
        cursor.executemany(f"UPDATE {table} SET {changed} WHERE {found}", values)  # noqa: S608


def delete_empty(rows: "models.QuerySet[Any]", key: str, keys: Sequence[str]) -> None:
    """Delete those of these rows with these keys that no paper has any more."""
    for start in range(0, len(keys), _ROWS):
        rows.filter(**{f"{key}__in": keys[start : start + _ROWS]}).delete()
