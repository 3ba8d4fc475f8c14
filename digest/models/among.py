"""Very many ids in a statement."""

import json
from collections.abc import Iterable

from django.db import connection, models
from django.db.models.expressions import RawSQL

_TRUTH = models.BooleanField()


def among(column: str, ids: Iterable[int]) -> RawSQL:
    """The condition that a column has one of these values: to the database they are one, where
    each of an IN list has to be quoted, parsed and counted (SQLite takes 32,766)."""
    values = list(ids)
    if connection.vendor == "postgresql":
        return RawSQL(f"{column} = ANY(%s::bigint[])", [values], _TRUTH)  # noqa: S611 - no text of others
    some = "(SELECT value FROM json_each(%s))"
    return RawSQL(f"{column} IN {some}", [json.dumps(values)], _TRUTH)  # noqa: S611 - no text of others
